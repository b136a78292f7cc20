/**
 * float32 functions of arrays, in all modes from one evaluation. The numbers of at most 25 bits (those of fp32 and the
 * midpoints between them, and those of every narrower format) cut the line into cells, and a rounding to at most 24 bits,
 * in any mode, depends on the cell alone. So a kernel's float64 and the function's value need only lie in one cell: shown
 * by an independent evaluation whose whole interval lies in it (float32.js), else by decimal.js in all modes.
 */
import { MODES, placeOf, resultsOf, special } from './decimal.js';
import { ERROR, EVALUATE } from './float32.js';

const BLOCK = 2 ** 14;
const FLOAT32 = { precision: 24, emin: -126, emax: 127 };

const single = new Float32Array(1);
const code32 = new Uint32Array(single.buffer);
/** Both ends of the independent interval, and their halves as integers (little-endian). */
const ends = new Float64Array(2);
const halves = new Int32Array(ends.buffer);
const CELL = 2 ** 28 - 1;

/** Sure to round like every number of its sign that is larger (smaller): beyond fp32's range, and below half its subnormals. */
const BEYOND = 2 ** 129;
const BELOW = 2 ** -151;

/** True if a (in the block's words at 2i) lies strictly inside one cell, with both ends of the interval. */
function sameCell(words, i) {
  const [low, high] = [words[2 * i], words[2 * i + 1]];
  if (high !== halves[1] || high !== halves[3]) return false;
  if (low >>> 28 !== halves[0] >>> 28 || low >>> 28 !== halves[2] >>> 28) return false;
  return (low & CELL) !== 0 && (halves[0] & CELL) !== 0 && (halves[2] & CELL) !== 0;
}

function outOfRange(v, y) {
  if (v > 0 !== y > 0) return false;
  const [a, b] = [Math.abs(v), Math.abs(y)];
  return (a >= BEYOND && b >= BEYOND) || (a > 0 && a <= BELOW && b <= BELOW);
}

/**
 * Every `stride`th code from `from` to `to`.
 * @param evaluate (name, firstCode, count) → { values, undecided }: float64 that stand for the function's values, and the
 * set of those that the kernel leaves to the scalar functions
 * @param narrow (value, mode) → value rounded to fp32
 * @param scalars the scalar functions of the six modes
 */
export function checkCells({ name, from, to, stride }, { evaluate, narrow, scalars }) {
  const found = { count: 0, undecided: 0, mismatches: 0, examples: [] };
  const expected = new Float64Array(6);
  const independent = EVALUATE[name];
  const text = (y) => (Object.is(y, -0) ? '-0' : String(y));

  const unchanged = new Map();
  /** True if every mode leaves v, not 0, as it is: asked once, since whole ranges of operands have one special result. */
  const isUnchanged = (v) => {
    if (!unchanged.has(v))
      unchanged.set(
        v,
        MODES.every((mode) => Object.is(narrow(v, mode), v)),
      );
    return unchanged.get(v);
  };

  const inAllModes = (code, x, v, undecided) => {
    const known = special(name, x);
    if (known !== undefined) {
      if (!undecided && known !== 0 && Object.is(v, known) && isUnchanged(v)) return;
      expected.fill(known);
    } else resultsOf(placeOf(name, x, FLOAT32), expected);
    for (let m = 0; m < 6; m++) {
      const got = undecided ? scalars[m](x) : narrow(v, MODES[m]);
      if (Object.is(got, expected[m])) continue;
      found.mismatches++;
      if (found.examples.length >= 20) continue;
      const names = { format: 'fp32', mode: MODES[m] };
      found.examples.push({ code, x: text(x), ...names, got: text(got), expected: text(expected[m]) });
    }
  };

  // The kernel takes consecutive codes.
  const block = stride === 1 ? BLOCK : 1;
  for (let first = from; first < to; first += block * stride) {
    const count = Math.min(block, to - first);
    const { values, undecided } = evaluate(name, first, count);
    const words = new Int32Array(values.buffer, values.byteOffset, 2 * count);
    for (let i = 0; i < count; i++) {
      code32[0] = first + i;
      const x = single[0];
      if (!undecided.has(i) && x - x === 0 && x !== 0 && special(name, x) === undefined) {
        const y = independent(x);
        ends[0] = y - ERROR[0];
        ends[1] = y + ERROR[0];
        if (sameCell(words, i) || outOfRange(values[i], y)) continue;
        found.undecided++;
      }
      inAllModes(first + i, x, values[i], undecided.has(i));
    }
    found.count += count;
  }
  return found;
}
