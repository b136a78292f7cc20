/** What a random decoder is made of: the options, their defaults and their ranges. */
import { InputError } from '../../formats/index.ts';
import type { DecoderConfig } from '../config.ts';

/** All are optional. Counts are integers. */
export interface RandomDecoderOptions {
  /** 0 … 2^53 − 1; default 1. The same seed gives the same numbers everywhere. */
  readonly seed?: number;
  /** 1 … 1024; default 6. */
  readonly layers?: number;
  /** Width of the residual stream, 1 … 65,536; default 128. */
  readonly width?: number;
  /** Query heads, a divisor of `width`; default 4. */
  readonly heads?: number;
  /** Key-value heads, a divisor of `heads`; default `heads`. */
  readonly kvHeads?: number;
  /** 1 … 262,144; default 4·`width`. */
  readonly mlpWidth?: number;
  /** 1 … 1,048,576; default 512. */
  readonly vocabulary?: number;
  /** The longest sequence, 1 … 1,048,576; default 128. */
  readonly positions?: number;
  /** `layerNorm` (γ = 1, β = 0) or `rmsNorm` (γ = 1); default `layerNorm`. */
  readonly norm?: DecoderConfig['norm'];
  /** ε of the norms, 0 … 1; default 1e-5. */
  readonly normEpsilon?: number;
  /** Norm before or after attention and MLP; default `pre`. */
  readonly normPlacement?: DecoderConfig['normPlacement'];
  /** `gelu-tanh`, `gelu-erf`, `silu` or `relu`; default `gelu-tanh`, with `gated` `silu`. */
  readonly activation?: DecoderConfig['activation'];
  /** The MLP has a gate, as LLaMA's; with `silu` only; default false. */
  readonly gated?: boolean;
  /** `learned`, `rotary` (needs heads of even width) or `none`; default `learned`. */
  readonly positionEncoding?: DecoderConfig['positionEncoding'];
  /** θ of the rotary embedding, > 0 … 1e12; default 10,000. */
  readonly rotaryBase?: number;
  /**
   * `gpt2`: weights and embeddings N(0, σ²), attention output and MLP down projection N(0, σ²/(2·layers)).
   * `normal`: N(0, σ²) for all. `fan-in`: embeddings N(0, σ²), weights N(0, 1/inputs), attention output and MLP down
   * projection N(0, 1/(2·layers·inputs)). Default `gpt2`.
   */
  readonly initialisation?: 'gpt2' | 'normal' | 'fan-in';
  /** σ, > 0 … 1000; default 0.02 for `gpt2`, 1/√width for the others. */
  readonly standardDeviation?: number;
  /** Multiplies the query and key weights, 0 … 10^6; default 1. */
  readonly queryKeyGain?: number;
  /** Multiplies token and position embeddings (and with them the tied head), 0 … 10^6; default 1. */
  readonly embeddingScale?: number;
  /** Biases of the linear layers: none, zeros, or N(0, σ²); default `zero`. */
  readonly biases?: 'none' | 'zero' | 'normal';
}

/** Every option with a value. */
export type ResolvedOptions = Required<RandomDecoderOptions>;

const NAMES: ReadonlySet<string> = new Set<keyof RandomDecoderOptions>([
  'seed',
  'layers',
  'width',
  'heads',
  'kvHeads',
  'mlpWidth',
  'vocabulary',
  'positions',
  'norm',
  'normEpsilon',
  'normPlacement',
  'activation',
  'gated',
  'positionEncoding',
  'rotaryBase',
  'initialisation',
  'standardDeviation',
  'queryKeyGain',
  'embeddingScale',
  'biases',
]);

/** The most numbers one tensor may have: 1 GiB in float32. */
const LARGEST_TENSOR = 2 ** 28;

function fail(name: string, expected: string, got: unknown): never {
  const shown = typeof got === 'string' ? JSON.stringify(got) : typeof got === 'object' ? 'an object' : String(got);
  throw new InputError(`random decoder: ${name}: expected ${expected}, got ${shown}`);
}

