/** What rounding parameters and constants on load changes them by: to nearest even in every mode. */
import type { Format } from '../../formats/index.ts';
import { scalarsOf } from '../../softfloat/scalar.ts';
import type { OperationSpec, Tensor } from '../../tensor/index.ts';
import type { RealTable } from '../arithmetic.ts';
import { distanceToReal, type Pairs } from '../errors/reals.ts';
import { parameterContextOf } from '../softfloat.ts';

/** |R(w) − w| of each parameter. */
export function loadErrors(spec: OperationSpec, format: Format, data: Tensor['data']): Float64Array {
  const { fromNumber } = scalarsOf(parameterContextOf(spec, format));
  return Float64Array.from(data, (w) => Math.abs(fromNumber(w) - w));
}

/** |R(c) − exact c| of each entry of `loaded`, rounded to the site's `out`; `exact` may be another table. */
export function constantErrors(spec: OperationSpec, loaded: RealTable, exact: Pairs): Float64Array {
  const { fromReal } = scalarsOf(parameterContextOf(spec, spec.out));
  return Float64Array.from(loaded.reals, (c, i) => distanceToReal(fromReal(c), exact, i));
}
