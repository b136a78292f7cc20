// Behind the integer core.

// A sum of n terms; `size` terms of a chunk, or lanes.
struct OrderShape { n: u32, size: u32, reversed: u32 }
struct Place { term: u32, starts: bool }

fn place_of(o: OrderShape, j: u32) -> Place {
  // The first `longer` lanes have one term more than the others.
  let shorter = o.n / o.size;
  let longer = o.n % o.size;
  let head = longer * (shorter + 1u);
  if (j < head) {
    let i = j % (shorter + 1u);
    return Place(j / (shorter + 1u) + i * o.size, i == 0u);
  }
  let i = (j - head) % shorter;
  return Place(longer + (j - head) / shorter + i * o.size, i == 0u);
}

// The random words of an element, from the sum's first step on.
struct Words { at: Addresses, element: u32, first: u32 }

fn step_word(w: Words, step: u32) -> u32 { return word_of(w.at, w.element, w.first + step); }

fn start_term(r: Rounding, x: u32, y: u32, word: u32) -> u32 { return convert(r, x, word); }
fn extend_term(r: Rounding, s: u32, x: u32, y: u32, word: u32) -> u32 { return add(r, s, x, word); }

struct Sum { chain: u32, leaves: u32, depth: u32, additions: u32, stack: array<u32, 32> }

fn pop_and_add(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words, right: u32) -> u32 {
  (*s).depth -= 1u;
  let sum = add(r, (*s).stack[(*s).depth], right, step_word(w, o.n + (*s).additions));
  (*s).additions += 1u;
  return sum;
}

fn close(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words) {
  var sum = (*s).chain;
  for (var leaves = (*s).leaves; (leaves & 1u) == 1u; leaves = leaves >> 1u) { sum = pop_and_add(s, r, o, w, sum); }
  (*s).stack[(*s).depth] = sum;
  (*s).depth += 1u;
  (*s).leaves += 1u;
}

fn take(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words, j: u32, x: u32, y: u32) {
  let word = step_word(w, j);
  if (place_of(o, j).starts) {
    if (j > 0u) { close(s, r, o, w); }
    (*s).chain = start_term(r, x, y, word);
  } else {
    (*s).chain = extend_term(r, (*s).chain, x, y, word);
  }
}

fn finish(s: ptr<function, Sum>, r: Rounding, o: OrderShape, w: Words) -> u32 {
  close(s, r, o, w);
  (*s).depth -= 1u;
  var sum = (*s).stack[(*s).depth];
  while ((*s).depth > 0u) { sum = pop_and_add(s, r, o, w, sum); }
  return sum;
}

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

fn row_sum_a(r: Rounding, o: OrderShape, w: Words, start: u32, least: u32) -> u32 {
  var s = Sum();
  for (var j = 0u; j < o.n; j++) {
    take(&s, r, o, w, j, operand(a[start + place_of(o, j).term], least), 0u);
  }
  return finish(&s, r, o, w);
}

var<workgroup> means: array<u32, 8>;
var<workgroup> factors: array<u32, 8>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let first = (group.x + group.y * groups.x) * 8u;
  if (local < 8u && first + local < p[0][0]) {
    let slot = local;
    let row = first + local;
    let r = Rounding(i32(p[3][1]), i32(p[3][2]), p[3][3], p[4][0], p[4][1], p[4][2], p[4][3], p[5][0], p[5][1], p[5][2], p[5][3], p[6][0], p[6][1]);
    let at = Addresses(p[11][2], p[11][3], p[12][0], p[12][1], p[12][2], p[12][3], p[13][0]);
    let element = element_of(at, row);
    let start = 0u;
    let w = Words(at, element, start);
    let sum = row_sum_a(Rounding(i32(p[6][2]), i32(p[6][3]), p[7][0], p[7][1], p[7][2], p[7][3], p[8][0], p[8][1], p[8][2], p[8][3], p[9][0], p[9][1], p[9][2]), OrderShape(p[2][2], p[2][3], p[3][0]), w, row * p[0][1], p[1][0]);
    let mean = divide(r, operand(sum, p[1][2]), operand(p[1][3], p[1][1]), word_of(at, element, start + p[0][3]));
    means[slot] = mean;
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
      let x = operand(subtract(r, operand(a[i], p[1][0]), operand(means[slot], p[1][1]), word_of(at, element, 0u)), p[1][1]);
      result[i] = multiply(r, x, x, word_of(at, element, 1u));
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
    let start = p[0][3] + 1u;
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
      let z = multiply(r, operand(subtract(r, operand(a[i], p[1][0]), operand(means[slot], p[1][1]), word_of(at, element, 0u)), p[1][1]), factor, word_of(at, element, 2u));
      let gain = operand(gamma[j], p[1][1]);
      var y = multiply(r, operand(z, p[1][1]), gain, word_of(at, element, 3u));
      if (p[0][2] != 0u) {
        y = add(r, operand(y, p[1][1]), operand(beta[j], p[1][1]), word_of(at, element, 4u));
      }
      result[i] = y;
    }
  }
}
