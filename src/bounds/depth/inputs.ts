/** Lists of norms, one for each step through depth. */
import { vector } from '../inputs.ts';

/** A nonempty list of numbers that are at least 0. */
export const sizes = (meaning: string) =>
  vector(meaning)
    .refine((numbers) => numbers.every((x) => x >= 0), 'expected numbers of at least 0')
    .describe(meaning);
