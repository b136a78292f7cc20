/** Tables of the rotary embedding as exact reals, by the positions of a batch. */
import type { RealTable, RotaryTables } from '../../arithmetic/arithmetic.ts';
import { type Real, rotaryReals, rotaryRealsFloat32 } from '../../softfloat/real.ts';
import type { DecoderConfig } from '../config.ts';
import { type Batch, positionsOf } from './batch.ts';

type RealsOf = typeof rotaryReals;

/** cos and sin of position·θ^(−2j/d), [sequences, 1, tokens, d/2]; one sequence where all have the same positions. */
export function rotaryTables(config: DecoderConfig, batch: Batch): RotaryTables {
  const positions = positionsOf(batch);
  const shared = batch.spans.every(({ start }) => start === batch.spans[0].start);
  const rows = shared ? positions.slice(0, 1) : positions;
  const make = (realsOf: RealsOf): { cos: RealTable; sin: RealTable } => {
    const pairs = config.headWidth / 2;
    const known = new Map<number, { cos: Real; sin: Real }[]>();
    const at = (position: number): { cos: Real; sin: Real }[] => {
      let reals = known.get(position);
      if (reals === undefined) {
        reals = Array.from({ length: pairs }, (_, j) => realsOf(position, config.rotaryBase, j, config.headWidth));
        known.set(position, reals);
      }
      return reals;
    };
    const reals = rows.flatMap((row) => row.flatMap(at));
    const shape = [rows.length, 1, batch.length, pairs];
    return { cos: { shape, reals: reals.map(({ cos }) => cos) }, sin: { shape, reals: reals.map(({ sin }) => sin) } };
  };
  let float32Angles: ReturnType<typeof make> | undefined;
  return {
    exact: make(rotaryReals),
    float32Angles: () => {
      float32Angles ??= make(rotaryRealsFloat32);
      return float32Angles;
    },
  };
}
