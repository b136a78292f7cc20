/** The kernels' module: one linear memory, whose first 64 KiB are the module's own; every thread runs it over the same. */
export { denseRows, denseRows64 } from './dense';
export { matmulTask } from './matmul';
export { packColumns, packDoubles, packRows, statistics } from './pack';
export * from './pool';
export * from './vectors';
export * from './kernels';
