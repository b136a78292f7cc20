export { type Flags, type IeeeContext, newFlags } from './context.ts';
export { ieee } from './fast.ts';
export type { IeeeOperations, Relation } from './operations.ts';
export { ieeeOracle } from './oracle.ts';
