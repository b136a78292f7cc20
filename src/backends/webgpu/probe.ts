/**
 * What the device's float32 and integer operations really do, measured on chosen bit patterns. WGSL promises little: it lets
 * subnormals be flushed, a·b + c be contracted, and division be 2.5 ulp off. Kernels rely on what is measured here and on
 * nothing else; `reliance` says which finding serves for what.
 */
import { formats } from '../../formats/index.ts';
import { exactScalarsOf } from '../../softfloat/exact.ts';
import { Commands, groupsFor } from './commands.ts';
import { type GpuDevice, GpuError } from './device.ts';
import { type MeasuredOperation, measuredNames, probeKernel, probeUniform } from './kernels/probe.ts';
import { type ProbeCases, probeCases } from './probe-cases.ts';
import { TRUSTED_LEAST, type TrustedOperations } from './wgsl/quick.ts';
import { bitsOf } from './wgsl/rounding.ts';

export interface DeviceFinding {
  readonly property: string;
  readonly measured: string;
  /** What kernels use it for; `nothing` where they do without. */
  readonly reliance: string;
  readonly cases: number;
}

export interface DeviceProbe {
  readonly device: string;
  readonly findings: readonly DeviceFinding[];
  readonly trusted: TrustedOperations;
}

const scalars = exactScalarsOf({ format: formats.fp32, mode: 'nearest-even', overflow: 'inf', subnormals: 'keep' });
const SMALLEST_NORMAL = formats.fp32.smallestNormal;

/** One result of the device beside the exact one. */
interface Sample {
  readonly operands: readonly number[];
  readonly expected: number;
  readonly computed: number;
}

const isSubnormal = (x: number): boolean => x !== 0 && Math.abs(x) < SMALLEST_NORMAL;
/** Where kernels take what the hardware gives, whatever its operands were (wgsl/quick.ts). */
const isTaken = (x: number): boolean => Number.isFinite(x) && Math.abs(x) >= TRUSTED_LEAST;
/** Far from overflow and from subnormal numbers, or a zero. */
const isModerate = (x: number): boolean => x === 0 || (Math.abs(x) >= TRUSTED_LEAST && Math.abs(x) < 1 / TRUSTED_LEAST);

/** `holds` where it does of every sample, else the first of which it does not. */
function summary(samples: readonly Sample[], holds: string): string {
  const wrong = samples.filter(({ expected, computed }) => !Object.is(expected, computed));
  if (wrong.length === 0) return samples.length === 0 ? 'not measured' : holds;
  const [{ operands, expected, computed }] = wrong;
  return `not ${holds} (${operands.join(', ')} gives ${computed}, not ${expected}; ${wrong.length} of ${samples.length})`;
}

/** Which of several explanations all samples have; `neither` where none has. */
function explanation(
  samples: readonly Sample[],
  explanations: Readonly<Record<string, (sample: Sample) => number>>,
): string {
  const right = Object.entries(explanations).filter(([, expected]) =>
    samples.every((sample) => Object.is(expected(sample), sample.computed)),
  );
  return samples.length === 0
    ? 'not measured'
    : (right[0]?.[0] ?? `neither ${Object.keys(explanations).join(' nor ')}`);
}

const IEEE_754 = 'as in IEEE 754';
const STEPWISE = 'two roundings';

const binary = { add: scalars.add, subtract: scalars.sub, multiply: scalars.mul, divide: scalars.div } as const;

/**
 * Runs the measurements, in some ten milliseconds.
 * @throws GpuError where integer arithmetic is not exact: then no kernel of this backend is right
 */
