export type { Finding, ProbeReport } from './finding.ts';
export type { MakeArithmetic } from './machine.ts';
export { type ProbeOptions, probe, probedFormats } from './probe.ts';
export { type RevealOptions, revealOrder } from './reveal-order.ts';
export { orderOf, type PartialSum, type SummationTree, sameTree, treeOf } from './tree.ts';
export { treeText } from './tree-text.ts';
