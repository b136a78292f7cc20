/** What the package offers alike in Node (index.ts) and in a browser (web.ts). */
export { analyze, dumpType, policyFor } from './analysis/analyze.ts';
export type { DepthTiers, TierName, TierPoint, UnavailableTier } from './analysis/depth/result.ts';
export type { Correlation, Diagnostics, HeadDiagnostics, LayerDiagnostics } from './analysis/diagnostics/result.ts';
export {
  type ComparisonOfArrays,
  compare,
  type Operations,
  type PlainArray,
  reference,
  simulate,
} from './analysis/operations.ts';
export type { AnalyzeOptions, OpenBackend, Progress, TapTensors } from './analysis/options.ts';
export type { ReferenceName } from './analysis/references.ts';
export type { Analysis, NonFinite, OutputResult, Quantiles, TapResult } from './analysis/result.ts';
export type { RowRecord } from './analysis/rows.ts';
export type { TapDifference } from './analysis/traces/compare.ts';
export { type ComparedTap, type DiffOptions, diffTraces, type TraceDiff } from './analysis/traces/diff.ts';
export { type ExplainOptions, explain, type SideOptions } from './analysis/traces/explain/explain.ts';
export type { ExplainedTap, Explanation, LocalCheck } from './analysis/traces/explain/result.ts';
export { memoryTrace, type RecordedTap, type Trace, type TraceMetadata } from './analysis/traces/trace.ts';
export { type RoundArrayOptions, roundArray } from './backends/cpu/round-array.ts';
export {
  type Finding,
  type MakeArithmetic,
  orderOf,
  type ProbeOptions,
  type ProbeReport,
  probe,
  type RevealOptions,
  revealOrder,
  type SummationTree,
  sameTree,
  treeOf,
  treeText,
} from './backends/probe/index.ts';
export type { GpuBackend } from './backends/webgpu/backend.ts';
export { type DeviceOptions, type GpuDevice, GpuError, type GpuInfo } from './backends/webgpu/device.ts';
export type { DeviceFinding, DeviceProbe } from './backends/webgpu/probe.ts';
export {
  type Assumption,
  type Bound,
  type BoundInput,
  type BoundKind,
  type BoundNorm,
  type BoundValue,
  bounds,
  type InvalidBound,
  type ValidBound,
} from './bounds/index.ts';
export {
  type BinaryFormat,
  type DecimalFormat,
  decode,
  encode,
  type Format,
  formats,
  InputError,
  nextDown,
  nextUp,
  parseFormat,
  type Rounding,
  type RoundingMode,
  round,
  roundingModes,
  type StochasticMode,
  ulp,
  ulpDistance,
} from './formats/index.ts';
export type { DecoderConfig } from './model/config.ts';
export type { DecoderSource } from './model/decoder-source.ts';
export { siteNames, tapShapes } from './model/program/taps.ts';
export { type RandomDecoderOptions, randomDecoder } from './model/random/random-decoder.ts';
export { randomTokens } from './model/random/random-tokens.ts';
export {
  type Flags,
  type IeeeContext,
  type IeeeOperations,
  ieee,
  ieeeOracle,
  newFlags,
} from './softfloat/ieee/index.ts';
export { softfloat } from './softfloat/scalar.ts';
export {
  type Kernels,
  type Mode,
  type OperationSpec,
  type Order,
  orderText,
  type Policy,
  parseOrder,
  parsePolicy,
  specText,
  type Tensor,
} from './tensor/index.ts';
