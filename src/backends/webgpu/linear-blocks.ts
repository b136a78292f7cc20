/** Linear layers by blocks, of as many columns as a buffer has weights and as many rows as one has results. */
import type { Linear } from '../../arithmetic/arithmetic.ts';
import { linearShape } from '../../arithmetic/axes.ts';
import { type ColumnBlock, columnBlocks } from './column-blocks.ts';
import type { GpuMemory, GpuTensor } from './gpu-tensor.ts';
import type { Span } from './spans.ts';

/** What an interpreter carries out of them. */
export interface BlockOperations {
  rows(x: GpuTensor, span: Span): GpuTensor;
  /** Of the rows of a span, and of a layer of n columns some. */
  product(rows: GpuTensor, block: ColumnBlock, span: Span): GpuTensor;
  concat(a: GpuTensor, b: GpuTensor): GpuTensor;
}

/**
 * x [m, in] times a layer's weights, and its bias: [m, n], in parts where that is larger than a buffer.
 * @throws InputError where one row of the results, or one column of the weights, is larger than a buffer
 */
export function linearInBlocks(
  memory: GpuMemory,
  site: string,
  x: GpuTensor,
  layer: Linear,
  { rows, product, concat }: BlockOperations,
): GpuTensor {
  const { m, n } = linearShape(x.shape, layer);
  const blocks = columnBlocks(layer, memory.mostNumbers);
  const spans = memory.rowSpans(site, m, n);
  const tensors = spans.map((span) =>
    memory.scope(() => {
      const part = spans.length === 1 ? x : rows(x, span);
      return blocks.map((block) => product(part, block, span)).reduce((before, block) => concat(before, block));
    }),
  );
  return memory.joined([m, n], { site, tensors });
}
