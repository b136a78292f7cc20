// Behind the stochastic core.

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
@group(0) @binding(1) var<storage, read> gamma: array<u32>;
@group(0) @binding(2) var<storage, read> beta: array<u32>;
@group(0) @binding(3) var<storage, read_write> result: array<u32>;
@group(0) @binding(4) var<uniform> p: array<vec4<u32>, 32>;

fn operand(x: u32, least: u32) -> u32 { return select(x, x & SIGN_BIT, magnitude_of(x) < least); }

fn row_sum_result(r: Rounding, o: OrderShape, w: Words, start: u32, least: u32) -> u32 {
  var s = Sum();
  for (var j = 0u; j < o.n; j++) {
    take(&s, r, o, w, j, operand(result[start + place_of(o, j).term], least), 0u);
  }
  return finish(&s, r, o, w);
}

var<workgroup> factors: array<u32, 8>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let first = (group.x + group.y * groups.x) * 8u;
  if (first + local / 8u < p[0][0]) {
    let slot = local / 8u;
    let lane = local % 8u;
    let row = first + slot;
    let r = Rounding(i32(p[3][1]), i32(p[3][2]), p[3][3], p[4][0], p[4][1], p[4][2], p[4][3], p[5][0], p[5][1], p[5][2], p[5][3], p[6][0], p[6][1]);
    let at = Addresses(p[9][3], p[10][0], p[10][1], p[10][2], p[10][3], p[11][0], p[11][1]);
    for (var j = 0u + lane; j < p[0][1]; j += 8u) {
      let i = row * p[0][1] + j;
      let element = element_of(at, i);
      let x = operand(a[i], p[1][0]);
      result[i] = multiply(r, x, x, word_of(at, element, 0u));
    }
  }
  workgroupBarrier();
  storageBarrier();
  if (local < 8u && first + local < p[0][0]) {
    let slot = local;
    let row = first + local;
    let r = Rounding(i32(p[3][1]), i32(p[3][2]), p[3][3], p[4][0], p[4][1], p[4][2], p[4][3], p[5][0], p[5][1], p[5][2], p[5][3], p[6][0], p[6][1]);
    let at = Addresses(p[11][2], p[11][3], p[12][0], p[12][1], p[12][2], p[12][3], p[13][0]);
    let element = element_of(at, row);
    let start = 0u;
    let w = Words(at, element, start);
    let sum = row_sum_result(Rounding(i32(p[6][2]), i32(p[6][3]), p[7][0], p[7][1], p[7][2], p[7][3], p[8][0], p[8][1], p[8][2], p[8][3], p[9][0], p[9][1], p[9][2]), OrderShape(p[2][2], p[2][3], p[3][0]), w, row * p[0][1], p[1][1]);
    let mean = divide(r, operand(sum, p[1][2]), operand(p[1][3], p[1][1]), word_of(at, element, start + p[0][3]));
    let next = start + p[0][3] + 1u;
    let shifted = add(r, operand(mean, p[1][1]), operand(p[2][0], p[1][1]), word_of(at, element, next));
    let size = root(r, operand(shifted, p[1][1]), word_of(at, element, next + 1u));
    factors[slot] = divide(r, operand(p[2][1], p[1][1]), operand(size, p[1][1]), word_of(at, element, next + 2u));
  }
  workgroupBarrier();
  storageBarrier();
  if (first + local / 8u < p[0][0]) {
    let slot = local / 8u;
    let lane = local % 8u;
    let row = first + slot;
    let r = Rounding(i32(p[3][1]), i32(p[3][2]), p[3][3], p[4][0], p[4][1], p[4][2], p[4][3], p[5][0], p[5][1], p[5][2], p[5][3], p[6][0], p[6][1]);
    let at = Addresses(p[9][3], p[10][0], p[10][1], p[10][2], p[10][3], p[11][0], p[11][1]);
    for (var j = 0u + lane; j < p[0][1]; j += 8u) {
      let i = row * p[0][1] + j;
      let element = element_of(at, i);
      let factor = operand(factors[slot], p[1][1]);
      let z = multiply(r, operand(a[i], p[1][0]), factor, word_of(at, element, 1u));
      let gain = operand(gamma[j], p[1][1]);
      var y = multiply(r, operand(z, p[1][1]), gain, word_of(at, element, 2u));
      if (p[0][2] != 0u) {
        y = add(r, operand(y, p[1][1]), operand(beta[j], p[1][1]), word_of(at, element, 3u));
      }
      result[i] = y;
    }
  }
}
