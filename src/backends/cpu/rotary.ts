/** Rotary embedding on the kernels (assembly/rotary.ts), a few heads at a time. */
import type { Numbers } from '../../tensor/index.ts';
import type { RowsIn } from './rows.ts';
import { Units } from './units.ts';
import { jobKinds } from './wasm.ts';

/** Numbers in memory at once, about. */
const PIECE = 1 << 18;

/** x [sequences, heads, tokens, d]; cos and sin [sequences or 1, 1, tokens, d/2], numbers of the site's `out`. */
export function rotate(
  { memory, out, size, x: { data, format } }: RowsIn,
  shape: readonly number[],
  cos: Numbers,
  sin: Numbers,
): Numbers {
  const [sequences, heads, tokens, d] = shape;
  const results = memory.results.take(data.length, size);
  const perHead = tokens * d;
  if (data.length === 0) return results;
  const headsPerTable = (sequences * heads) / (cos.length / (perHead / 2));
  // Heads of one table at a time.
  const step = Math.min(headsPerTable, Math.max(1, Math.floor(PIECE / perHead)));
  for (let table = 0; table < sequences * heads; table += headsPerTable) {
    memory.scope(() => {
      const start = ((table / headsPerTable) * perHead) / 2;
      const [c, s] = [cos, sin].map((angles) => memory.copyIn(angles.subarray(start, start + perHead / 2), size));
      const units = new Units(memory, out);
      const [multiply, add] = [units.of('multiply', format, out.format), units.of('add', out.format, out.format)];
      for (let head = table; head < table + headsPerTable; head += step) {
        memory.scope(() => {
          const part = data.subarray(head * perHead, Math.min(head + step, table + headsPerTable) * perHead);
          const count = part.length / perHead;
          const [from, to] = [memory.copyIn(part, size), memory.allocate(part.length * size)];
          const fields = [from, to, tokens, d, size, c, s, multiply, add];
          memory.run({
            kind: jobKinds.rotary,
            tasks: count,
            bytes: (fields.length + 1) * 4,
            write: (job) => {
              memory.int32(job, fields.length + 1).set([...fields, memory.allocate(16 * d * size)]);
            },
          });
          results.set(memory.numbers(to, part.length, size), head * perHead);
        });
      }
    });
  }
  return results;
}