export async function probeDevice(device: GpuDevice): Promise<DeviceProbe> {
  const cases = probeCases();
  const results = await measure(device, cases);
  const samples = (name: MeasuredOperation, arity: number, exact: (...operands: number[]) => number): Sample[] => {
    const numbers = new Float32Array(results[name].buffer, results[name].byteOffset, cases.count);
    return Array.from({ length: cases.count }, (_, i) => {
      const operands = [cases.x[i], cases.y[i], cases.z[i]].slice(0, arity);
      return { operands, expected: exact(...operands), computed: numbers[i] };
    });
  };
  const findings: DeviceFinding[] = [];
  const found = (property: string, measured: string, reliance: string, count: number): string => {
    findings.push({ property, measured, reliance, cases: count });
    return measured;
  };

  const CORRECT = 'to nearest even';
  const rounds: Record<string, boolean> = {};
  const all = Object.fromEntries(
    Object.entries(binary).map(([name, exact]) => [name, samples(name as MeasuredOperation, 2, exact)]),
  );
  for (const name of ['add', 'subtract', 'multiply'] as const) {
    const taken = all[name].filter(({ computed }) => isTaken(computed));
    rounds[name] =
      found(`${name}: rounding`, summary(taken, CORRECT), 'quick sums and products', taken.length) === CORRECT;
  }
  for (const [name, list] of [
    ['divide', all.divide],
    ['sqrt', samples('sqrt', 1, (x) => scalars.sqrt(Math.abs(x)))],
  ] as const) {
    const moderate = list.filter(({ operands, expected }) => [...operands, expected].every(isModerate));
    found(`${name}: rounding`, summary(moderate, CORRECT), 'nothing', moderate.length);
  }

  const fused = ({ operands: [x, y, z] }: Sample): number => scalars.fma(x, y, z);
  const separate = ({ operands: [x, y, z] }: Sample): number => scalars.add(scalars.mul(x, y), z);
  const moderate = (sample: Sample): boolean => {
    const [x, y] = sample.operands;
    return [...sample.operands, scalars.mul(x, y), fused(sample), separate(sample)].every(isModerate);
  };
  // Of a sum of a rounded product and −itself only the rounding error is left, which shows a contraction.
  const products = samples('multiplyAdd', 3, scalars.fma).filter(moderate);
  const contraction = explanation(products, { 'not contracted': separate, contracted: fused });
  found('a·b + c', contraction, 'nothing', products.length);
  const fmas = samples('fma', 3, scalars.fma).filter(moderate);
  found(
    'fma(a, b, c)',
    explanation(fmas, { 'one rounding': fused, 'two roundings': separate }),
    'nothing',
    fmas.length,
  );

  const shifted = samples('addSubtract', 2, (x, y) => scalars.sub(scalars.add(x, y), y)).filter(
    ({ operands: [x, y], expected }) => [x, y, scalars.add(x, y), expected].every(isModerate),
  );
  const shifts = found('(x + y) − y', summary(shifted, STEPWISE), 'tiled products', shifted.length) === STEPWISE;

  const sums = [...all.add, ...all.subtract, ...all.multiply];
  const finite = sums.filter(({ operands, expected }) => [...operands, expected].every(Number.isFinite));
  const flushed = (x: number): number => (isSubnormal(x) ? 0 * x : x);
  const results32 = finite.filter(({ operands, expected }) => isSubnormal(expected) && !operands.some(isSubnormal));
  const keptOrFlushed = {
    kept: ({ expected }: Sample) => expected,
    'flushed to zero': ({ expected }: Sample) => flushed(expected),
  };
  found('subnormal results of + − ×', explanation(results32, keptOrFlushed), 'nothing', results32.length);
  const operands32 = all.multiply.filter(
    ({ operands, expected }) =>
      operands.some(isSubnormal) && Number.isFinite(expected) && !isSubnormal(expected) && expected !== 0,
  );
  const readAs = {
    kept: ({ expected }: Sample) => expected,
    'read as zero': ({ operands: [x, y] }: Sample) => flushed(x) * flushed(y),
  };
  found('subnormal operands of ×', explanation(operands32, readAs), 'nothing', operands32.length);
  const zeros = sums.filter(({ operands, expected }) => expected === 0 && !operands.some(isSubnormal));
  const signs = found('signs of zeros', summary(zeros, IEEE_754), 'tiled products', zeros.length);
  const unlimited = sums.filter(({ operands, expected }) => !Number.isFinite(expected) && !operands.some(isSubnormal));
  found('infinities, NaN and overflow', summary(unlimited, IEEE_754), 'nothing', unlimited.length);

  const integers = integerFindings(cases, results);
  for (const { property, measured } of integers) found(property, measured, 'everything', cases.count);
  for (const { property, measured } of conversionFindings(cases, results))
    found(property, measured, 'nothing', cases.count);
  const { limits } = device;
  found('buffer of at most', `${device.bufferLimit} bytes`, 'tensors', 1);
  found(
    'workgroup of at most',
    `${limits.maxComputeInvocationsPerWorkgroup} invocations, ${limits.maxComputeWorkgroupStorageSize} bytes`,
    'products',
    1,
  );

  const inexact = integers.filter(({ measured }) => measured !== 'exact');
  if (inexact.length > 0) {
    throw new GpuError(
      `webgpu: the integer arithmetic of ${device.description} is wrong: ${inexact[0].property} is ${inexact[0].measured}`,
    );
  }
  return {
    device: device.description,
    findings,
    trusted: {
      ...{ add: rounds.add && rounds.subtract, multiply: rounds.multiply },
      ...{ zeros: signs === IEEE_754, shifts },
    },
  };
}

