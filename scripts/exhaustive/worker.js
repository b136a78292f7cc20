/** The checks themselves, one chunk of codes after another: the body of a worker thread, over the built package. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { MODES, placeOf, resultsOf, special } from './decimal.js';
import { float32Results } from './float32.js';
import { bfloat16Results, binary16Results } from './rounding.js';

const dist = workerData.dist;
const { scalarsOf } = await import(join(dist, 'softfloat/scalar.js'));
const { formats } = await import(join(dist, 'formats/index.js'));

const single = new Float32Array(1);
const code32 = new Uint32Array(single.buffer);
const expected = new Float64Array(6);

function fast(format, name) {
  return MODES.map((mode) => scalarsOf({ format: formats[format], mode, overflow: 'inf', subnormals: 'keep' })[name]);
}

/** What a chunk finds out. */
function findings() {
  return { count: 0, undecided: 0, mismatches: 0, examples: [] };
}

function compare(found, functions, x, code, format) {
  for (let m = 0; m < 6; m++) {
    const got = functions[m](x);
    if (Object.is(got, expected[m])) continue;
    found.mismatches++;
    if (found.examples.length >= 20) continue;
    const text = (y) => (Object.is(y, -0) ? '-0' : String(y));
    found.examples.push({ code, x: text(x), format, mode: MODES[m], got: text(got), expected: text(expected[m]) });
  }
}

const DECODE = {
  bf16: (code) => {
    code32[0] = code << 16;
    return single[0];
  },
  fp16: (code) => {
    const [field, fraction] = [(code >> 10) & 31, code & 1023];
    const size =
      field === 31
        ? fraction === 0
          ? Infinity
          : NaN
        : field === 0
          ? fraction * 2 ** -24
          : (1024 + fraction) * 2 ** (field - 25);
    return code >> 15 === 1 ? -size : size;
  },
};

/** One decimal evaluation for both signs, six modes: `from` and `to` are codes below 2^15. */
function sixteen({ format, name, from, to, stride }) {
  const found = findings();
  const functions = fast(format, name);
  for (let code = from; code < to; code += stride) {
    let place;
    for (const signed of [code, code | 0x8000]) {
      const x = DECODE[format](signed);
      const known = special(name, x);
      if (known !== undefined) expected.fill(known);
      else if (place !== undefined && name !== 'exp') {
        // The others that come here with a negative x are odd or even.
        resultsOf({ ...place, negative: place.negative !== (name !== 'cos') }, expected);
      } else {
        place = placeOf(name, x, formats[format]);
        resultsOf(place, expected);
      }
      compare(found, functions, x, signed, format);
      found.count++;
    }
  }
  return found;
}

function fp32({ name, from, to, stride }) {
  const found = findings();
  const functions = fast('fp32', name);
  for (let code = from; code < to; code += stride) {
    code32[0] = code;
    const x = single[0];
    const known = special(name, x);
    if (known !== undefined) expected.fill(known);
    else if (!float32Results(name, x, expected)) found.undecided++;
    compare(found, functions, x, code, 'fp32');
    found.count++;
  }
  return found;
}

function rounding({ from, to, stride }) {
  const found = findings();
  const [half, brain] = [fast('fp16', 'fromNumber'), fast('bf16', 'fromNumber')];
  for (let code = from; code < to; code += stride) {
    code32[0] = code;
    const x = single[0];
    binary16Results(code, expected);
    compare(found, half, x, code, 'fp16');
    bfloat16Results(code, expected);
    compare(found, brain, x, code, 'bf16');
    found.count++;
  }
  return found;
}

const KINDS = { '16bit': sixteen, fp32, rounding };

parentPort.on('message', (chunk) => {
  const started = performance.now();
  const found = KINDS[chunk.kind](chunk);
  parentPort.postMessage({ ...found, from: chunk.from, to: chunk.to, seconds: (performance.now() - started) / 1000 });
});
