/** The kernels' module: one linear memory, whose first 64 KiB are the module's own; every thread runs it over the same. */
export { bothSlow, decimalSums } from './decimal';
export { doubleDoubleSums } from './double-double';
export { evaluateCodes } from './elementary/arrays';
export { evaluateParts } from './elementary/decide';
export { settleNormal } from './normal';
export * from './pool';
export { runTask } from './tasks';
export * from './row-sums';
export * from './vectors';
export * from './kernels';
export { roundEntries } from './stochastic/entries';
