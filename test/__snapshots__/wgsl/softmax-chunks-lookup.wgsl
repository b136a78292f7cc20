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
@group(0) @binding(1) var<storage, read> mask: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read_write> undecided: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read_write> result: array<u32>;
@group(0) @binding(5) var<uniform> p: array<vec4<u32>, 32>;

// The last bits of a NaN may be all that tells it from an infinity.
fn evaluated(r: Rounding, name: u32, x: u32, shift: u32, word: u32) -> u32 {
  return select(table[x >> shift], r.nan, magnitude_of(x) > INFINITY_BITS);
}

fn operand(x: u32, least: u32) -> u32 { return select(x, x & SIGN_BIT, magnitude_of(x) < least); }

fn visible(row: u32) -> vec2<u32> {
  let rows = p[0][2];
  if (rows == 0u) { return vec2<u32>(0u, p[0][1]); }
  let queries = p[0][3];
  let at = (row / rows) * queries + row % queries;
  return vec2<u32>(mask[2u * at], mask[2u * at + 1u]);
}

fn row_sum(r: Rounding, o: OrderShape, w: Words, start: u32, least: u32) -> u32 {
  var s = Sum();
  for (var j = 0u; j < o.n; j++) {
    take(&s, r, o, w, j, operand(result[start + place_of(o, j).term], least), 0u);
  }
  return finish(&s, r, o, w);
}

var<workgroup> largest: array<atomic<u32>, 8>;
var<workgroup> sums: array<u32, 8>;

// In the order of the numbers, NaN above all; 0 is no number's. That −0 is below +0 is without effect: exp of both is 1.
fn rank_of(x: u32) -> u32 {
  if (magnitude_of(x) > INFINITY_BITS) { return 0xffffffffu; }
  return select(x | SIGN_BIT, ~x, x >= SIGN_BIT);
}
fn number_of(rank: u32) -> u32 { return select(~rank, rank & ~SIGN_BIT, rank >= SIGN_BIT); }

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
    if (p[1][0] != 0u) {
      let seen = visible(row);
      var rank = 0u;
    for (var j = seen.x + lane; j < seen.y; j += 8u) {
      let i = row * p[0][1] + j;
      rank = max(rank, rank_of(a[i]));
    }
      atomicMax(&largest[slot], rank);
    }
  }
  workgroupBarrier();
  storageBarrier();
  if (first + local / 8u < p[0][0]) {
    let slot = local / 8u;
    let lane = local % 8u;
    let row = first + slot;
    let r = Rounding(i32(p[3][1]), i32(p[3][2]), p[3][3], p[4][0], p[4][1], p[4][2], p[4][3], p[5][0], p[5][1], p[5][2], p[5][3], p[6][0], p[6][1]);
    let at = Addresses(p[9][3], p[10][0], p[10][1], p[10][2], p[10][3], p[11][0], p[11][1]);
    let seen = visible(row);
    let most = operand(number_of(atomicLoad(&largest[slot])), p[1][2]);
    for (var j = 0u + lane; j < seen.x; j += 8u) {
      let i = row * p[0][1] + j;
      result[i] = 0u;
    }
    for (var j = max(seen.x, seen.y) + lane; j < p[0][1]; j += 8u) {
      let i = row * p[0][1] + j;
      result[i] = 0u;
    }
    for (var j = seen.x + lane; j < seen.y; j += 8u) {
      let i = row * p[0][1] + j;
      let element = element_of(at, i);
      var x = a[i];
      if (p[1][0] != 0u) { x = subtract(r, operand(x, p[1][2]), most, word_of(at, element, 0u)); }
      let word = word_of(at, element, p[1][0]);
      result[i] = evaluated(r, 0u, operand(x, p[1][3]), p[1][1], word);
    }
  }
  workgroupBarrier();
  storageBarrier();
  if (local < 8u && first + local < p[0][0]) {
    let slot = local;
    let row = first + local;
    let at = Addresses(p[11][2], p[11][3], p[12][0], p[12][1], p[12][2], p[12][3], p[13][0]);
    let w = Words(at, element_of(at, row), 0u);
    sums[slot] = row_sum(Rounding(i32(p[6][2]), i32(p[6][3]), p[7][0], p[7][1], p[7][2], p[7][3], p[8][0], p[8][1], p[8][2], p[8][3], p[9][0], p[9][1], p[9][2]), OrderShape(p[2][2], p[2][3], p[3][0]), w, row * p[0][1], p[2][0]);
  }
  workgroupBarrier();
  storageBarrier();
  if (first + local / 8u < p[0][0]) {
    let slot = local / 8u;
    let lane = local % 8u;
    let row = first + slot;
    let r = Rounding(i32(p[3][1]), i32(p[3][2]), p[3][3], p[4][0], p[4][1], p[4][2], p[4][3], p[5][0], p[5][1], p[5][2], p[5][3], p[6][0], p[6][1]);
    let at = Addresses(p[9][3], p[10][0], p[10][1], p[10][2], p[10][3], p[11][0], p[11][1]);
    let seen = visible(row);
    let sum = operand(sums[slot], p[2][1]);
    for (var j = seen.x + lane; j < seen.y; j += 8u) {
      let i = row * p[0][1] + j;
      let word = word_of(at, element_of(at, i), p[1][0] + 1u);
      result[i] = divide(r, operand(result[i], p[2][0]), sum, word);
    }
  }
}
