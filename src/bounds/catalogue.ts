/** The catalogue: every bound by its id. */
import { InputError } from '../formats/index.ts';
import { attentionBounds } from './attention/index.ts';
import type { Bound } from './bound.ts';
import { depthBounds } from './depth/index.ts';
import { dotBounds } from './dot/index.ts';
import { elementwiseBounds } from './elementwise/index.ts';
import { normBounds } from './norms/index.ts';
import { softmaxBounds } from './softmax/index.ts';

const all: readonly Bound[] = [
  ...dotBounds,
  ...softmaxBounds,
  ...attentionBounds,
  ...normBounds,
  ...elementwiseBounds,
  ...depthBounds,
];

const byId = new Map(all.map((bound) => [bound.id, bound]));

export const bounds = Object.freeze({
  /** Ids in the order of the catalogue. */
  ids: all.map(({ id }) => id) as readonly string[],
  all,
  /** @throws InputError where there is no such bound */
  get(id: string): Bound {
    const bound = byId.get(id);
    if (bound === undefined)
      throw new InputError(`bounds: expected one of ${[...byId.keys()].join(', ')}, got '${id}'`);
    return bound;
  },
});