/** @throws InputError naming the option that is unknown, outside its range, or does not fit another one. */
export function resolveOptions(options: RandomDecoderOptions): ResolvedOptions {
  for (const name of Object.keys(options)) {
    if (!NAMES.has(name)) {
      throw new InputError(`random decoder: expected options of ${[...NAMES].join(', ')}, got ${JSON.stringify(name)}`);
    }
  }
  const integer = (name: keyof RandomDecoderOptions, fallback: number, low: number, high: number): number => {
    const value: unknown = options[name] ?? fallback;
    if (!Number.isSafeInteger(value) || (value as number) < low || (value as number) > high) {
      fail(name, `an integer from ${low} to ${high}`, value);
    }
    return value as number;
  };
  const number = (name: keyof RandomDecoderOptions, fallback: number, high: number, zero: boolean): number => {
    const value: unknown = options[name] ?? fallback;
    if (typeof value !== 'number' || !(value <= high) || !(zero ? value >= 0 : value > 0)) {
      fail(name, `a number ${zero ? 'from 0' : 'above 0 and'} up to ${high}`, value);
    }
    return value as number;
  };
  const choice = <T>(name: keyof RandomDecoderOptions, fallback: T, values: readonly T[]): T => {
    const value: unknown = options[name] ?? fallback;
    if (!values.includes(value as T)) fail(name, `one of ${values.join(', ')}`, value);
    return value as T;
  };

  const width = integer('width', 128, 1, 65_536);
  const heads = integer('heads', 4, 1, width);
  if (width % heads !== 0) fail('heads', `a divisor of the width ${width}`, heads);
  const kvHeads = integer('kvHeads', heads, 1, heads);
  if (heads % kvHeads !== 0) fail('kvHeads', `a divisor of the ${heads} heads`, kvHeads);
  const positionEncoding = choice('positionEncoding', 'learned', ['learned', 'rotary', 'none'] as const);
  if (positionEncoding === 'rotary' && (width / heads) % 2 !== 0) {
    fail('heads', 'heads of even width for the rotary embedding', heads);
  }
  const gated = choice('gated', false, [false, true]);
  const activation = choice('activation', gated ? 'silu' : 'gelu-tanh', [
    'gelu-tanh',
    'gelu-erf',
    'silu',
    'relu',
  ] as const);
  if (gated && activation !== 'silu') fail('activation', "'silu' in a gated MLP", activation);
  const initialisation = choice('initialisation', 'gpt2', ['gpt2', 'normal', 'fan-in'] as const);
  const resolved: ResolvedOptions = {
    seed: integer('seed', 1, 0, Number.MAX_SAFE_INTEGER),
    layers: integer('layers', 6, 1, 1024),
    width,
    heads,
    kvHeads,
    mlpWidth: integer('mlpWidth', 4 * width, 1, 262_144),
    vocabulary: integer('vocabulary', 512, 1, 1_048_576),
    positions: integer('positions', 128, 1, 1_048_576),
    norm: choice('norm', 'layerNorm', ['layerNorm', 'rmsNorm'] as const),
    normEpsilon: number('normEpsilon', 1e-5, 1, true),
    normPlacement: choice('normPlacement', 'pre', ['pre', 'post'] as const),
    activation,
    gated,
    positionEncoding,
    rotaryBase: number('rotaryBase', 10_000, 1e12, false),
    initialisation,
    standardDeviation: number(
      'standardDeviation',
      initialisation === 'gpt2' ? 0.02 : 1 / Math.sqrt(width),
      1000,
      false,
    ),
    queryKeyGain: number('queryKeyGain', 1, 1e6, true),
    embeddingScale: number('embeddingScale', 1, 1e6, true),
    biases: choice('biases', 'zero', ['none', 'zero', 'normal'] as const),
  };
  const tensors = {
    vocabulary: resolved.vocabulary,
    positions: resolved.positions,
    mlpWidth: resolved.mlpWidth,
    width,
  };
  for (const [name, rows] of Object.entries(tensors)) {
    if (rows * width > LARGEST_TENSOR) fail(name, `at most ${LARGEST_TENSOR} numbers in a tensor`, rows * width);
  }
  return resolved;
}
