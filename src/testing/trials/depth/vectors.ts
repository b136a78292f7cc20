/** Vectors of double-double numbers, as the depth trials need them. */
import { type DD, ddAdd, ddMul, ddSub } from '../../../softfloat/double-double.ts';

export type Vector = readonly DD[];

/** Above the relative error of an observation, which is taken off it. */
export const UNCERTAINTY = 2 ** -46;

/**
 * The least perturbation, relative to what is perturbed, whose effect double-double shows to `UNCERTAINTY`: its own error,
 * below 2^−95 here, spreads as the perturbation does.
 */
export const LEAST = 2 ** -40;

export const vectorOf = (numbers: readonly number[]): Vector => numbers.map((hi) => ({ hi, lo: 0 }));
export const plus = (a: Vector, b: Vector): Vector => a.map((x, i) => ddAdd(x, b[i]));
export const minus = (a: Vector, b: Vector): Vector => a.map((x, i) => ddSub(x, b[i]));
export const times = (factor: number, a: Vector): Vector => a.map((x) => ddMul({ hi: factor, lo: 0 }, x));
export const norm2 = (a: Vector): number => Math.sqrt(a.reduce((sum, { hi }) => sum + hi * hi, 0));
export const normInf = (a: Vector): number => a.reduce((most, { hi }) => Math.max(most, Math.abs(hi)), 0);

/** A permutation with signs, which leaves norms as they are: the entries moved on by `turn`, entry i negated for bit i of `signs`. */
export const orthogonal = (a: Vector, turn: number, signs: number): Vector =>
  a.map((_, i) => {
    const { hi, lo } = a[(i + turn) % a.length];
    return ((signs >> (i % 30)) & 1) === 1 ? { hi: -hi, lo: -lo } : { hi, lo };
  });
