/**
 * One side's local check: each span of the program between two recorded taps is computed anew from the numbers that the trace
 * itself has before it, and what it has behind it is held against everything that rounding can give. theory/local-check.md.
 */
import type { Arithmetic } from '../../../arithmetic/arithmetic.ts';
import { EnclosureArithmetic, type Freedom } from '../../../arithmetic/enclosure/index.ts';
import type { Ball, Stored } from '../../../arithmetic/errors/ball.ts';
import { ExpectedArithmetic } from '../../../arithmetic/expected/expected.ts';
import type { Store } from '../../../arithmetic/scalar-arithmetic.ts';
import { float64Specs, type SpecOf } from '../../../arithmetic/softfloat.ts';
import { CpuArithmetic } from '../../../backends/cpu/cpu-arithmetic.ts';
import { holds } from '../../../formats/index.ts';
import type { DecoderConfig } from '../../../model/config.ts';
import type { Batch } from '../../../model/program/batch.ts';
import { DecoderProgram } from '../../../model/program/decoder.ts';
import { rowLength, type Tensor, tensor } from '../../../tensor/index.ts';
import { rowsOf } from '../../rows.ts';
import type { Step } from '../../steps.ts';
import type { RecordedTap, Trace } from '../trace.ts';
import { judge } from './judge.ts';
import type { LocalCheck } from './result.ts';

type Balls = Ball<Tensor<Store<number>>>;

export interface CheckedSide {
  readonly trace: Trace;
  readonly batch: Batch;
  /** Sequences to look at, in the order of those of the other side. */
  readonly sequences: readonly number[];
  /** Whether the batch's tokens are those of the run. */
  readonly hasTokens: boolean;
  readonly specOf: SpecOf;
  readonly freedom: Freedom;
}

/** A recorded tap: its check, and its visible numbers beside those recomputed, row by row. */
export interface CheckedTap {
  readonly check: LocalCheck;
  readonly recorded: Float64Array;
  readonly recomputed: Float64Array;
  /** No program that rounds as stated is farther off; Infinity where nothing is known. */
  readonly bounds: Float64Array;
}

/** An interpreter over balls, how far it has come, and how it takes a tap up. */
interface Walk {
  readonly arithmetic: Arithmetic<Balls> & {
    around(t: Tensor, radius: Tensor, stored?: Stored): Balls;
  };
  stream: Balls;
}

export class LocalChecks {
  private readonly side: CheckedSide;
  private readonly program: DecoderProgram;
  private readonly enclosing: Walk;
  private readonly expecting: Walk;

  constructor(config: DecoderConfig, side: CheckedSide) {
    const { batch, specOf, freedom } = side;
    this.side = side;
    this.program = new DecoderProgram(config, batch);
    const reference = new CpuArithmetic('float64', float64Specs);
    const rounded = new CpuArithmetic('declared', specOf);
    const nothing = tensor(
      [batch.tokens.length, batch.length, config.width],
      new Float64Array(batch.tokens.length * batch.length * config.width),
    );
    const walk = (arithmetic: Walk['arithmetic']): Walk => ({
      arithmetic,
      stream: unknownNumbers(arithmetic, nothing),
    });
    this.enclosing = walk(new EnclosureArithmetic({ reference, rounded, specOf, freedom }));
    this.expecting = walk(new ExpectedArithmetic(reference, specOf));
  }

  /** The recorded ones of the next step's taps, checked, in program order. */
  async step(step: Step, taps: readonly string[]): Promise<Map<string, CheckedTap>> {
    const { trace, hasTokens } = this.side;
    const recorded = new Map<string, RecordedTap>();
    for (const tap of taps) if (trace.header(tap) !== undefined) recorded.set(tap, await trace.read(tap));
    const enclosures = this.walk(this.enclosing, step, recorded);
    const expectations = this.walk(this.expecting, step, recorded);
    const found = new Map<string, CheckedTap>();
    for (const [tap, { shape, values }] of recorded) {
      if (tap === 'embed' && !hasTokens) continue;
      const own = rowsOf(tap, shape, this.side.batch);
      const rows = this.side.sequences.flatMap((s) => own.filter(({ sequence }) => sequence === s));
      const [enclosure, expected] = [enclosures.get(tap) as Balls, expectations.get(tap) as Balls];
      found.set(tap, {
        check: judge(tap, rowLength(shape), rows, { recorded: values, enclosure, expected: expected.radius }),
        recorded: visible(values, rows),
        recomputed: visible(enclosure.numbers, rows),
        bounds: visible(enclosure.radius, rows),
      });
    }
    return found;
  }

  /** Carries a step out; where a tap is recorded, what follows stands on its numbers. What the step came to at each tap. */
  private walk(walk: Walk, step: Step, recorded: ReadonlyMap<string, RecordedTap>): Map<string, Balls> {
    const { arithmetic } = walk;
    const reached = new Map<string, Balls>();
    walk.stream = step.compute(this.program, arithmetic, walk, (tap, value) => {
      reached.set(tap, value);
      const own = recorded.get(tap);
      if (own !== undefined) return this.known(arithmetic, tap, own);
      return tap === 'embed' && !this.side.hasTokens
        ? unknownNumbers(arithmetic, { shape: arithmetic.shape(value), data: new Float64Array(value.radius.length) })
        : undefined;
    });
    return reached;
  }

  /** Recorded numbers, as numbers of the declared format where they are some. */
  private known(arithmetic: Walk['arithmetic'], tap: string, { shape, values, format }: RecordedTap): Balls {
    const declared = this.side.specOf(tap).out;
    const fits = values.every((x) => !Number.isFinite(x) || holds(declared, x));
    const stored = fits ? declared : (format ?? undefined);
    return arithmetic.around(
      tensor(shape, values),
      tensor(shape, new Float64Array(values.length)),
      stored && { format: stored, flushed: false },
    );
  }
}

/** Numbers of which nothing is known. */
function unknownNumbers(arithmetic: Walk['arithmetic'], { shape, data }: Tensor): Balls {
  return arithmetic.around(
    tensor(shape, data),
    tensor(shape, new Float64Array(data.length).fill(Number.POSITIVE_INFINITY)),
  );
}

/** The numbers of some rows of a tap, one row behind the other. */
export function visible(
  numbers: ArrayLike<number>,
  rows: readonly { readonly start: number; readonly end: number }[],
): Float64Array {
  const found = new Float64Array(rows.reduce((count, { start, end }) => count + end - start, 0));
  let at = 0;
  for (const { start, end } of rows) for (let i = start; i < end; i++) found[at++] = numbers[i];
  return found;
}
