/** A program under way in one arithmetic: its residual stream, and the taps since they were last taken. */
import type { Arithmetic } from '../arithmetic/arithmetic.ts';
import type { OnTap } from '../model/program/decoder.ts';

export interface TapValue<V> {
  readonly tap: string;
  readonly value: V;
}

export class Run<V> {
  readonly arithmetic: Arithmetic<V>;
  private current: V | undefined;
  private taps: TapValue<V>[] = [];

  constructor(arithmetic: Arithmetic<V>) {
    this.arithmetic = arithmetic;
  }

  /** The residual stream after the last step. */
  get stream(): V {
    if (this.current === undefined) throw new Error('a run begins with its embedding');
    return this.current;
  }

  /** Carries out a part of the program, which returns the residual stream after it (or the logits). */
  step(part: (arithmetic: Arithmetic<V>, tap: OnTap<V>) => V): void {
    this.current = part(this.arithmetic, (tap, value) => this.taps.push({ tap, value }));
  }

  /** The taps of the steps since the last call. */
  takeTaps(): TapValue<V>[] {
    const taken = this.taps;
    this.taps = [];
    return taken;
  }
}
