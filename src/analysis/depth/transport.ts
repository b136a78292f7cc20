/** Vectors of the residual stream, carried on by the derivative of the exact program, all of them together. */
import { float64Specs } from '../../arithmetic/softfloat.ts';
import { TangentArithmetic } from '../../arithmetic/tangent/tangent-arithmetic.ts';
import { CpuArithmetic } from '../../backends/cpu/cpu-arithmetic.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { DecoderProgram } from '../../model/program/decoder.ts';
import { tapShapes } from '../../model/program/taps.ts';
import { type Numbers, sizeOf, type Tensor } from '../../tensor/index.ts';
import type { Step } from '../steps.ts';

/** The most numbers that the vectors hold together: 1 GiB in float64. */
const LARGEST = 2 ** 27;
/** The most numbers that one operation makes of the vectors it is given at once: 32 MiB in float64. */
const CHUNK = 2 ** 22;

/** Why so many vectors cannot be carried; undefined where they can. */
export function tooManyVectors(config: DecoderConfig, sequences: number, tokens: number, vectors: number) {
  const size = sequences * tokens * config.width;
  if (vectors * size <= LARGEST) return undefined;
  return `${vectors} vectors of ${size} numbers would have to be kept, more than ${LARGEST} numbers; take shorter or fewer sequences`;
}

/**
 * J·v for each vector v, J the derivative of a step at a given point. The vectors go through in portions whose largest
 * intermediate result is `CHUNK` numbers, one vector at least; each portion computes the step's own values once.
 */
export class Transport {
  readonly vectors: Float64Array[] = [];
  private readonly program: DecoderProgram;
  private readonly tangent = new TangentArithmetic(new CpuArithmetic('float64', float64Specs));
  private readonly portion: number;

  constructor(program: DecoderProgram) {
    this.program = program;
    const { batch, config } = program;
    const largest = Math.max(...tapShapes(config, batch.tokens.length, batch.length).map(({ shape }) => sizeOf(shape)));
    this.portion = Math.max(1, Math.floor(CHUNK / largest));
  }

  /** Puts J·v in the place of each v. */
  push(step: Step, before: Tensor): void {
    this.images(step, before, (i, image) => {
      this.vectors[i] = Float64Array.from(image);
    });
  }

  /** Shows each J·v, one after the other; what is shown is valid only meanwhile. */
  images(step: Step, before: Tensor, show: (index: number, image: Numbers) => void): void {
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
