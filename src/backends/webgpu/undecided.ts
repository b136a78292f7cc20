/**
 * Values of exp, tanh and erf that the device's fixed point leaves undecided. The CPU evaluates them, by Ziv's strategy, to the
 * 64 bits and a jammed tail that a kernel rounds; kernels find them in a buffer from then on. What a run has computed from an
 * undecided value may be wrong: it ends with an `UndecidedError`, and a new run on the same device takes the next ones right.
 */
import { evaluateFixed } from '../../softfloat/elementary/fixed-point.ts';
import { type GpuDevice, GpuError } from './device.ts';
import { elementaryNames, LISTED_AT, MOST_LISTED, SETTLED_AT, SETTLED_WORDS } from './wgsl/undecided.ts';

/** Results that this run has are not to be used, where undecided values came before them; run it again. */
export class UndecidedError extends GpuError {}

/** Of each device, by function and argument. */
const settled = new WeakMap<GpuDevice, Map<string, readonly number[]>>();

const view = new DataView(new ArrayBuffer(4));

/** |f(x)|, not a number of 65 bits, as e and 64 bits m of which the last stands for what is below: `Value` of wgsl/values.ts. */
function evaluated(name: number, bits: number): readonly number[] {
  view.setUint32(0, bits);
  const x = view.getFloat32(0);
  for (let scale = 512; ; scale *= 2) {
    const fixed = evaluateFixed(elementaryNames[name], x, scale);
    const size = fixed < 0n ? -fixed : fixed;
    const below = size.toString(2).length - 64;
    const rest = BigInt.asUintN(below, size);
    // evaluateFixed is wrong by 1 at most.
    if (rest < 2n || rest > (1n << BigInt(below)) - 2n) continue;
    const m = (size >> BigInt(below)) | 1n;
    return [name, bits, (below + 63 - scale) >>> 0, Number(m >> 32n), Number(m & 0xffffffffn)];
  }
}

/** The words of the buffer `undecided` for a run that begins now. */
export function undecidedWords(device: GpuDevice): Uint32Array<ArrayBuffer> {
  const known = [...(settled.get(device)?.values() ?? [])];
  const words = new Uint32Array(SETTLED_AT + SETTLED_WORDS * known.length);
  words.set([0, known.length, device.doubted]);
  words.set(known.flat(), SETTLED_AT);
  return words;
}

/** Settles what a run has listed in the buffer `undecided`. */
export function settle(device: GpuDevice, words: Uint32Array): UndecidedError {
  const known = settled.get(device) ?? new Map<string, readonly number[]>();
  settled.set(device, known);
  const count = Math.min(words[0], MOST_LISTED);
  for (let k = 0; k < count; k++) {
    const [name, bits] = words.subarray(LISTED_AT + 2 * k);
    known.set(`${name} ${bits}`, evaluated(name, bits));
  }
  return new UndecidedError(
    `webgpu: ${words[0]} results of exp, tanh or erf lay too near a rounding's boundary; the CPU has evaluated them: run again`,
  );
}
