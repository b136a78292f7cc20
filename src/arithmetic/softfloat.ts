/** Rounded numbers: each operation of each site in the formats of the site's spec, one scalar at a time. */
import { type Format, fitsFloat32, formats } from '../formats/index.ts';
import { type RoundingContext, scalarsOf } from '../softfloat/scalar.ts';
import type { Scalars } from '../softfloat/scalars.ts';
import { stochasticScalars } from '../softfloat/stochastic.ts';
import {
  allowsFma,
  type Numbers,
  type OperationSpec,
  rowLength,
  sizeOf,
  type Tensor,
  tensor,
  uniformSpec,
  withCanonicalNaN,
} from '../tensor/index.ts';
import type { Linear } from './arithmetic.ts';
import { int8Product, int8Specs } from './int8.ts';
import { ScalarArithmetic, type SiteScalars, type Store } from './scalar-arithmetic.ts';
import { SiteRoundings } from './stochastic.ts';

/** Numbers of `format`; of any float64 where it is undefined (they came from outside). */
export interface RoundedTensor extends Tensor {
  readonly format?: Format;
}

/** The spec of a site. */
export type SpecOf = (site: string) => OperationSpec;

/** Everything in float64, sums in ascending order: the reference arithmetic. */
export const float64Specs: SpecOf = (
  (spec) => () =>
    spec
)(uniformSpec(formats.fp64));

/** The storage that holds every number of a format: float32 where that is enough; NaN is canonical. */
export function storageOf(format: Format | undefined, data: ArrayLike<number>): Numbers {
  return withCanonicalNaN(
    format !== undefined && fitsFloat32(format) ? Float32Array.from(data) : Float64Array.from(data),
  );
}

/**
 * Where a site rounds stochastically, the interpreter counts its roundings: the same operations in the same order give the
 * same bits, and an operation that is repeated takes new random words.
 */
export class SoftfloatArithmetic extends ScalarArithmetic<number> {
  readonly name: string;
  protected readonly specOf: SpecOf;
  private readonly sites = new Map<OperationSpec, SiteScalars<number>>();
  private readonly stochasticSites = new Map<string, SiteScalars<number>>();

  constructor(name: string, specOf: SpecOf) {
    super();
    this.name = name;
    this.specOf = specOf;
  }

  protected site(name: string): SiteScalars<number> {
    const spec = this.specOf(name);
    if (spec.mode === 'stochastic') return this.stochasticSite(name, spec);
    let site = this.sites.get(spec);
    if (site === undefined) {
      site = siteScalars(spec);
      this.sites.set(spec, site);
    }
    return site;
  }
  private stochasticSite(name: string, spec: OperationSpec): SiteScalars<number> {
    let site = this.stochasticSites.get(name);
    if (site === undefined) {
      site = siteScalars(spec, new SiteRoundings(name, spec.seed));
      this.stochasticSites.set(name, site);
    }
    return site;
  }
  /** The same interpreter under other specs. */
  protected under(specOf: SpecOf): SoftfloatArithmetic {
    return new SoftfloatArithmetic(this.name, specOf);
  }

  override linear(site: string, x: Tensor<Store<number>>, layer: Linear): Tensor<Store<number>> {
    const spec = this.specOf(site);
    if (spec.linear === 'plain') return super.linear(site, x, layer);
    const { toInput, weightToInput, tensorOut } = this.site(site);
    const { weight, layout, bias } = layer;
    const rounded = (data: ArrayLike<number>, to: (x: number) => number): Float32Array => Float32Array.from(data, to);
    const outIn = layout === 'out-in' ? weight : this.lower(this.permute(this.lift(weight), [1, 0]));
    const k = rowLength(x.shape);
    const data = int8Product(this.under(int8Specs(spec)), {
      x: tensor([sizeOf(x.shape.slice(0, -1)), k], rounded(x.data, toInput)),
      weight: tensor(outIn.shape, rounded(outIn.data, weightToInput)),
      threshold: spec.linear.threshold,
    });
    const y = tensorOut([...x.shape.slice(0, -1), outIn.shape[0]], data);
    return bias === undefined ? y : this.add(site, y, this.parameter(site, bias));
  }

  protected liftNumbers(numbers: ArrayLike<number>): Store<number> {
    return numbers as Store<number>;
  }
  protected lowerNumbers({ shape, data }: Tensor<Store<number>>): Tensor {
    return { shape, data: data as Numbers };
  }
  protected negated(x: number): number {
    return -x;
  }
  protected compare(x: number, y: number): number {
    return x - y;
  }
  protected isNaN(x: number): boolean {
    return Number.isNaN(x);
  }
  protected like(v: Tensor<Store<number>>, shape: readonly number[], at: (index: number) => number): RoundedTensor {
    const length = shape.reduce((size, n) => size * n, 1);
    const data = v.data instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
    for (let i = 0; i < length; i++) data[i] = at(i);
    return { ...(v as RoundedTensor), shape, data: withCanonicalNaN(data) };
  }
}

/** The rounding context of one of a spec's formats, where the spec does not round stochastically. */
export function contextOf({ mode, overflow, subnormals }: OperationSpec, format: Format): RoundingContext {
  if (mode === 'stochastic') throw new Error('contextOf: a stochastic rounding has no context of its own');
  return { format, mode, overflow, subnormals };
}

/** Weights, tables and constants round to nearest even in every mode. */
export function parameterContextOf({ overflow, subnormals }: OperationSpec, format: Format): RoundingContext {
  return { format, mode: 'nearest-even', overflow, subnormals };
}

function siteScalars(spec: OperationSpec, roundings?: SiteRoundings): SiteScalars<number> {
  if (spec.fma && !allowsFma(spec.order)) {
    // Only matmuls have fma: rows sum without it, and a matmul refuses the pair (tensor/policy.ts).
    spec = { ...spec, fma: false };
  }
  const { overflow, subnormals } = spec;
  const scalars = (format: Format): Scalars<number> =>
    roundings === undefined
      ? scalarsOf(contextOf(spec, format))
      : stochasticScalars({ format, overflow, subnormals }, () => roundings.word());
  const accumulate = scalars(spec.accumulate);
  const out = scalars(spec.out);
  const parameters = scalarsOf(parameterContextOf(spec, spec.out));
  const rounded = (format: Format) => (shape: readonly number[], data: ArrayLike<number>) =>
    ({ ...tensor(shape, storageOf(format, data)), format }) as RoundedTensor;
  return {
    spec,
    ...(roundings && { roundings }),
    accumulate,
    out,
    product: spec.product === 'exact' ? undefined : scalars(spec.product).mul,
    toInput: scalars(spec.input).fromNumber,
    toAccumulate: accumulate.fromNumber,
    toOut: out.fromNumber,
    weightToInput: scalarsOf(parameterContextOf(spec, spec.input)).fromNumber,
    parameterToOut: parameters.fromNumber,
    constantToOut: parameters.fromReal,
    operand: spec.subnormals === 'flush' ? (v) => flushed(v as RoundedTensor, spec.out) : (v) => v,
    tensorOut: rounded(spec.out),
    tensorAccumulate: rounded(spec.accumulate),
  };
}

/** A subnormal of the format it is stored in (of `otherwise`, for numbers from outside) becomes a zero of its sign. */
export function flushed(v: RoundedTensor, otherwise: Format): RoundedTensor {
  const limit = (v.format ?? otherwise).smallestNormal;
  if (!v.data.some((x) => x !== 0 && Math.abs(x) < limit)) return v;
  return { ...v, data: v.data.map((x) => (Math.abs(x) < limit ? 0 * x : x)) as Numbers };
}
