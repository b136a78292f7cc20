/** A site's spec as kernels take it: the roundings as words, the addresses of stochastic ones. */
import { type Addresses, type Part, SiteRoundings } from '../../arithmetic/stochastic.ts';
import { type Format, sameNumbers } from '../../formats/index.ts';
import { allowsFma, type OperationSpec } from '../../tensor/index.ts';
import { type Core, coreOf } from './wgsl/core.ts';
import { quickFused, quickOperations, type TrustedOperations } from './wgsl/quick.ts';
import { bitsOf, type GpuContext, gpuFormat, roundingWords } from './wgsl/rounding.ts';

export class GpuSite {
  readonly name: string;
  readonly spec: OperationSpec;
  /** Of the kernels that are right for all of its operations. */
  readonly core: Core;
  readonly trusted: TrustedOperations;
  /** Undefined where the site does not round stochastically. */
  private readonly roundings: SiteRoundings | undefined;

  /** @throws InputError where a format is not inside float32 */
  constructor(name: string, spec: OperationSpec, trusted: TrustedOperations) {
    for (const format of [spec.input, spec.accumulate, spec.out, spec.product]) {
      if (format !== 'exact') gpuFormat(format, name);
    }
    this.name = name;
    // Only matmuls have fma: rows sum without it, and a policy refuses the pair at a matmul (tensor/policy.ts).
    this.spec = spec.fma && !allowsFma(spec.order) ? { ...spec, fma: false } : spec;
    this.core = coreOf(spec.mode);
    this.trusted = trusted;
    this.roundings = spec.mode === 'stochastic' ? new SiteRoundings(name, spec.seed) : undefined;
  }

  private context(format: Format): GpuContext {
    const { mode, overflow, subnormals } = this.spec;
    return { format, mode, overflow, subnormals };
  }
  /** The words of a `Rounding` for + − × on numbers of the formats `a` and `b` (undefined: any float32). */
  rounding(format: Format, a?: Format | undefined, b?: Format | undefined): number[] {
    const context = this.context(format);
    return roundingWords(context, quickOperations(context, this.trusted, a, b));
  }
  /** The same for sums of unrounded products of such numbers. */
  fusedRounding(format: Format, a: Format | undefined, b: Format | undefined): number[] {
    const context = this.context(format);
    return roundingWords(context, quickFused(context, this.trusted, a, b));
  }

  /** The addresses of the next `steps` roundings of `length` elements; undefined where roundings need none. */
  claim(length: number, steps: number): Addresses | undefined {
    const { roundings } = this;
    return roundings?.operation(() => roundings.claim(length, steps));
  }
  operation<T>(compute: () => T): T {
    return this.roundings === undefined ? compute() : this.roundings.operation(compute);
  }
  within<T>(part: Part, compute: () => T): T {
    return this.roundings === undefined ? compute() : this.roundings.within(part, compute);
  }

  /** Bits of the smallest number of an operand's format that the site does not flush, 0 where it flushes none. */
  flushBelow(format: Format | undefined): number {
    return this.spec.subnormals === 'flush' ? bitsOf((format ?? this.spec.out).smallestNormal) : 0;
  }

  /** Whether R_input changes no number of a format. */
  keepsInput(format: Format | undefined): boolean {
    const { input, overflow, subnormals } = this.spec;
    return format !== undefined && sameNumbers(format, input) && overflow === 'inf' && subnormals === 'keep';
  }
}
