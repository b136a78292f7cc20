/** The catalogue: every bound by its id. */
import { InputError } from '../formats/index.ts';
import { attentionBounds } from './attention/index.ts';
import type { Bound } from './bound.ts';
import { depthBounds } from './depth/index.ts';
import { dotBounds } from './dot/index.ts';
import { elementwiseBounds } from './elementwise/index.ts';
import { normBounds } from './norms/index.ts';
import { softmaxBounds } from './softmax/index.ts';
import { namesLike } from './suggest.ts';

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
    if (bound !== undefined) return bound;
    const like = namesLike(String(id), [...byId.keys()]);
    const meant = like.length === 0 ? '' : `did you mean ${like.join(' or ')}? `;
    throw new InputError(
      `bounds: expected the id of a bound, got '${id}'; ${meant}bounds.ids and 'ulpwise bounds' list all`,
    );
  },
});
