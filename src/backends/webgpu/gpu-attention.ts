/**
 * Attention with one kernel in place of the operations that it is composed of (model/program/decoder.ts): the same roundings
 * with the same random words, scores, probabilities and context all in memory afterwards.
 */
import type { Attention, AttentionSites, RealTable } from '../../arithmetic/arithmetic.ts';
import { type MatmulShape, matmulShape } from '../../arithmetic/axes.ts';
import { partFrom } from '../../arithmetic/stochastic.ts';
import { type KeyMask, sizeOf } from '../../tensor/index.ts';
import type { Commands } from './commands.ts';
import type { GpuDevice } from './device.ts';
import type { GpuElementary } from './gpu-elementary.ts';
import { constantBits, type GpuFused, rowGroups } from './gpu-fused.ts';
import type { GpuMovements } from './gpu-movements.ts';
import { type GpuSums, orderWords, productOf, roundings, triesFloat32 } from './gpu-sums.ts';
import type { GpuMemory, GpuTensor } from './gpu-tensor.ts';
import { ATTENTION_BUFFERS, attentionKernel, attentionUniform } from './kernels/attention.ts';
import { addressWords } from './kernels/parts.ts';
import type { GpuSite } from './site.ts';

/** The parts of a device that attention is carried out with. */
export interface AttentionParts {
  readonly device: GpuDevice;
  readonly commands: Commands;
  readonly memory: GpuMemory;
  readonly functions: GpuElementary;
  readonly movements: GpuMovements;
  readonly sums: GpuSums;
  readonly fused: GpuFused;
}

export interface AttentionOperands {
  readonly query: GpuTensor;
  readonly key: GpuTensor;
  readonly value: GpuTensor;
  readonly scale: RealTable;
  readonly mask: KeyMask;
}

type SitesOf = Readonly<Record<keyof AttentionSites, GpuSite>>;

/** A device's limits may be below those of the kernel, which then stays composed. */
export function hasBindings({ limits }: Pick<GpuDevice, 'limits'>): boolean {
  return limits.maxStorageBuffersPerShaderStage >= ATTENTION_BUFFERS;
}

/**
 * Terms of both products from which on a device in software takes the kernel: it saves about half a microsecond a term, so that
 * a few layers gain the seconds that it takes to compile (docs/webgpu.md).
 */
const MANY_TERMS = 1 << 21;

/**
 * Whether one kernel is quicker: where both products would be summed in integers anyway, of which it leaves out scores of hidden
 * keys; on a device in software, where there are many terms.
 */
export function isQuicker(
  { info }: Pick<GpuDevice, 'info'>,
  sites: Pick<SitesOf, 'scores' | 'context'>,
  ofScores: MatmulShape,
  ofContext: MatmulShape,
): boolean {
  if (triesFloat32(sites.scores, ofScores) || triesFloat32(sites.context, ofContext)) return false;
  const terms = sizeOf(ofScores.shape) * ofScores.k + sizeOf(ofContext.shape) * ofContext.k;
  return !info.software || terms >= MANY_TERMS;
}

export class GpuAttention {
  private readonly parts: AttentionParts;
  private readonly chooses: boolean;

  /** @param chooses whether what is quicker composed is left to that */
  constructor(parts: AttentionParts, chooses: boolean) {
    this.parts = parts;
    this.chooses = chooses;
  }

  /** Undefined where it is better composed, or the device has too few bindings. */
  attention(sites: SitesOf, operands: AttentionOperands): Attention<GpuTensor> | undefined {
    const { query, key, value } = operands;
    const ofScores = matmulShape(query.shape, key.shape, true);
    const ofContext = matmulShape(ofScores.shape, value.shape, false);
    const { device } = this.parts;
    if (!hasBindings(device) || (this.chooses && !isQuicker(device, sites, ofScores, ofContext))) return undefined;
    const [scores, probs, context] = this.parts.memory.scopeOf(() => this.run(sites, operands, ofScores, ofContext));
    return { scores, probs, context };
  }

