/** Random matrices of the trials of attention. */
import type { BinaryFormat } from '../../../formats/index.ts';
import type { Random } from '../../random.ts';
import type { TrialCase } from '../../trial.ts';
import { drawArithmetic, stored } from '../softmax/drawing.ts';

/** Numbers of the format: normal ones of a scale, raw bits, all alike, with an outlier, cancelling or tiny. */
export function drawNumbers(
  random: Random,
  format: BinaryFormat,
  count: number,
  subnormals: 'keep' | 'flush',
  scales: readonly number[] = [0.1, 1, 1, 4],
): number[] {
  const scale = random.pick(scales);
  const kind = random.uniform();
  const outlier = random.integer(0, count - 1);
  const at = (i: number): number => {
    if (kind < 0.5) return scale * random.normal();
    if (kind < 0.6) return scale * (1 + random.uniform());
    if (kind < 0.7) return i === outlier ? 16 * scale : 0.1 * scale * random.normal();
    if (kind < 0.8) return (i % 2 === 0 ? scale : -scale) * (1 + random.integer(0, 2) * format.epsMach);
    if (kind < 0.88) return (2 - format.epsMach) ** random.integer(-1, 1) * (random.integer(0, 1) ? 1 : -1);
    if (kind < 0.94) return format.smallestNormal * random.normal();
    return random.code(format);
  };
  return Array.from({ length: count }, (_, i) => stored(at(i), format, subnormals));
}

/** Real numbers beside the drawn ones: weights before they are rounded. */
export function unrounded(random: Random, numbers: readonly number[], u: number): number[] {
  const size = random.pick([0, 0, 1]);
  return numbers.map((x) => x * (1 + size * u * (2 * random.uniform() - 1)));
}

/** A small attention sublayer: tokens of the format, weights of the format or not. */
export function drawAttention(random: Random, format: BinaryFormat, most = 4): TrialCase {
  const arithmetic = drawArithmetic(random, format);
  const sizes = {
    tokens: random.integer(1, most),
    width: random.integer(1, most),
    heads: random.integer(1, 2),
    headWidth: random.pick([1, 2, 3, 4]),
    outputs: random.integer(1, 3),
    causal: random.integer(0, 1),
  };
  const inner = sizes.heads * sizes.headWidth;
  const numbers = (count: number) => drawNumbers(random, format, count, arithmetic.subnormals);
  const weights = (count: number) => unrounded(random, numbers(count), format.u);
  return {
    ...arithmetic,
    arrays: {
      tokens: numbers(sizes.tokens * sizes.width),
      queryWeight: weights(inner * sizes.width),
      keyWeight: weights(inner * sizes.width),
      valueWeight: weights(inner * sizes.width),
      outWeight: weights(sizes.outputs * inner),
    },
    scalars: sizes,
  };
}
