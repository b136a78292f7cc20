/** Stochastic rounding: the operations of exact.ts, each with a random word of its own. */
import { fitsFloat32 } from '../formats/format.ts';
import type { AnyContext, RoundingContext } from './context.ts';
import { correctlyRounded } from './elementary/correct.ts';
import { stochasticElementary } from './elementary/stochastic.ts';
import { exactScalars } from './exact.ts';
import { type ElementaryName, elementaryNames, type Scalars } from './scalars.ts';

/**
 * The operations of a context, rounded stochastically: R(x) is away from zero exactly if r < ⌊2^32·(|x| − |lower|)/gap⌋ of
 * the exact result x. That of an elementary function lies in an interval; since rounding with a given r is monotonic,
 * equal results at both ends are the result (elementary/refine.ts).
 * @param nextWord r, 32 bits; called once an operation (also where the result is exact), and for nothing else
 */
export function stochasticScalars(
  { format, overflow, subnormals }: Omit<RoundingContext, 'mode'>,
  nextWord: () => number,
): Scalars<number> {
  const drawn = (word: number): AnyContext => ({ format, overflow, subnormals, mode: { mode: 'stochastic', word } });
  const short = fitsFloat32(format);
  const elementary = (name: ElementaryName) => (x: number) => {
    const word = nextWord();
    const context = drawn(word);
    return (short ? stochasticElementary(name, x, word, context) : undefined) ?? correctlyRounded(name, x, context);
  };
  return Object.freeze({
    ...exactScalars(() => drawn(nextWord())),
    ...(Object.fromEntries(elementaryNames.map((name) => [name, elementary(name)])) as Record<
      ElementaryName,
      (x: number) => number
    >),
  });
}
