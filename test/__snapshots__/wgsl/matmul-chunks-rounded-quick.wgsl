// Behind the quick core.

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
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<storage, read> bias: array<u32>;
@group(0) @binding(3) var<storage, read> mask: array<u32>;
@group(0) @binding(4) var<storage, read_write> result: array<u32>;
@group(0) @binding(5) var<storage, read_write> left: array<u32>;
@group(0) @binding(6) var<uniform> p: array<vec4<u32>, 32>;

fn leave() {
  left[0] = p[2][2];
  left[1] = p[2][3];
  left[2] = p[3][0];
}

var<workgroup> tile_a: array<u32, 256>;
var<workgroup> tile_b: array<u32, 256>;

const UNTRUSTED = 4294967295u;

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let m = p[0][0];
  let n = p[0][1];
  let o = OrderShape(p[3][3], p[4][0], p[4][1]);
  let product = Rounding(i32(p[4][2]), i32(p[4][3]), p[5][0], p[5][1], p[5][2], p[5][3], p[6][0], p[6][1], p[6][2], p[6][3], p[7][0], p[7][1], p[7][2]);
  let accumulate = Rounding(i32(p[7][3]), i32(p[8][0]), p[8][1], p[8][2], p[8][3], p[9][0], p[9][1], p[9][2], p[9][3], p[10][0], p[10][1], p[10][2], p[10][3]);
  let out = Rounding(i32(p[11][0]), i32(p[11][1]), p[11][2], p[11][3], p[12][0], p[12][1], p[12][2], p[12][3], p[13][0], p[13][1], p[13][2], p[13][3], p[14][0]);
  let at = Addresses(p[14][1], p[14][2], p[14][3], p[15][0], p[15][1], p[15][2], p[15][3]);
  let batch = group.z;
  let row = group.y * 16u + local.y;
  let column = group.x * 16u + local.x;
  var inside = row < m && column < n;
  let index = (batch * m + row) * n + column;
  var w = Words(at, element_of(at, index), p[3][1]);
  // Keys outside [seen_from, seen_to) are hidden: their terms are +0 itself.
  var seen_from = 0u;
  var seen_to = o.n;
  let rows_of_sequence = p[1][2];
  if (rows_of_sequence != 0u && row < m) {
    let queries = p[1][3];
    let whole = batch * m + row;
    let at_mask = (whole / rows_of_sequence) * queries + whole % queries;
    seen_from = mask[2u * at_mask];
    seen_to = mask[2u * at_mask + 1u];
  }
  let start_b = (batch / p[0][2]) * p[0][3];
  // This invocation's places in the tiles: row local.y of a, and for b the column local.y.
  let load_row = batch * m + row;
  let load_column = group.x * 16u + local.y;
  var s = Sum();
  for (var tile = 0u; tile < o.n; tile += 16u) {
    let load = tile + local.x;
    let t = place_of(o, min(load, o.n - 1u)).term;
    if (load < o.n && row < m) { tile_a[local.y * 16u + local.x] = a[load_row * o.n + t]; }
    if (load < o.n && load_column < n) {
      tile_b[local.y * 16u + local.x] = b[start_b + t * p[1][0] + load_column * p[1][1]];
    }
    workgroupBarrier();
    if (inside) {
      for (var i = 0u; i < min(16u, o.n - tile); i++) {
        let j = tile + i;
        let term = place_of(o, j).term;
        var x = 0u;
        var y = 0u;
        if (term >= seen_from && term < seen_to) {
          x = tile_a[local.y * 16u + i];
          y = tile_b[local.x * 16u + i];
        }
        take(&s, accumulate, o, w, j, multiply(product, x, y, word_of(at, w.element, place_of(o, j).term)), 0u);
      }
    }
    workgroupBarrier();
  }
  if (!inside) { return; }
  var sum = finish(&s, accumulate, o, w);
  var step = w.first + p[3][2];
  let kind = p[2][0];
  if (kind == 1u) {
    // The bias is a number of another format than the sum's.
    var other = accumulate;
    other.quick = 0u;
    sum = add(other, sum, bias[column], word_of(at, w.element, step));
    step += 1u;
  }
  sum = convert(out, sum, word_of(at, w.element, step));
  if (kind == 2u) { sum = add(out, sum, bias[column], word_of(at, w.element, step + 1u)); }
  if (untrusted) { leave(); }
  result[index] = select(sum, UNTRUSTED, untrusted);
}