async function measure(device: GpuDevice, cases: ProbeCases): Promise<Record<MeasuredOperation, Uint32Array>> {
  const { count } = cases;
  const commands = new Commands(device);
  const operands = [cases.x, cases.y, cases.z].map((numbers) => device.storageOf(numbers, count));
  const result = device.storage(measuredNames.length * count);
  commands.dispatch(probeKernel, [...operands, result], probeUniform.words({ count }), groupsFor(count));
  const [words] = await commands.read([{ buffer: result, words: measuredNames.length * count }]);
  for (const buffer of [...operands, result]) buffer.destroy();
  const parts = measuredNames.map((name, k) => [name, words.subarray(k * count, (k + 1) * count)] as const);
  return Object.fromEntries(parts) as Record<MeasuredOperation, Uint32Array>;
}

type Word = (a: number, b: number) => number;

const integerOperations: Readonly<Partial<Record<MeasuredOperation, Word>>> = {
  integerMultiply: (a, b) => Math.imul(a, b),
  integerDivide: (a, b) => Math.floor(a / Math.max(b, 1)),
  integerRemainder: (a, b) => a % Math.max(b, 1),
  shiftLeft: (a, b) => a << (b & 31),
  shiftRight: (a, b) => a >>> (b & 31),
  shiftSigned: (a, b) => a >> (b & 31),
  leadingZeros: (a) => Math.clz32(a),
};

function integerFindings(cases: ProbeCases, results: Record<MeasuredOperation, Uint32Array>) {
  const [a, b] = [cases.x, cases.y].map((numbers) => new Uint32Array(numbers.buffer));
  return Object.entries(integerOperations).map(([name, exact]) => {
    const wrong = results[name as MeasuredOperation].findIndex((word, i) => word !== exact(a[i], b[i]) >>> 0);
    const measured = wrong < 0 ? 'exact' : `wrong for ${a[wrong]} and ${b[wrong]}`;
    return { property: `integers: ${name}`, measured };
  });
}

function conversionFindings(cases: ProbeCases, results: Record<MeasuredOperation, Uint32Array>) {
  const words = new Uint32Array(cases.x.buffer);
  const rounded = (name: 'fromInt' | 'fromUint', value: (word: number) => number): string => {
    const wrong = results[name].findIndex((bits, i) => bits !== bitsOf(Math.fround(value(words[i]))));
    return wrong < 0 ? CONVERTED : `not ${CONVERTED} (${value(words[wrong])})`;
  };
  // Beyond the integers and for NaN WGSL leaves the result open.
  const wrong = results.toInt.findIndex(
    (bits, i) => Math.abs(cases.z[i]) < 2 ** 31 && (bits | 0) !== Math.trunc(cases.z[i]),
  );
  return [
    { property: 'float32 of a signed integer', measured: rounded('fromInt', (word) => word | 0) },
    { property: 'float32 of an unsigned integer', measured: rounded('fromUint', (word) => word) },
    { property: 'integer of a float32', measured: wrong < 0 ? 'toward zero' : `not toward zero (${cases.z[wrong]})` },
  ];
}

const CONVERTED = 'to nearest even';
