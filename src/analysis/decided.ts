/** Runs that a device ends because it could not decide a value, begun anew until they are decided. */
import { UndecidedError } from '../backends/webgpu/undecided.ts';

/** What a caller was told in an earlier attempt, which it is not told again: attempts compute the same. */
export class Deliveries {
  private delivered = 0;
  private count = 0;

  begin(): void {
    this.count = 0;
  }

  /** `deliver` as it is told once. */
  once<A extends unknown[]>(deliver: (...values: A) => void | Promise<void>): (...values: A) => Promise<void> {
    return async (...values) => {
      if (this.count++ < this.delivered) return;
      this.delivered++;
      await deliver(...values);
    };
  }
}

/** The first attempt that has no undecided value. Each one that has leaves fewer of them to the next. */
export async function untilDecided<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UndecidedError)) throw error;
    }
  }
}
