/**
 * float32 to a format and mode, by intervals. Rounding never falls where its operand grows, so that the operands with one
 * result follow each other, among float32 numbers of one sign and so among their codes. A definition in exact integers
 * finds where each interval ends, by bisection; all operands in between have the result at its beginning.
 */

/** The sign bit: codes from here on are those of negative numbers. */
const NEGATIVE = 2 ** 31;

/**
 * The intervals [start, end) of codes with one result, from `from` to `to`.
 * @param resultOf a code's result, as anything that === compares
 */
export function* intervals(from, to, resultOf) {
  for (let start = from; start < to; ) {
    // NaN of either sign have one result, and are no interval.
    const limit = start < NEGATIVE ? Math.min(to, NEGATIVE) : to;
    const result = resultOf(start);
    let [inside, step] = [start, 1];
    while (inside + step < limit && resultOf(inside + step) === result) {
      inside += step;
      step *= 2;
    }
    let outside = Math.min(inside + step, limit);
    while (outside - inside > 1) {
      const middle = Math.floor((inside + outside) / 2);
      if (resultOf(middle) === result) inside = middle;
      else outside = middle;
    }
    yield { start, end: outside, result };
    start = outside;
  }
}

/** Operands at once: they and their results stay in a core's cache. */
const BLOCK = 2 ** 16;

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

function float32Of(code) {
  bits[0] = code;
  return single[0];
}

/** As a signed integer. NaN is the canonical one, whatever the engine makes of it. */
function codeOf(x) {
  single[0] = x;
  return Number.isNaN(x) ? 0x7fc00000 : bits[0] | 0;
}

/** Nonzero where one of the words is another. All are 32-bit integers: with float64 among them the loop takes twice as long. */
function differs(words, start, end, word) {
  let different = 0;
  for (let i = start; i < end; i++) different |= words[i] ^ word;
  return different;
}

/**
 * Every `stride`th code from `from` to `to` in every context: the results of `roundAll(values, context, out)`, and those of
 * `roundOne(x, context)` at both ends of each interval, held against those of `definition(x, context)`.
 */
export function checkRounding({ from, to, stride }, contexts, { definition, roundAll, roundOne }) {
  const found = { count: 0, undecided: 0, mismatches: 0, examples: [] };
  const mismatch = (code, { format, mode }, got, expected) => {
    found.mismatches++;
    const text = (y) => (Object.is(y, -0) ? '-0' : Number.isNaN(y) ? 'NaN' : String(y));
    const names = { format: format.name, mode };
    const values = { x: text(float32Of(code)), got: text(got), expected: text(expected) };
    if (found.examples.length < 20) found.examples.push({ code, ...names, ...values });
  };
  const codes = new Uint32Array(BLOCK);
  const out = new Float32Array(BLOCK);
  for (let first = from; first < to; first += BLOCK * stride) {
    const count = Math.min(BLOCK, Math.ceil((to - first) / stride));
    for (let i = 0; i < count; i++) codes[i] = first + i * stride;
    const values = new Float32Array(codes.buffer, 0, count);
    const results = out.subarray(0, count);
    const words = new Int32Array(out.buffer, 0, count);
    const indexOf = (code) => Math.ceil((code - first) / stride) | 0;
    for (const context of contexts) {
      roundAll(values, context, results);
      const resultOf = (code) => codeOf(definition(float32Of(code), context));
      for (const { start, end, result } of intervals(first, Math.min(first + count * stride, to), resultOf)) {
        const [begin, stop] = [indexOf(start), indexOf(end)];
        if (differs(words, begin, stop, result) !== 0) {
          for (let i = begin; i < stop; i++) {
            if (words[i] !== result) mismatch(codes[i], context, results[i], float32Of(result));
          }
        }
        for (const code of new Set([start, end - 1])) {
          const y = roundOne(float32Of(code), context);
          if (codeOf(y) !== result) mismatch(code, context, y, float32Of(result));
        }
      }
    }
    found.count += count;
  }
  return found;
}
