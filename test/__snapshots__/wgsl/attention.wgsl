// Behind the integer core.

// A sum of n terms; `size` terms of a chunk, or lanes.
struct OrderShape_scores { n: u32, size: u32, reversed: u32 }
struct Place_scores { term: u32, starts: bool }

fn place_of_scores(o: OrderShape_scores, j: u32) -> Place_scores {
  return Place_scores(select(j, o.n - 1u - j, o.reversed != 0u), j % o.size == 0u);
}

// The random words of an element, from the sum's first step on.
struct Words_scores { at: Addresses, element: u32, first: u32 }

fn step_word_scores(w: Words_scores, step: u32) -> u32 { return word_of(w.at, w.element, w.first + step); }

fn start_term_scores(r: Rounding, x: u32, y: u32, word: u32) -> u32 { return convert(r, x, word); }
fn extend_term_scores(r: Rounding, s: u32, x: u32, y: u32, word: u32) -> u32 { return add(r, s, x, word); }

struct Sum_scores { chain: u32, total: u32, chains: u32 }

fn close_scores(s: ptr<function, Sum_scores>, r: Rounding, o: OrderShape_scores, w: Words_scores) {
  if ((*s).chains == 0u) {
    (*s).total = (*s).chain;
  } else {
    (*s).total = add(r, (*s).total, (*s).chain, step_word_scores(w, o.n + (*s).chains - 1u));
  }
  (*s).chains += 1u;
}

fn take_scores(s: ptr<function, Sum_scores>, r: Rounding, o: OrderShape_scores, w: Words_scores, j: u32, x: u32, y: u32) {
  let word = step_word_scores(w, j);
  if (j % o.size == 0u) {
    if (j > 0u) { close_scores(s, r, o, w); }
    (*s).chain = start_term_scores(r, x, y, word);
  } else {
    (*s).chain = extend_term_scores(r, (*s).chain, x, y, word);
  }
}

fn finish_scores(s: ptr<function, Sum_scores>, r: Rounding, o: OrderShape_scores, w: Words_scores) -> u32 {
  close_scores(s, r, o, w);
  return (*s).total;
}

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

// A sum of n terms; `size` terms of a chunk, or lanes.
struct OrderShape_context { n: u32, size: u32, reversed: u32 }
struct Place_context { term: u32, starts: bool }

fn place_of_context(o: OrderShape_context, j: u32) -> Place_context { return Place_context(j, j == 0u); }

// The random words of an element, from the sum's first step on.
struct Words_context { at: Addresses, element: u32, first: u32 }

fn step_word_context(w: Words_context, step: u32) -> u32 { return word_of(w.at, w.element, w.first + step); }

fn start_term_context(r: Rounding, x: u32, y: u32, word: u32) -> u32 { return multiply(r, x, y, word); }
fn extend_term_context(r: Rounding, s: u32, x: u32, y: u32, word: u32) -> u32 { return fused_multiply_add(r, x, y, s, word); }

struct Sum_context { total: u32, compensation: u32 }

fn take_context(s: ptr<function, Sum_context>, r: Rounding, o: OrderShape_context, w: Words_context, j: u32, x: u32, y: u32) {
  if (j == 0u) {
    (*s).total = start_term_context(r, x, y, step_word_context(w, 0u));
    return;
  }
  let step = 4u * j - 3u;
  // t − c as −c + t, which rounds alike, signed zeros included.
  let term = extend_term_context(r, (*s).compensation ^ SIGN_BIT, x, y, step_word_context(w, step));
  let sum = add(r, (*s).total, term, step_word_context(w, step + 1u));
  let grown = subtract(r, sum, (*s).total, step_word_context(w, step + 2u));
  (*s).compensation = subtract(r, grown, term, step_word_context(w, step + 3u));
  (*s).total = sum;
}

fn finish_context(s: ptr<function, Sum_context>, r: Rounding, o: OrderShape_context, w: Words_context) -> u32 { return (*s).total; }

