export { withCanonicalNaN } from './canonical-nan.ts';
export {
  type Kernels,
  kernelsText,
  type Orders,
  orderOfProduct,
  type ProductShape,
  parseKernels,
  specOfProduct,
} from './kernels.ts';
export { type LinearMethod, linearMethodText, parseLinearMethod } from './linear-method.ts';
export { causalMask, type KeyMask, type Span } from './mask.ts';
export { allowsFma, type Order, orderText, parseOrder, sequential } from './order.ts';
export {
  linearObjection,
  type Policy,
  parsePolicy,
  parseSpec,
  patternTest,
  refusedFma,
  siteKind,
  specText,
} from './policy.ts';
export { type Mode, type OperationSpec, uniformSpec } from './spec.ts';
export { type Numbers, rowLength, sizeOf, type Tensor, tensor } from './tensor.ts';
