// Behind the integer core.

// A sum of n terms; `size` terms of a chunk, or lanes.
struct OrderShape { n: u32, size: u32, reversed: u32 }
struct Place { term: u32, starts: bool }

fn place_of(o: OrderShape, j: u32) -> Place {
  return Place(select(j, o.n - 1u - j, o.reversed != 0u), j % o.size == 0u);
}

// The random words of an element, from the sum's first step on.
struct Words { at: Addresses, element: u32, first: u32 }

fn step_word(w: Words, step: u32) -> u32 { return word_of(w.at, w.element, w.first + step); }

fn start_term(r: Rounding, x: u32, y: u32, word: u32) -> u32 { return convert(r, x, word); }
fn extend_term(r: Rounding, s: u32, x: u32, y: u32, word: u32) -> u32 { return add(r, s, x, word); }

struct Sum { chain: u32, total: u32, chains: u32 }

fn close(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words) {
  if ((*s).chains == 0u) {
    (*s).total = (*s).chain;
  } else {
    (*s).total = add(r, (*s).total, (*s).chain, step_word(w, o.n + (*s).chains - 1u));
  }
  (*s).chains += 1u;
}

fn take(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words, j: u32, x: u32, y: u32) {
  let word = step_word(w, j);
  if (j % o.size == 0u) {
    if (j > 0u) { close(s, r, o, w); }
    (*s).chain = start_term(r, x, y, word);
  } else {
    (*s).chain = extend_term(r, (*s).chain, x, y, word);
  }
}

fn finish(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words) -> u32 {
  close(s, r, o, w);
  return (*s).total;
}

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read_write> result: array<u32>;
@group(0) @binding(2) var<uniform> p: array<vec4<u32>, 32>;

fn operand(x: u32, least: u32) -> u32 { return select(x, x & SIGN_BIT, magnitude_of(x) < least); }

fn row_sum(r: Rounding, o: OrderShape, w: Words, start: u32, least: u32) -> u32 {
  var s = Sum();
  for (var j = 0u; j < o.n; j++) {
    take(&s, r, o, w, j, operand(a[start + place_of(o, j).term], least), 0u);
  }
  return finish(&s, r, o, w);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= p[0][0]) { return; }
  if (p[0][2] != 0u && result[i] != 4294967295u) { return; }
  let r = Rounding(i32(p[2][1]), i32(p[2][2]), p[2][3], p[3][0], p[3][1], p[3][2], p[3][3], p[4][0], p[4][1], p[4][2], p[4][3], p[5][0], p[5][1]);
  let at = Addresses(p[5][2], p[5][3], p[6][0], p[6][1], p[6][2], p[6][3], p[7][0]);
  let w = Words(at, element_of(at, i), 0u);
  let sum = row_sum(r, OrderShape(p[1][2], p[1][3], p[2][0]), w, i * p[1][2], p[0][1]);
  result[i] = sum;
}
