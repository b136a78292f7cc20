/** A program under way in one arithmetic: its residual stream, and the taps since they were last taken. */
import type { Arithmetic } from '../arithmetic/arithmetic.ts';
import type { DecoderProgram } from '../model/program/decoder.ts';
import type { Step } from './steps.ts';

export interface TapValue<V> {
  readonly tap: string;
  readonly value: V;
}

export class Run<V> {
  readonly program: DecoderProgram;
  readonly arithmetic: Arithmetic<V>;
  private readonly lends: boolean;
  private current: V | undefined;

  /** @param lends whether all values of the taps are released, and are seen by nobody who may keep them */
  constructor(program: DecoderProgram, arithmetic: Arithmetic<V>, lends = false) {
    this.program = program;
    this.arithmetic = arithmetic;
    this.lends = lends;
  }

  /** The residual stream after the last step. */
  get stream(): V {
    if (this.current === undefined) throw new Error('a run begins with its embedding');
    return this.current;
  }

  /** Carries out the next step; its taps in program order. */
  step(step: Step): TapValue<V>[] {
    const taps: TapValue<V>[] = [];
    this.current = this.lent(() =>
      step.compute(this.program, this.arithmetic, this, (tap, value) => {
        taps.push({ tap, value });
      }),
    );
    return taps;
  }

  /** The step's result from another residual stream than this run's; the run stays where it is. */
  resultFrom(stream: V, step: Step): V {
    const taps: V[] = [];
    const tap = (_: string, value: V) => void taps.push(value);
    const result = this.lent(() => step.compute(this.program, this.arithmetic, { stream }, tap));
    this.arithmetic.release?.(taps, result);
    return result;
  }

  private lent(compute: () => V): V {
    return this.lends && this.arithmetic.lend ? this.arithmetic.lend(compute) : compute();
  }

  /** Says that nobody reads these values any more; the residual stream stays. */
  release(values: readonly V[]): void {
    this.arithmetic.release?.(values, this.stream);
  }
}
