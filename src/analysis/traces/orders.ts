/**
 * In which order a recorded product was summed: each candidate is run on the recorded inputs and the checkpoint's weights, and
 * one explains the record if it gives every number of it, to the bit.
 */
import type { Linear } from '../../arithmetic/arithmetic.ts';
import { float64Specs, storageOf } from '../../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import type { Format } from '../../formats/index.ts';
import type { DecoderSource } from '../../model/decoder-source.ts';
import { rowLength, sizeOf, type Tensor, tensor } from '../../tensor/index.ts';
import type { Progress } from '../options.ts';
import { type Candidate, candidates, candidateText } from './order-candidates.ts';
import { type LinearSpan, mergeHeads, type ProductSpan, productSpans } from './product-spans.ts';
import type { RecordedTap, Trace } from './trace.ts';

/** What the recorded numbers of one product say. */
export interface OrderFinding {
  /** Terms of each sum. */
  readonly terms: number;
  /** Numbers that every match gives. */
  readonly entries: number;
  readonly tried: number;
  /** The candidates with every number, in the words of a policy. More than one: these numbers cannot tell them apart. */
  readonly matches: readonly string[];
  /** The candidate with most numbers of the first rows, where none has all. */
  readonly closest: { readonly candidate: string; readonly equal: number; readonly of: number } | null;
}

export interface SpanOrder {
  readonly tap: string;
  readonly finding: OrderFinding | null;
  /** Why there is no finding. */
  readonly reason: string | null;
}

/** Every candidate is tried on rows with as many numbers first; those that have all of them, on the whole. */
const SAMPLE = 64;

/** The product as a candidate computes it, of some of its rows. */
interface Product {
  readonly terms: number;
  readonly hasBias: boolean;
  /** Rows of the result, and its numbers a row. */
  readonly rows: number;
  readonly width: number;
  compute(candidate: Candidate, rows: number): ArrayLike<number>;
}

/**
 * The order of one linear layer's sums.
 * @param x inputs, [rows, in]
 * @param y what was recorded, [rows, out], in its row-major order
 * @param out the format of y; x and the weights are rounded to it first, as a layer in that format does
 */
export function revealLinearOrder(x: Tensor, layer: Linear, y: Float64Array, out: Format): OrderFinding {
  return reveal(linearProduct(x, layer), y, out);
}

function linearProduct(x: Tensor, layer: Linear): Product {
  const inputs = rowLength(x.shape);
  const first = layer.bias === undefined ? undefined : withBiasFirst(layer);
  return {
    terms: inputs,
    hasBias: layer.bias !== undefined,
    rows: sizeOf(x.shape.slice(0, -1)),
    width: layer.weight.shape[layer.layout === 'out-in' ? 0 : 1],
    compute({ spec, bias }, rows) {
      const data = x.data.subarray(0, rows * inputs);
      const A = new CpuArithmetic('candidate', () => spec);
      const [part, used] =
        bias === 'first' && first !== undefined
          ? [withOneFirst(data, rows, inputs), first]
          : [tensor([rows, inputs], data), layer];
      return A.lower(A.linear('', A.lift(part), used)).data;
    },
  };
}

/** The layer with its bias as the weights of one input more, which stands first. */
function withBiasFirst({ weight, layout, bias }: Linear): Linear {
  const shift = (bias as Tensor).data;
  const [rows, columns] = weight.shape;
  const data = new Float64Array(weight.data.length + shift.length);
  if (layout === 'in-out') {
    data.set(shift);
    data.set(weight.data, columns);
    return { weight: tensor([rows + 1, columns], data), layout };
  }
  for (let r = 0; r < rows; r++) {
    data[r * (columns + 1)] = shift[r];
    data.set(weight.data.subarray(r * columns, (r + 1) * columns), r * (columns + 1) + 1);
  }
  return { weight: tensor([rows, columns + 1], data), layout };
}

function withOneFirst(x: ArrayLike<number>, rows: number, inputs: number): Tensor {
  const data = new Float64Array(rows * (inputs + 1));
  for (let r = 0; r < rows; r++) {
    data[r * (inputs + 1)] = 1;
    for (let k = 0; k < inputs; k++) data[r * (inputs + 1) + 1 + k] = x[r * inputs + k];
  }
  return tensor([rows, inputs + 1], data);
}

/** probs [S, H, T, T] · value [S, KV, T, d], compared as [S, T, H·d]; whole sequences at a time. */
function contextProduct(probs: Tensor, value: Tensor): Product {
  const [sequences, heads, tokens] = probs.shape;
  const width = heads * value.shape[3];
  return {
    terms: tokens,
    hasBias: false,
    rows: sequences * tokens,
    width,
    compute({ spec }, rows) {
      const A = new CpuArithmetic('candidate', () => spec);
      const count = Math.ceil(rows / tokens);
      const part = ({ shape, data }: Tensor): Tensor => {
        const each = sizeOf(shape.slice(1));
        return tensor([count, ...shape.slice(1)], data.subarray(0, count * each));
      };
      const context = A.matmul('', A.lift(part(probs)), A.lift(part(value)));
      return A.lower(mergeHeads(A, context)).data;
    },
  };
}

