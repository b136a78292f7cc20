/** The operation spec of a site: the formats, the order and the variants of everything that is computed there. */
import type { Format, RoundingMode } from '../formats/index.ts';
import type { Kernels } from './kernels.ts';
import type { LinearMethod } from './linear-method.ts';
import { type Order, sequential } from './order.ts';

/** A rounding mode, or stochastic rounding with the spec's seed. */
export type Mode = RoundingMode | 'stochastic';

export interface OperationSpec {
  /** Both operands of a matmul or linear are rounded to it first. */
  readonly input: Format;
  /** Each product is rounded to it, or goes into the sum as it is. */
  readonly product: Format | 'exact';
  readonly accumulate: Format;
  readonly out: Format;
  readonly order: Order;
  /** Whether products sum in that order, or in one that follows from their shape. */
  readonly kernels: Kernels;
  /** Matmuls multiply and add with one rounding, starting from +0; `product` is then ignored. */
  readonly fma: boolean;
  /** `fused`: the bias is added in `accumulate`, before the sum is rounded to `out`. */
  readonly bias: 'separate' | 'fused';
  /** How linear layers multiply. In 8-bit integers `input` and `out` are fp16, and the other formats are not used. */
  readonly linear: LinearMethod;
  readonly mode: Mode;
  readonly overflow: 'inf' | 'saturate';
  readonly subnormals: 'keep' | 'flush';
  readonly softmax: 'shifted' | 'unshifted';
  /** `float32-angles`: rotary angles and inverse frequencies are formed in float32, as common frameworks do. */
  readonly rotary: 'exact' | 'float32-angles';
  /** Key of stochastic rounding. */
  readonly seed: number;
}

/** Every operation in one format. */
export function uniformSpec(format: Format): OperationSpec {
  return {
    input: format,
    product: format,
    accumulate: format,
    out: format,
    order: sequential,
    kernels: 'invariant',
    fma: false,
    bias: 'separate',
    linear: 'plain',
    mode: 'nearest-even',
    overflow: 'inf',
    subnormals: 'keep',
    softmax: 'shifted',
    rotary: 'exact',
    seed: 0,
  };
}
