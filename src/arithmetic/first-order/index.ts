/** A-priori bounds to first order, about the float64 reference. */
export { type Allowance, type FirstOrder, FirstOrderArithmetic, type FirstOrderOptions } from './first-order.ts';
