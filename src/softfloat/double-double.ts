/** Double-double arithmetic as one more number system: the reference of the observed errors. */
export * from './dd-arithmetic.ts';
export { doubleDoubleOf } from './fixed-to-dd.ts';

import { type DD, ddAdd, ddCompare, ddDiv, ddFma, ddMul, ddRsqrt, ddSqrt, ddSub } from './dd-arithmetic.ts';
import { ddErf } from './elementary/dd-erf.ts';
import { ddExp, ddTanh } from './elementary/dd-exp.ts';
import { ddLog } from './elementary/dd-log.ts';
import { ddCos, ddSin } from './elementary/dd-trigonometric.ts';
import { doubleDoubleOf } from './fixed-to-dd.ts';
import type { Scalars } from './scalars.ts';

const ONE: DD = Object.freeze({ hi: 1, lo: 0 });

/**
 * All operations on double-double numbers. Relative errors: + − 2^−104, × 2^−103, ÷ √ 1/√ 2^−102, exp 2^−96, log 2^−94,
 * tanh and erf 2^−95, sin and cos 2^−104, between 2^−900 and 2^1000 (see the functions).
 */
export const doubleDouble: Scalars<DD> = Object.freeze({
  zero: Object.freeze({ hi: 0, lo: 0 }),
  fromNumber: (x: number) => ({ hi: x, lo: 0 }),
  toNumber: (x: DD) => x.hi,
  fromReal: doubleDoubleOf,
  isNaN: (x: DD) => Number.isNaN(x.hi),
  compare: ddCompare,
  add: ddAdd,
  sub: ddSub,
  mul: ddMul,
  div: ddDiv,
  fma: ddFma,
  sqrt: ddSqrt,
  reciprocal: (x: DD) => ddDiv(ONE, x),
  rsqrt: ddRsqrt,
  exp: ddExp,
  log: ddLog,
  tanh: ddTanh,
  erf: ddErf,
  sin: ddSin,
  cos: ddCos,
});
