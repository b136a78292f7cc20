/** A line of progress on a terminal's stderr: how much is done, and the time still to go. */
import type { Progress } from '../analysis/options.ts';
import type { Io } from './io.ts';

const WIDTH = 24;
const CLEAR = '\r\x1b[K';

/** Draws over itself; `clear` takes it away. Without a terminal both do nothing. */
export function progressLine(io: Io): { readonly report: (progress: Progress) => void; readonly clear: () => void } {
  if (!io.terminal) return { report: () => {}, clear: () => {} };
  const start = io.now();
  return {
    report({ done, total, what }) {
      const share = done / total;
      const bar = '█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░');
      // The first step is not like the others: no estimate before a tenth is done.
      const left = share < 0.1 ? '' : `, ${duration(((io.now() - start) * (1 - share)) / share)} to go`;
      io.stderr(`${CLEAR}${bar} ${String(Math.round(100 * share)).padStart(3)} %${left}  ${what}`);
    },
    clear: () => io.stderr(CLEAR),
  };
}

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
