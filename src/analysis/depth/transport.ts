/** Vectors of the residual stream, carried on by the derivative of the exact program, all of them together. */
import { float64Specs } from '../../arithmetic/softfloat.ts';
import { TangentArithmetic } from '../../arithmetic/tangent/tangent-arithmetic.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import type { DecoderProgram } from '../../model/program/decoder.ts';
import { tapShapes } from '../../model/program/taps.ts';
import { type Numbers, sizeOf, type Tensor } from '../../tensor/index.ts';
import type { Step } from '../steps.ts';

/** The most numbers that the vectors hold together, by default: 1 GiB in float64. */
export const LARGEST = 2 ** 27;
/** The most numbers that one operation makes of the vectors it is given at once, by default: 32 MiB in float64. */
const CHUNK = 2 ** 22;

/** Why so many vectors of the stream cannot be kept; undefined where they can. */
export function tooManyVectors({ config, batch }: DecoderProgram, vectors: number, limit: number): string | undefined {
  const size = batch.tokens.length * batch.length * config.width;
  if (vectors * size <= limit) return undefined;
  return `${vectors} vectors of ${size} numbers would have to be kept, more than ${limit} numbers; take shorter or fewer sequences`;
}

/**
 * J·v for each vector v, J the derivative of a step at a given point. The vectors go through in portions whose largest
 * intermediate result is `chunk` numbers, one vector at least; each portion computes the step's own values once.
 */
export class Transport {
  private vectors: Float64Array[] = [];
  private readonly program: DecoderProgram;
  private readonly tangent = new TangentArithmetic(new CpuArithmetic('float64', float64Specs));
  private readonly portion: number;

  constructor(program: DecoderProgram, chunk = CHUNK) {
    this.program = program;
    const { batch, config } = program;
    const largest = Math.max(...tapShapes(config, batch.tokens.length, batch.length).map(({ shape }) => sizeOf(shape)));
    this.portion = Math.max(1, Math.floor(chunk / largest));
  }

  /**
   * Puts J·v in the place of each v, adds the step's `own` vector, and shows all of them, `own` last; what is shown is valid
   * only meanwhile. The head ends it: its images, many times as large as a stream, are shown and not kept.
   * @param before the point; undefined for the embedding, before which there is nothing
   */
  carry(step: Step, before: Tensor | undefined, own: Float64Array, show: (image: Numbers) => void): void {
    if (step.head === undefined) {
      if (before !== undefined) {
        this.images(step, before, (i, image) => {
          this.vectors[i] = new Float64Array(image);
        });
      }
      this.vectors.push(own);
      this.vectors.forEach(show);
      return;
    }
    if (before === undefined) throw new Error('the head has a stream before it');
    this.images(step, before, (_, image) => show(image));
    this.vectors = [];
    show(own);
  }

  private images(step: Step, before: Tensor, show: (index: number, image: Numbers) => void): void {
    const { tangent, vectors } = this;
    const { base } = tangent;
    const size = sizeOf(before.shape);
    for (let first = 0; first < vectors.length; first += this.portion) {
      const part = vectors.slice(first, first + this.portion);
      const data = new Float64Array(part.length * size);
      part.forEach((v, i) => {
        data.set(v, i * size);
      });
      const stream = tangent.withTangents(
        base.lift(before),
        base.lift({ shape: [part.length, ...before.shape], data }),
      );
      const after = step.compute(this.program, tangent, { stream }, () => {});
      if (after.tangents === undefined) throw new Error('a step depends on its input');
      const images = base.lower(after.tangents).data;
      const length = images.length / part.length;
      part.forEach((_, i) => {
        show(first + i, images.subarray(i * length, (i + 1) * length));
      });
    }
  }
}