@group(0) @binding(0) var<storage, read> query: array<u32>;
@group(0) @binding(1) var<storage, read> key: array<u32>;
@group(0) @binding(2) var<storage, read> value: array<u32>;
@group(0) @binding(3) var<storage, read> mask: array<u32>;
@group(0) @binding(4) var<storage, read> table: array<u32>;
@group(0) @binding(5) var<storage, read_write> undecided: array<atomic<u32>>;
@group(0) @binding(6) var<storage, read_write> scores: array<u32>;
@group(0) @binding(7) var<storage, read_write> probs: array<u32>;
@group(0) @binding(8) var<storage, read_write> context: array<u32>;
@group(0) @binding(9) var<uniform> p: array<vec4<u32>, 64>;

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
    take(&s, r, o, w, j, operand(probs[start + place_of(o, j).term], least), 0u);
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
    let o = OrderShape_scores(p[14][2], p[14][3], p[15][0]);
    let product = Rounding(i32(p[15][3]), i32(p[16][0]), p[16][1], p[16][2], p[16][3], p[17][0], p[17][1], p[17][2], p[17][3], p[18][0], p[18][1], p[18][2], p[18][3]);
    let accumulate = Rounding(i32(p[19][0]), i32(p[19][1]), p[19][2], p[19][3], p[20][0], p[20][1], p[20][2], p[20][3], p[21][0], p[21][1], p[21][2], p[21][3], p[22][0]);
    let out = Rounding(i32(p[22][1]), i32(p[22][2]), p[22][3], p[23][0], p[23][1], p[23][2], p[23][3], p[24][0], p[24][1], p[24][2], p[24][3], p[25][0], p[25][1]);
    let at = Addresses(p[25][2], p[25][3], p[26][0], p[26][1], p[26][2], p[26][3], p[27][0]);
    // Of keys or values.
    let matrix = row / p[13][1] / p[14][1];
    let seen = visible(row);
    for (var j = 0u + lane; j < seen.x; j += 8u) {
      let i = row * p[0][1] + j;
      scores[i] = 4286578688u;
    }
    for (var j = max(seen.x, seen.y) + lane; j < p[0][1]; j += 8u) {
      let i = row * p[0][1] + j;
      scores[i] = 4286578688u;
    }
    for (var j = seen.x + lane; j < seen.y; j += 8u) {
      let i = row * p[0][1] + j;
      let start = (matrix * p[0][1] + j) * o.n;
      let w = Words_scores(at, element_of(at, i), p[15][1]);
      var s = Sum_scores();
      for (var j = 0u; j < o.n; j++) {
        let term = place_of_scores(o, j).term;
        let x = query[row * o.n + term];
        let y = key[start + term];
        take_scores(&s, accumulate, o, w, j, multiply(product, x, y, word_of(at, w.element, place_of_scores(o, j).term)), 0u);
      }
      let sum = finish_scores(&s, accumulate, o, w);
      let dot = convert(out, sum, word_of(at, w.element, w.first + p[15][2]));
      let word = word_of(at, w.element, p[13][3]);
      scores[i] = multiply(out, operand(dot, p[14][0]), operand(p[13][2], p[14][0]), word);
    }
  }
  workgroupBarrier();
  storageBarrier();
  if (first + local / 8u < p[0][0]) {
    let slot = local / 8u;
    let lane = local % 8u;
    let row = first + slot;
    if (p[1][0] != 0u) {
      let seen = visible(row);
      var rank = 0u;
    for (var j = seen.x + lane; j < seen.y; j += 8u) {
      let i = row * p[0][1] + j;
      rank = max(rank, rank_of(scores[i]));
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
      probs[i] = 0u;
    }
    for (var j = max(seen.x, seen.y) + lane; j < p[0][1]; j += 8u) {
      let i = row * p[0][1] + j;
      probs[i] = 0u;
    }
    for (var j = seen.x + lane; j < seen.y; j += 8u) {
      let i = row * p[0][1] + j;
      let element = element_of(at, i);
      var x = scores[i];
      if (p[1][0] != 0u) { x = subtract(r, operand(x, p[1][2]), most, word_of(at, element, 0u)); }
      let word = word_of(at, element, p[1][0]);
      probs[i] = evaluated(r, 0u, operand(x, p[1][3]), p[1][1], word);
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
      probs[i] = divide(r, operand(probs[i], p[2][0]), sum, word);
    }
  }
  workgroupBarrier();
  storageBarrier();
  if (first + local / 8u < p[0][0]) {
    let slot = local / 8u;
    let lane = local % 8u;
    let row = first + slot;
    let o = OrderShape_context(p[28][0], p[28][1], p[28][2]);
    let product = Rounding(i32(p[32][2]), i32(p[32][3]), p[33][0], p[33][1], p[33][2], p[33][3], p[34][0], p[34][1], p[34][2], p[34][3], p[35][0], p[35][1], p[35][2]);
    let accumulate = Rounding(i32(p[35][3]), i32(p[36][0]), p[36][1], p[36][2], p[36][3], p[37][0], p[37][1], p[37][2], p[37][3], p[38][0], p[38][1], p[38][2], p[38][3]);
    let out = Rounding(i32(p[39][0]), i32(p[39][1]), p[39][2], p[39][3], p[40][0], p[40][1], p[40][2], p[40][3], p[41][0], p[41][1], p[41][2], p[41][3], p[42][0]);
    let at = Addresses(p[42][1], p[42][2], p[42][3], p[43][0], p[43][1], p[43][2], p[43][3]);
    // Of keys or values.
    let matrix = row / p[13][1] / p[27][3];
    let input = Rounding(i32(p[29][1]), i32(p[29][2]), p[29][3], p[30][0], p[30][1], p[30][2], p[30][3], p[31][0], p[31][1], p[31][2], p[31][3], p[32][0], p[32][1]);
    let input_at = Addresses(p[44][0], p[44][1], p[44][2], p[44][3], p[45][0], p[45][1], p[45][2]);
    let seen = visible(row);
    for (var j = 0u + lane; j < p[27][1]; j += 8u) {
      let i = row * p[27][1] + j;
      let start = matrix * o.n * p[27][1] + j;
      let w = Words_context(at, element_of(at, i), p[28][3]);
      var s = Sum_context();
      for (var j = 0u; j < o.n; j++) {
        let term = place_of_context(o, j).term;
        var x = 0u;
        var y = 0u;
        if (term >= seen.x && term < seen.y) {
          x = probs[row * o.n + term];
          x = convert(input, operand(x, p[27][2]), word_of(input_at, element_of(input_at, row * o.n + term), 0u));
          y = value[start + term * p[27][1]];
        }
        take_context(&s, accumulate, o, w, j, x, y);
      }
      let sum = finish_context(&s, accumulate, o, w);
      let dot = convert(out, sum, word_of(at, w.element, w.first + p[29][0]));
      context[i] = dot;
    }
  }
}
