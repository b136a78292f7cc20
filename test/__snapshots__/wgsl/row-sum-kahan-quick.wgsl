// Behind the quick core.

// A sum of n terms; `size` terms of a chunk, or lanes.
struct OrderShape { n: u32, size: u32, reversed: u32 }
struct Place { term: u32, starts: bool }

fn place_of(o: OrderShape, j: u32) -> Place { return Place(j, j == 0u); }

// The random words of an element, from the sum's first step on.
struct Words { at: Addresses, element: u32, first: u32 }

fn step_word(w: Words, step: u32) -> u32 { return word_of(w.at, w.element, w.first + step); }

fn start_term(r: Rounding, x: u32, y: u32, word: u32) -> u32 { return convert(r, x, word); }
fn extend_term(r: Rounding, s: u32, x: u32, y: u32, word: u32) -> u32 { return add(r, s, x, word); }

struct Sum { total: u32, compensation: u32 }

fn take(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words, j: u32, x: u32, y: u32) {
  if (j == 0u) {
    (*s).total = start_term(r, x, y, step_word(w, 0u));
    return;
  }
  let step = 4u * j - 3u;
  // t − c as −c + t, which rounds alike, signed zeros included.
  let term = extend_term(r, (*s).compensation ^ SIGN_BIT, x, y, step_word(w, step));
  let sum = add(r, (*s).total, term, step_word(w, step + 1u));
  let grown = subtract(r, sum, (*s).total, step_word(w, step + 2u));
  (*s).compensation = subtract(r, grown, term, step_word(w, step + 3u));
  (*s).total = sum;
}

fn finish(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words) -> u32 { return (*s).total; }

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read_write> result: array<u32>;
@group(0) @binding(2) var<storage, read_write> left: array<u32>;
@group(0) @binding(3) var<uniform> p: array<vec4<u32>, 32>;

fn operand(x: u32, least: u32) -> u32 { return select(x, x & SIGN_BIT, magnitude_of(x) < least); }

fn row_sum(r: Rounding, o: OrderShape, w: Words, start: u32, least: u32) -> u32 {
  var s = Sum();
  for (var j = 0u; j < o.n; j++) {
    take(&s, r, o, w, j, operand(a[start + place_of(o, j).term], least), 0u);
  }
  return finish(&s, r, o, w);
}

fn leave() {
  left[0] = p[0][3];
  left[1] = p[1][0];
  left[2] = p[1][1];
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= p[0][0]) { return; }
  let r = Rounding(i32(p[2][1]), i32(p[2][2]), p[2][3], p[3][0], p[3][1], p[3][2], p[3][3], p[4][0], p[4][1], p[4][2], p[4][3], p[5][0], p[5][1]);
  let at = Addresses(p[5][2], p[5][3], p[6][0], p[6][1], p[6][2], p[6][3], p[7][0]);
  let w = Words(at, element_of(at, i), 0u);
  let sum = row_sum(r, OrderShape(p[1][2], p[1][3], p[2][0]), w, i * p[1][2], p[0][1]);
  if (untrusted) { leave(); }
  result[i] = select(sum, 4294967295u, untrusted);
}
