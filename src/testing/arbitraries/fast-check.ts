/** The type of fast-check, which is handed in, so that whoever does not use it need not install it. */
import type { default as fc } from 'fast-check';

export type { Arbitrary } from 'fast-check';
export type FastCheck = typeof fc;
