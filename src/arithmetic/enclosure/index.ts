/** Everything that a program may compute, whatever the order of its additions. */
export { EnclosureArithmetic } from './enclosure.ts';
export { type Freedom, noFreedom, type UlpAllowance } from './freedom.ts';
export type { EnclosureOptions } from './operations.ts';
export type { Enclosure } from './value.ts';
