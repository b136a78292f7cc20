/** The forum post's network: LN–Linear–GELU–Linear–LN blocks, over any arithmetic. */
import type { Arithmetic, Linear, Norm } from '../../arithmetic/arithmetic.ts';
import type { SpecOf } from '../../arithmetic/softfloat.ts';
import { normalNumbers } from '../../model/random/normal.ts';
import { type OperationSpec, orderOfProduct, type Policy, type Tensor } from '../../tensor/index.ts';

export interface Block {
  readonly up: Linear;
  readonly down: Linear;
}

export interface Network {
  readonly width: number;
  /** The stream is x + block(x), or block(x) alone. */
  readonly residual: boolean;
  readonly norm: Norm;
  readonly blocks: readonly Block[];
}

/** Standard deviation of the weights, as the post draws them. */
const DEVIATION = 0.2;
const EPSILON = 1e-5;

export function network(layers: number, width: number, residual: boolean, seed: number): Network {
  const linear = (name: string): Linear => ({
    weight: { shape: [width, width], data: normalNumbers(width * width, `shapes.${name}`, seed, DEVIATION) },
    layout: 'out-in',
  });
  const blocks = Array.from({ length: layers }, (_, i) => ({ up: linear(`${i}.up`), down: linear(`${i}.down`) }));
  const vector = (value: number): Tensor => ({ shape: [width], data: new Float32Array(width).fill(value) });
  return { width, residual, norm: { gamma: vector(1), beta: vector(0) }, blocks };
}

/** Where block `layer` computes; named as a decoder's sites are, so that its policies mean the same. */
const siteOf = (layer: number, name: string): string => `layers.${layer}.${name}`;

export function sitesOf({ blocks }: Network): string[] {
  const names = ['input_norm', 'mlp_up', 'mlp_act', 'mlp_out', 'post_norm', 'mlp_residual'];
  return blocks.flatMap((_, layer) => names.map((name) => siteOf(layer, name)));
}

/** The stream x [tokens, width] after block `layer`. */
export function blockOf<V>(A: Arithmetic<V>, { blocks, norm, residual }: Network, layer: number, x: V): V {
  const at = (name: string): string => siteOf(layer, name);
  const { up, down } = blocks[layer];
  const normed = A.layerNorm(at('input_norm'), x, norm, EPSILON);
  const inner = A.gelu(at('mlp_act'), A.linear(at('mlp_up'), normed, up), 'erf');
  const branch = A.layerNorm(at('post_norm'), A.linear(at('mlp_out'), inner, down), norm, EPSILON);
  return residual ? A.add(at('mlp_residual'), x, branch) : branch;
}

/**
 * The policy as it is for rows that stand among `rows` rows: every product in the order that its whole shape has. Rows are
 * independent of each other but for that order, so that some of them need not be computed to know the others.
 */
export function specsAmong(policy: Policy, rows: number, width: number): SpecOf {
  const known = new Map<string, OperationSpec>();
  return (site) => {
    let spec = known.get(site);
    if (spec === undefined) {
      const given = policy.specFor(site);
      const order = orderOfProduct(given, { m: rows, n: width, k: width });
      // Not `order` itself: that is the order of the norms' sums.
      spec = { ...given, kernels: { gemv: order, split: order, tiles: order } };
      known.set(site, spec);
    }
    return spec;
  };
}