function reveal(product: Product, y: Float64Array, out: Format): OrderFinding {
  const all = candidates(product.terms, out, product.hasBias);
  const sampleRows = Math.min(Math.ceil(SAMPLE / product.width), product.rows);
  const equalIn = (computed: ArrayLike<number>, rows: number): number => {
    let equal = 0;
    for (let i = 0; i < rows * product.width; i++) if (Object.is(computed[i], y[i])) equal++;
    return equal;
  };
  const of = sampleRows * product.width;
  let closest: OrderFinding['closest'] = null;
  const matches: string[] = [];
  for (const candidate of all) {
    const equal = equalIn(product.compute(candidate, sampleRows), sampleRows);
    if (closest === null || equal > closest.equal) closest = { candidate: candidateText(candidate), equal, of };
    if (equal < of) continue;
    if (product.rows === sampleRows || equalIn(product.compute(candidate, product.rows), product.rows) === y.length) {
      matches.push(candidateText(candidate));
    }
  }
  return {
    ...{ terms: product.terms, entries: y.length, tried: all.length, matches },
    closest: matches.length === 0 ? closest : null,
  };
}

export interface RevealOrdersOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Awaited between products. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/**
 * The orders of every product of the model that the trace has both ends of; the parameters of one layer in memory at a time.
 * A product whose ends are not recorded is not listed; one that does not fit the model has a reason.
 * @throws InputError where a tap or the checkpoint cannot be read
 */
export async function revealTraceOrders(
  trace: Trace,
  model: DecoderSource,
  options: RevealOrdersOptions = {},
): Promise<SpanOrder[]> {
  const ends = (span: ProductSpan): string[] =>
    span.kind === 'linear' ? [span.tap, span.input] : [span.tap, span.probs, span.value];
  const spans = productSpans(model.config).filter((span) => ends(span).every((tap) => trace.header(tap) !== undefined));
  const found: SpanOrder[] = [];
  let loaded: { readonly layer: number | null; readonly parameters: Parameters<LinearSpan['weights']>[0] } | undefined;
  for (const [done, span] of spans.entries()) {
    options.onProgress?.({ done, total: spans.length, what: span.tap });
    if (span.kind === 'linear' && loaded?.layer !== span.layer) {
      const parameters = span.layer === null ? { head: await model.head() } : { layer: await model.layer(span.layer) };
      loaded = { layer: span.layer, parameters };
    }
    const weights = span.kind === 'linear' && loaded !== undefined ? span.weights(loaded.parameters) : undefined;
    found.push({ tap: span.tap, ...(await orderOf(trace, span, weights)) });
    await options.pause?.();
  }
  return found;
}

async function orderOf(
  trace: Trace,
  span: ProductSpan,
  weights: Linear | undefined,
): Promise<Pick<SpanOrder, 'finding' | 'reason'>> {
  const y = await trace.read(span.tap);
  const none = (reason: string) => ({ finding: null, reason });
  if (y.format === null) return none('integers were recorded, not floats');
  const product =
    span.kind === 'linear'
      ? await readLinear(trace, span, weights as Linear)
      : await readContext(trace, span.probs, span.value);
  if (typeof product === 'string') return none(product);
  const numbers = span.kind === 'linear' && span.heads !== undefined ? merged(y, span.heads) : y.values;
  if (numbers === undefined || numbers.length !== product.rows * product.width) {
    return none(`a result of ${product.rows} × ${product.width} numbers was expected, [${y.shape}] was recorded`);
  }
  return { finding: reveal(product, numbers, y.format), reason: null };
}

async function readLinear(trace: Trace, { input }: LinearSpan, weights: Linear): Promise<Product | string> {
  const { shape, values, format } = await trace.read(input);
  const inputs = weights.weight.shape[weights.layout === 'out-in' ? 1 : 0];
  if (shape.length < 2 || rowLength(shape) !== inputs || values.length === 0) {
    return `an input with ${inputs} features was expected, [${shape}] was recorded`;
  }
  return linearProduct(tensor([values.length / inputs, inputs], storageOf(format ?? undefined, values)), weights);
}

async function readContext(trace: Trace, probsName: string, valueName: string): Promise<Product | string> {
  const [probs, value] = [await trace.read(probsName), await trace.read(valueName)];
  const [s, heads, tokens, keys] = probs.shape;
  const fits =
    probs.shape.length === 4 &&
    value.shape.length === 4 &&
    probs.values.length > 0 &&
    value.values.length > 0 &&
    value.shape[0] === s &&
    heads % value.shape[1] === 0 &&
    value.shape[2] === tokens &&
    keys === tokens;
  if (!fits)
    return `probabilities and values that fit were expected, [${probs.shape}] and [${value.shape}] were recorded`;
  const stored = ({ shape, format, values }: RecordedTap): Tensor =>
    tensor(shape, storageOf(format ?? undefined, values));
  return contextProduct(stored(probs), stored(value));
}

/** [sequences, heads, tokens, d] as [sequences, tokens, heads·d]; undefined for another shape. */
function merged({ shape, values }: RecordedTap, heads: number): Float64Array | undefined {
  if (shape.length !== 4 || shape[1] !== heads) return undefined;
  const A = new CpuArithmetic('movement', float64Specs);
  return Float64Array.from(A.lower(mergeHeads(A, A.lift(tensor(shape, values)))).data);
}
