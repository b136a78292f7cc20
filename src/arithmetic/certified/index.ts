/** Rigorous radii about the numbers that a backend computes. */
export { type Certified, CertifiedArithmetic, type CertifiedOptions } from './certified.ts';
