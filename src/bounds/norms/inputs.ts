/** The inputs that the norms' bounds share. */
import { z } from 'zod';
import { arithmetic, order, vector } from '../inputs.ts';

export const epsilon = z.number().nonnegative().describe('ε, as the checkpoint has it; it is rounded on load');

/** A row, and how its norm is computed. */
export const rowInputs = { x: vector('the row, numbers of the format'), epsilon, ...arithmetic, order };

export const gamma = vector('γ, one for each entry of x, in original numbers');
