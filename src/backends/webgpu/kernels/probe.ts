/** The kernel that shows what the device's own operations do with bit patterns, written as kernels use them. */
import type { Kernel } from '../device.ts';
import { bufferWgsl, elementsWgsl, UniformLayout } from './parts.ts';

export const probeUniform = new UniformLayout([['count', 1]]);

/** WGSL of what is measured, of the words a, b, c and the float32 numbers x, y, z with these bits. */
export const measuredOperations = Object.freeze({
  add: 'bitcast<u32>(x + y)',
  subtract: 'bitcast<u32>(x - y)',
  multiply: 'bitcast<u32>(x * y)',
  multiplyAdd: 'bitcast<u32>(x * y + z)',
  fma: 'bitcast<u32>(fma(x, y, z))',
  addSubtract: 'bitcast<u32>((x + y) - y)',
  divide: 'bitcast<u32>(x / y)',
  sqrt: 'bitcast<u32>(sqrt(abs(x)))',
  fromInt: 'bitcast<u32>(f32(bitcast<i32>(a)))',
  fromUint: 'bitcast<u32>(f32(a))',
  toInt: 'bitcast<u32>(i32(z))',
  integerMultiply: 'a * b',
  integerDivide: 'a / max(b, 1u)',
  integerRemainder: 'a % max(b, 1u)',
  shiftLeft: 'a << (b & 31u)',
  shiftRight: 'a >> (b & 31u)',
  shiftSigned: 'bitcast<u32>(bitcast<i32>(a) >> (b & 31u))',
  leadingZeros: 'countLeadingZeros(a)',
});

export type MeasuredOperation = keyof typeof measuredOperations;
export const measuredNames = Object.keys(measuredOperations) as readonly MeasuredOperation[];

/** Result k of element i is written at k·count + i. Buffers a, b, c, result. */
export const probeKernel: Kernel = {
  code:
    bufferWgsl(['first', 'second', 'third'], ['result']) +
    elementsWgsl(`
  let a = first[i];
  let b = second[i];
  let c = third[i];
  let x = bitcast<f32>(a);
  let y = bitcast<f32>(b);
  let z = bitcast<f32>(c);
  let n = ${probeUniform.word('count')};
${measuredNames.map((name, k) => `  result[${k}u * n + i] = ${measuredOperations[name]};`).join('\n')}`),
  bindings: 'rrrw',
};
