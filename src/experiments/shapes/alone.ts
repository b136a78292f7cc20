/** One token alone against the same token inside a batch: the difference through the post's network. */
import { float64Specs, type SpecOf } from '../../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import { normalNumbers } from '../../model/random/normal.ts';
import { type Numbers, orderOfProduct, orderText, type Policy, parsePolicy, type Tensor } from '../../tensor/index.ts';
import type { Row } from '../experiment.ts';
import { blockOf, type Network, network, sitesOf, specsAmong } from './blocks.ts';
import { differenceOf, flipsOf, inner } from './measures.ts';

export interface AloneOptions {
  readonly seed: number;
  readonly layers: number;
  readonly width: number;
  /** Tokens, each of them alone and in each batch. */
  readonly samples: number;
  /** Rows of the batches. */
  readonly batches: readonly number[];
  readonly residual: boolean;
  readonly policy: string;
}

/** A row for each batch and layer. */
export function aloneRows({ seed, layers, width, samples, batches, residual, policy: text }: AloneOptions): Row[] {
  const net = network(layers, width, residual, seed);
  const policy = parsePolicy(text, sitesOf(net));
  const tokens: Tensor = { shape: [samples, width], data: normalNumbers(samples * width, 'shapes.tokens', seed, 1) };
  const specs = (rows: number): SpecOf => specsAmong(policy, rows, width);
  const exact = streams(net, float64Specs, tokens);
  const alone = streams(net, specs(1), tokens);
  const known = new Map<string, Row[]>();
  return batches.flatMap((rows) => {
    // Batches whose kernels are the same have the same rows.
    const kernels = kernelsOf(policy, rows, width);
    const found = known.get(kernels) ?? layersOf(net, alone, exact, specs(rows));
    known.set(kernels, found);
    const key = { study: 'alone', policy: text, residual: residual ? 1 : 0, rows, kernels };
    return found.map((row) => ({ ...key, ...row }));
  });
}

/** A row for each layer: the streams alone against those under the specs of a batch. */
function layersOf(net: Network, alone: readonly Tensor[], exact: readonly Tensor[], specOf: SpecOf): Row[] {
  const { width } = net;
  const among = streams(net, specOf, alone[0]);
  // What the batch's kernels make of the stream of the token alone.
  const switched = new CpuArithmetic('batch', specOf);
  return net.blocks.map((_, layer): Row => {
    const [before, after] = [alone[layer], alone[layer + 1].data];
    const other = among[layer + 1].data;
    const fresh = blockOf(switched, net, layer, before).data as Numbers;
    return {
      layer: layer + 1,
      ...differenceOf(after, other, width),
      error: differenceOf(after, exact[layer + 1].data, width).difference,
      ...growthOf(before.data, among[layer].data, after, fresh, other),
      flips: flipsOf(after, other, width),
    };
  });
}

/** The stream [tokens, width] before the first block and after each. */
export function streams(net: Network, specOf: SpecOf, tokens: Tensor): Tensor[] {
  const A = new CpuArithmetic('stream', specOf);
  let x = A.lift(tokens);
  const result = [A.lower(x)];
  for (const layer of net.blocks.keys()) {
    x = blockOf(A, net, layer, x);
    result.push(A.lower(x));
  }
  return result;
}

/** The order of a product of one row, and of as many as the batch has. */
export function kernelsOf(policy: Policy, rows: number, width: number): string {
  const spec = policy.specFor('layers.0.mlp_up');
  const [one, all] = [1, rows].map((m) => orderText(orderOfProduct(spec, { m, n: width, k: width })));
  return one === all ? one : `${one}, ${all}`;
}

/**
 * A block takes the difference D to D′ = fresh + carried: `fresh` is what other kernels make of the same input, `carried` what
 * the batch's kernels make of D. gain = ‖carried‖/‖D‖, cosine the angle's between carried and fresh.
 */
function growthOf(before: Numbers, otherBefore: Numbers, after: Numbers, switched: Numbers, other: Numbers): Row {
  const minus = (a: Numbers, b: Numbers): Float64Array => Float64Array.from(a, (x, i) => x - b[i]);
  const [inherited, fresh, carried] = [minus(otherBefore, before), minus(switched, after), minus(other, switched)];
  const [sizeOfInherited, sizeOfFresh, sizeOfCarried] = [inherited, fresh, carried].map((v) => Math.sqrt(inner(v, v)));
  return {
    fresh: sizeOfFresh / Math.sqrt(fresh.length),
    gain: sizeOfInherited === 0 ? null : sizeOfCarried / sizeOfInherited,
    cosine: sizeOfFresh * sizeOfCarried === 0 ? null : inner(fresh, carried) / (sizeOfFresh * sizeOfCarried),
  };
}