  /** The three tensors. Random words are claimed in the order in which the composed operations claim theirs. */
  private run(
    sites: SitesOf,
    { query, key, value, scale, mask }: AttentionOperands,
    ofScores: MatmulShape,
    ofContext: MatmulShape,
  ): readonly [GpuTensor, GpuTensor, GpuTensor] {
    const { commands, memory, functions, movements, sums, fused } = this.parts;
    const [count, size] = [sizeOf(ofScores.shape), sizeOf(ofContext.shape)];
    const out = { scores: sites.scores.spec.out, probs: sites.probs.spec.out, context: sites.context.spec.out };

    const first = sites.scores.operation(() => {
      const left = sums.input(sites.scores, query, count);
      const right = sums.input(sites.scores, key, count + sizeOf(query.shape));
      return { left, right, ...productFields(sites.scores, ofScores, key.shape) };
    });
    const scaleAt = sites.scores.claim(count, 1);

    const x = { shape: ofScores.shape, format: out.scores };
    const evaluation = fused.exponential(sites.probs, x);
    const softmax = fused.softmaxRun(sites.probs, x, mask, evaluation);

    const second = sites.context.operation(() => {
      const inputAt = sites.context.within(partFrom(size), () => sites.context.claim(count, 1));
      const right = sums.input(sites.context, value, size + count);
      return { inputAt, right, ...productFields(sites.context, ofContext, value.shape) };
    });

    const uniform = attentionUniform.words({
      ...softmax.fields,
      ...{ rowsOfMatrix: ofScores.m, scale: constantBits(sites.scores, scale) },
      ...{ scaleStep: (scaleAt?.step ?? 0) - (first.at?.step ?? 0), scoresFlush: sites.scores.flushBelow(out.scores) },
      ...{ scoresGroups: first.groups, scoresOrder: first.order, scoresSteps: first.steps },
      ...{ scoresProduct: first.rounded.product, scoresAccumulate: first.rounded.accumulate },
      ...{ scoresOut: first.rounded.out, scoresAt: addressWords(first.at) },
      ...{ contextWidth: ofContext.n, contextFlush: sites.context.flushBelow(out.probs) },
      ...{ contextInput: sites.context.rounding(sites.context.spec.input), inputAt: addressWords(second.inputAt) },
      ...{ contextGroups: second.groups, contextOrder: second.order, contextSteps: second.steps },
      ...{ contextProduct: second.rounded.product, contextAccumulate: second.rounded.accumulate },
      ...{ contextOut: second.rounded.out, contextAt: addressWords(second.at) },
    });
    const kernel = attentionKernel({
      scores: first.text,
      softmax: { family: softmax.family, source: evaluation.source },
      context: { ...second.text, rounds: !sites.context.keepsInput(out.probs) },
      core: Object.values(sites).some((site) => site.core === 'stochastic') ? 'stochastic' : 'integer',
    });

    const results = [
      { ...x, allocation: memory.allocate(count, sites.scores.name) },
      { shape: ofScores.shape, allocation: memory.allocate(count, sites.probs.name), format: out.probs },
      { shape: ofContext.shape, allocation: memory.allocate(size, sites.context.name), format: out.context },
    ] as const;
    const { ranges } = movements.onDevice(mask, ofScores.shape);
    const operands = [first.left, first.right, second.right].map(({ allocation }) => allocation.buffer);
    const buffers = [...operands, ranges.buffer, evaluation.table, functions.undecided];
    buffers.push(...results.map(({ allocation }) => allocation.buffer));
    commands.dispatch(kernel, buffers, uniform, rowGroups(softmax.fields.rows));
    return results;
  }
}

/** What the kernel needs of a product, with its words, behind those of its operands. */
function productFields(site: GpuSite, { shape, m, n, k, batches }: MatmulShape, right: readonly number[]) {
  const { product, sum, steps } = productOf(site, { m, n, k });
  return {
    text: { family: sum.family, product },
    groups: batches / sizeOf(right.slice(0, -2)),
    order: orderWords(k, sum),
    steps,
    rounded: roundings(site, product, undefined, undefined),
    // The last one is R_out's.
    at: site.claim(sizeOf(shape), steps[0] + steps[1] + 1),
  };
}
