/**
 * The worst case through depth: the catalogue's blockInf, half block by half block, with measured local errors. Rigorous
 * as far as these are, and of no use after a few layers: it is here to compare with.
 */
import type { Norm } from '../../arithmetic/arithmetic.ts';
import { bounds } from '../../bounds/index.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { Numbers, Tensor } from '../../tensor/index.ts';
import type { Row } from '../rows.ts';
import type { Step } from '../steps.ts';
import { branchLipschitz, rowSumNorm } from './branches.ts';
import { Growing } from './growing.ts';

/** The reference's stream before a step, over the rows that count. */
export interface ExactStream {
  readonly stream: Tensor;
  readonly rows: readonly Row[];
}

/** A bound E of the largest |x̂ − x| of any counted token, after each step. */
export class WorstCase {
  /** Why there is no bound from some step on. */
  because: string | undefined;
  private readonly error = new Growing();
  private readonly config: DecoderConfig;

  constructor(config: DecoderConfig) {
    this.config = config;
    if (config.normPlacement === 'post') this.because = 'blockInf is about norms before attention and MLP';
  }

  /** E·scale, as Growing has it. */
  scaled(scale: number): ReturnType<Growing['scaled']> {
    return this.error.scaled(scale);
  }

  /** The embedding, off by at most `local`. */
  begin(local: number): void {
    this.error.set(local);
    this.checkFinite(local);
  }

  /** A half block or the head. `local`: the largest entry of its own error. */
  step(step: Step, before: ExactStream, local: number): void {
    this.checkFinite(local);
    if (this.because !== undefined) return;
    const norm = this.normOf(step);
    const gamma = largest(norm.gamma.data);
    const beta = norm.beta === undefined ? 0 : largest(norm.beta.data);
    const radius = Math.sqrt(this.config.width) * gamma * (1 + 2 ** -50) + beta;
    const lipschitz = this.lipschitzOf(step, radius);
    if (lipschitz === undefined) {
      this.because = 'a Lipschitz constant is not finite';
      return;
    }
    const { sigma, deviation } = statistics(before, this.config.norm);
    const inputs = {
      ...{ width: this.config.width, norm: this.config.norm },
      ...{ lipschitz: [lipschitz], gamma: [gamma], epsilon: [this.config.normEpsilon] },
    };
    const initial = this.error.number;
    if (initial !== undefined) {
      const found = blockInf({
        ...inputs,
        initial,
        sigma: [sigma],
        deviation: [deviation],
        local: [local],
      });
      if (typeof found === 'string') this.because = found;
      else this.error.set(found);
      return;
    }
    // At σ = 0 and far from any row the factor is the largest that it can be; what is local is nothing beside E.
    const factor = blockInf({ ...inputs, initial: 1, sigma: [0], deviation: [1e300], local: [0] });
    if (typeof factor === 'string') this.because = factor;
    else this.error.step(factor, 0);
  }

  private checkFinite(local: number): void {
    if (!Number.isFinite(local)) this.because ??= 'a computed number is infinite or NaN';
  }

  private normOf({ half, layer, head }: Step): Norm {
    const norm = head?.finalNorm ?? (half?.kind === 'attention' ? layer?.inputNorm : layer?.postNorm);
    if (norm === undefined) throw new Error('a half block of a pre-norm decoder begins with a norm');
    return norm;
  }

  /** The head's bound is that of a branch beside a stream: from above. */
  private lipschitzOf({ half, layer, head }: Step, radius: number): number | undefined {
    if (head !== undefined) return rowSumNorm(head.output);
    if (half === undefined || layer === undefined) throw new Error('the embedding has no branch');
    return branchLipschitz(this.config, layer, half.kind, radius);
  }
}

/** The bound, or why there is none. */
function blockInf(inputs: Readonly<Record<string, unknown>>): number | string {
  const result = bounds.get('blockInf').evaluate(inputs);
  return result.valid ? (result.guaranteed as Float64Array)[0] : result.because;
}

/** The smallest standard deviation and the largest |x − mean| of any row; of RMSNorm, root mean square and |x|. */
function statistics({ stream, rows }: ExactStream, norm: DecoderConfig['norm']): { sigma: number; deviation: number } {
  let [sigma, deviation] = [Number.POSITIVE_INFINITY, 0];
  for (const { start, end } of rows) {
    const row = stream.data.subarray(start, end);
    let sum = 0;
    for (const x of row) sum += x;
    const mean = norm === 'rmsNorm' ? 0 : sum / row.length;
    let squares = 0;
    for (const x of row) {
      squares += (x - mean) ** 2;
      deviation = Math.max(deviation, Math.abs(x - mean));
    }
    sigma = Math.min(sigma, Math.sqrt(squares / row.length));
  }
  // Below and above the rounding of the sums, relative to the entries where the mean cancels.
  const slack = 2 ** -40 * (deviation + largest(stream.data));
  return { sigma: Math.max(0, sigma - slack), deviation: deviation + slack };
}

/** The largest magnitude in the rows; NaN if one is. */
export function largestOf(numbers: Numbers, rows: readonly Row[]): number {
  let most = 0;
  for (const { start, end } of rows) most = Math.max(most, largest(numbers.subarray(start, end)));
  return most;
}

function largest(numbers: Numbers): number {
  let most = 0;
  for (const x of numbers) most = Math.max(most, Math.abs(x));
  return most;
}
