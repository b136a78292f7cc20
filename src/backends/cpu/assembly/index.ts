/** The kernels' module: one linear memory, whose first 64 KiB are the module's own. */
export { matmul } from './matmul';
export { packColumns, packDoubles, packRows, statistics } from './pack';
export * from './vectors';
export * from './kernels';
