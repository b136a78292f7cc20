/** The checks themselves, one chunk of codes after another: the body of a worker thread, over the built package. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { checkCells } from './cells.js';
import { MODES, placeOf, resultsOf, special } from './decimal.js';
import { float32Results } from './float32.js';
import { checkRounding } from './rounding.js';

const dist = workerData.dist;
const { scalarsOf } = await import(join(dist, 'softfloat/scalar.js'));
const { roundNumber } = await import(join(dist, 'softfloat/dyadic.js'));
const { roundArray } = await import(join(dist, 'backends/cpu/round-array.js'));
const { evaluateCodes } = await import(join(dist, 'backends/cpu/elementary-arrays.js'));
const { KernelMemory } = await import(join(dist, 'backends/cpu/wasm.js'));
const { wideConstants } = await import(join(dist, 'backends/cpu/rounding-constants.js'));
const { formats } = await import(join(dist, 'formats/index.js'));

const single = new Float32Array(1);
const code32 = new Uint32Array(single.buffer);
const expected = new Float64Array(6);

function contextOf(format, mode) {
  return { format: formats[format], mode, overflow: 'inf', subnormals: 'keep' };
}

function fast(format, name) {
  return MODES.map((mode) => scalarsOf(contextOf(format, mode))[name]);
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

function rounding(chunk) {
  const contexts = ['fp16', 'bf16'].flatMap((format) => MODES.map((mode) => contextOf(format, mode)));
  return checkRounding(chunk, contexts, {
    definition: roundNumber,
    roundAll: (values, { format, mode }, out) => roundArray(values, format, { mode, out }),
    roundOne: (x, context) => scalarsOf(context).fromNumber(x),
  });
}

const memory = new KernelMemory();

/** Float64 that stand for f of consecutive codes. */
function evaluateBlock(name, first, count) {
  const undecided = new Set();
  const values = memory.scope(() => {
    const out = memory.allocate(count * 8);
    evaluateCodes(memory, name, first, count, out, (index) => undecided.add(index));
    return memory.float64(out, count).slice();
  });
  return { values, undecided };
}

/** The last step of the kernels: a float64 rounded to fp32. */
function narrow(value, mode) {
  return memory.scope(() => {
    const [from, to] = [memory.allocate(8), memory.allocate(4)];
    const constants = wideConstants(memory, contextOf('fp32', mode));
    memory.float64(from, 1)[0] = value;
    memory.kernels.narrow(constants, 1, to, from);
    return memory.float32(to, 1)[0];
  });
}

function arrays(chunk) {
  return checkCells(chunk, { evaluate: evaluateBlock, narrow, scalars: fast('fp32', chunk.name) });
}

const KINDS = { '16bit': sixteen, fp32, arrays, rounding };

parentPort.on('message', (chunk) => {
  const started = performance.now();
  const found = KINDS[chunk.kind](chunk);
  parentPort.postMessage({ ...found, from: chunk.from, to: chunk.to, seconds: (performance.now() - started) / 1000 });
});
