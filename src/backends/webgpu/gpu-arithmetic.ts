/**
 * The softfloat interpreter on a GPU: the same programs and bits as the CPU backend. Tensors stay on the device; `lower`
 * reads them back. It computes in the formats inside float32, and refuses others.
 */
import type { Attention, AttentionSites, Linear, MatmulOptions, Norm, RealTable } from '../../arithmetic/arithmetic.ts';
import { broadcastShapes, linearShape } from '../../arithmetic/axes.ts';
import { parameterContextOf, type SpecOf } from '../../arithmetic/softfloat.ts';
import type { Part } from '../../arithmetic/stochastic.ts';
import { InputError } from '../../formats/index.ts';
import { contextKey, type RoundingContext } from '../../softfloat/context.ts';
import { scalarsOf } from '../../softfloat/scalar.ts';
import { type KeyMask, rowLength, sizeOf, type Tensor, tensor } from '../../tensor/index.ts';
import { roundArrayIn } from '../cpu/round-array.ts';
import { kernelMemory } from '../cpu/wasm.ts';
import { Commands, groupsFor } from './commands.ts';
import type { GpuDevice } from './device.ts';
import { GpuAttention } from './gpu-attention.ts';
import { GpuElementary } from './gpu-elementary.ts';
import { type Composites, GpuFused } from './gpu-fused.ts';
import { GpuMovements } from './gpu-movements.ts';
import { GpuSums } from './gpu-sums.ts';
import { float32Of, GpuMemory, type GpuTensor, loweredParts, paddedShape, stridesOf } from './gpu-tensor.ts';
import { type BinaryName, elementwiseKernel, elementwiseUniform, MAX_RANK } from './kernels/elementwise.ts';
import { addressWords } from './kernels/parts.ts';
import { linearInBlocks } from './linear-blocks.ts';
import { ScopedComposites } from './scoped-composites.ts';
import { GpuSite } from './site.ts';
import { convertUniform } from './uniforms.ts';
import type { ElementaryName } from './wgsl/elementary.ts';
import type { TrustedOperations } from './wgsl/quick.ts';

const NOTHING_TRUSTED: TrustedOperations = { add: false, multiply: false, zeros: false, shifts: false };

/** Numbers rounded on the CPU for one reader, kept while what they came from lives. */
type Rounded<K extends object> = WeakMap<K, Map<string, GpuTensor>>;

export class GpuArithmetic extends ScopedComposites {
  readonly name: string;
  private readonly specOf: SpecOf;
  private readonly trusted: TrustedOperations;
  private readonly commands: Commands;
  protected readonly memory: GpuMemory;
  private readonly functions: GpuElementary;
  private readonly sums: GpuSums;
  private readonly movements: GpuMovements;
  /** Undefined where all composites are composed. */
  private readonly fused: GpuFused | undefined;
  private readonly attentions: GpuAttention | undefined;
  private readonly sites = new Map<string, GpuSite>();
  private readonly parameters: Rounded<Tensor> = new WeakMap();
  private readonly tables: Rounded<RealTable> = new WeakMap();

  constructor(
    name: string,
    specOf: SpecOf,
    device: GpuDevice,
    trusted: TrustedOperations = NOTHING_TRUSTED,
    composites: Composites = 'chosen',
  ) {
    super();
    this.name = name;
    this.specOf = specOf;
    this.trusted = trusted;
    this.commands = new Commands(device);
    this.memory = new GpuMemory(device, this.commands);
    this.functions = new GpuElementary(device, this.commands, this.memory);
    this.sums = new GpuSums(device, this.commands, this.memory);
    this.movements = new GpuMovements(this.commands, this.memory);
    const { commands, memory, functions, movements, sums } = this;
    const spares = composites === 'chosen' && device.info.software;
    if (composites === 'composed') return;
    this.fused = new GpuFused(commands, memory, functions, movements, spares);
    const parts = { device, commands, memory, functions, movements, sums, fused: this.fused };
    this.attentions = new GpuAttention(parts, composites === 'chosen');
  }

  private site(name: string): GpuSite {
    let site = this.sites.get(name);
    if (site === undefined) {
      site = new GpuSite(name, this.specOf(name), this.trusted);
      this.sites.set(name, site);
    }
    return site;
  }
  protected shiftsSoftmax(site: string): boolean {
    return this.site(site).spec.softmax === 'shifted';
  }
  protected usesFloat32Angles(site: string): boolean {
    return this.site(site).spec.rotary === 'float32-angles';
  }
  protected override operation<T>(site: string, compute: () => T): T {
    return this.site(site).operation(compute);
  }
  protected override within<T>(site: string, part: Part, compute: () => T): T {
    return this.site(site).within(part, compute);
  }

  shape(v: GpuTensor): readonly number[] {
    return v.shape;
  }
  lift(t: Tensor): GpuTensor {
    return { shape: t.shape, allocation: this.memory.upload(float32Of(t.data, 'lift'), 'lift'), format: undefined };
  }

  /**
   * Resolves when everything that was asked for is done.
   * @throws GpuError where the device has failed
   */
  async done(): Promise<void> {
    // What is read last is what was queued last.
    await this.commands.read([{ buffer: this.functions.undecided, words: 1 }]);
  }

  /**
   * @throws GpuError where the device has failed
   * @throws UndecidedError where an exp, tanh or erf before was not decided: a new arithmetic on the device takes it right
   */
  async lower(v: GpuTensor): Promise<Tensor> {
    if (v.parts !== undefined) {
      return loweredParts(v.shape, v.parts, new Float32Array(sizeOf(v.shape)), (part) => this.lower(part));
    }
    const [bits, [undecided]] = await this.commands.read([
      { buffer: v.allocation.buffer, words: sizeOf(v.shape) },
      { buffer: this.functions.undecided, words: 1 },
    ]);
    if (undecided > 0) throw await this.functions.settle();
    for (let i = 0; i < bits.length; i++) if ((bits[i] & 0x7fffffff) > 0x7f800000) bits[i] = 0x7fc00000;
    return { shape: v.shape, data: new Float32Array(bits.buffer, bits.byteOffset, bits.length) };
  }

  parameter(site: string, t: Tensor): GpuTensor {
    const { spec } = this.site(site);
    return this.roundedParameter(site, t, parameterContextOf(spec, spec.out));
  }
  private roundedParameter(site: string, t: Tensor, context: RoundingContext): GpuTensor {
    return this.remembered(this.parameters, site, t, context, () => {
      const data = new Float32Array(t.data.length);
      roundArrayIn(kernelMemory(), t.data, context, data);
      return { shape: t.shape, data };
    });
  }
  constants(site: string, table: RealTable): GpuTensor {
    const { spec } = this.site(site);
    const context = parameterContextOf(spec, spec.out);
    return this.remembered(this.tables, site, table, context, () => {
      return tensor(table.shape, Float32Array.from(table.reals.map(scalarsOf(context).fromReal)));
    });
  }
  private remembered<K extends object>(
    known: Rounded<K>,
    site: string,
    key: K,
    context: RoundingContext,
    round: () => Tensor<Float32Array<ArrayBuffer>>,
  ): GpuTensor {
    let results = known.get(key);
    if (results === undefined) {
      results = new Map();
      known.set(key, results);
    }
    let result = results.get(contextKey(context));
    if (result === undefined) {
      const { shape, data } = round();
      const allocation = this.memory.outside(() => this.memory.upload(data, site));
      result = { shape, allocation, format: context.format };
      results.set(contextKey(context), result);
    }
    return result;
  }

  reshape(v: GpuTensor, shape: readonly number[]): GpuTensor {
    tensor(shape, { length: sizeOf(v.shape) });
    return v.parts === undefined ? { ...v, shape } : this.memory.joined(shape, v.parts);
  }
  permute(v: GpuTensor, axes: readonly number[]): GpuTensor {
    return this.movements.permute(v, axes);
  }
  slice(v: GpuTensor, from: number, to: number): GpuTensor {
    return this.movements.slice(v, from, to);
  }
  concat(a: GpuTensor, b: GpuTensor): GpuTensor {
    return this.movements.concat(a, b);
  }
  negate(v: GpuTensor): GpuTensor {
    return this.movements.negate(v);
  }
  relu(v: GpuTensor): GpuTensor {
    return this.movements.relu(v);
  }
  rowMax(v: GpuTensor, mask?: KeyMask): GpuTensor {
    return this.movements.rowMax(v, mask);
  }
  select(v: GpuTensor, mask: KeyMask, hidden: number): GpuTensor {
    return this.movements.select(v, mask, hidden);
  }

  add(site: string, a: GpuTensor, b: GpuTensor): GpuTensor {
    return this.binary(site, 'add', a, b);
  }
  subtract(site: string, a: GpuTensor, b: GpuTensor): GpuTensor {
    return this.binary(site, 'subtract', a, b);
  }
  multiply(site: string, a: GpuTensor, b: GpuTensor): GpuTensor {
    return this.binary(site, 'multiply', a, b);
  }
  divide(site: string, a: GpuTensor, b: GpuTensor): GpuTensor {
    return this.binary(site, 'divide', a, b);
  }
  private binary(name: string, operation: BinaryName, a: GpuTensor, b: GpuTensor): GpuTensor {
    const site = this.site(name);
    const shape = broadcastShapes(a.shape, b.shape);
    const count = sizeOf(shape);
    const result = this.memory.allocate(count, name);
    const uniform = elementwiseUniform.words({
      ...{ count, flush: [site.flushBelow(a.format), site.flushBelow(b.format)], dims: paddedShape(shape, MAX_RANK) },
      strides: [...stridesOf(a.shape, MAX_RANK), ...stridesOf(b.shape, MAX_RANK)],
      ...{ out: site.rounding(site.spec.out, a.format, b.format), at: addressWords(site.claim(count, 1)) },
    });
    const buffers = [a.allocation.buffer, b.allocation.buffer, result.buffer];
    this.commands.dispatch(elementwiseKernel(operation, site.core), buffers, uniform, groupsFor(count));
    return { shape, allocation: result, format: site.spec.out };
  }

  sqrt(name: string, v: GpuTensor): GpuTensor {
    const site = this.site(name);
    const count = sizeOf(v.shape);
    const result = this.memory.allocate(count, name);
    const uniform = convertUniform(
      count,
      site.flushBelow(v.format),
      site.rounding(site.spec.out),
      site.claim(count, 1),
    );
    this.commands.dispatch(
      elementwiseKernel('root', site.core),
      [v.allocation.buffer, result.buffer],
      uniform,
      groupsFor(count),
    );
    return { shape: v.shape, allocation: result, format: site.spec.out };
  }
  exp(site: string, v: GpuTensor): GpuTensor {
    return this.elementary(site, 'exp', v);
  }
  tanh(site: string, v: GpuTensor): GpuTensor {
    return this.elementary(site, 'tanh', v);
  }
  erf(site: string, v: GpuTensor): GpuTensor {
    return this.elementary(site, 'erf', v);
  }
  private elementary(name: string, f: ElementaryName, v: GpuTensor): GpuTensor {
    const site = this.site(name);
    const count = sizeOf(v.shape);
    const result = this.memory.allocate(count, name);
    this.functions.apply(site, f, v, count, result);
    return { shape: v.shape, allocation: result, format: site.spec.out };
  }

  rowSum(site: string, v: GpuTensor): GpuTensor {
    return this.sums.rowSum(this.site(site), v);
  }
  matmul(site: string, a: GpuTensor, b: GpuTensor, options: MatmulOptions = {}): GpuTensor {
    const { transposed = false, mask } = options;
    const rows = mask && this.movements.onDevice(mask, a.shape);
    return this.sums.product(this.site(site), a, b, { transposed, mask: rows }, false);
  }
  linear(name: string, x: GpuTensor, layer: Linear): GpuTensor {
    const rows = { ...x, shape: [sizeOf(x.shape.slice(0, -1)), rowLength(x.shape)] };
    const { linear } = this.site(name).spec;
    if (linear !== 'plain') {
      throw new InputError(`webgpu: ${name}: expected linear=plain, got ${linear.kind}; use --backend cpu`);
    }
    return this.memory.scope(() => {
      const y = this.site(name).operation(() => this.blocks(name, rows, layer));
      return this.reshape(y, [...x.shape.slice(0, -1), rowLength(y.shape)]);
    });
  }
  private blocks(name: string, x: GpuTensor, layer: Linear): GpuTensor {
    const site = this.site(name);
    const { m, n } = linearShape(x.shape, layer);
    const weights = parameterContextOf(site.spec, site.spec.input);
    return linearInBlocks(this.memory, name, this.sums.input(site, x, m * n), layer, {
      rows: (rounded, span) => this.movements.rows(rounded, span),
      product: (rows, { from, columns, layer: { weight, layout, bias } }, span) => {
        const b = this.roundedParameter(name, weight, weights);
        const shift = bias && this.parameter(name, bias).allocation;
        const options = { transposed: layout === 'out-in', bias: shift, whole: { m, n } };
        // The elements, and so the random words, that are its own in the whole.
        const part = { start: span.from * n + from, width: columns, stride: n };
        return site.within(part, () => this.sums.product(site, rows, b, options, true));
      },
      concat: (a, b) => this.concat(a, b),
    });
  }

  private composite(compose: () => GpuTensor, fused: (fused: GpuFused) => GpuTensor | undefined): GpuTensor {
    return (this.fused && fused(this.fused)) ?? compose();
  }
  override softmax(site: string, x: GpuTensor, mask?: KeyMask): GpuTensor {
    return this.composite(
      () => super.softmax(site, x, mask),
      (fused) => fused.softmax(this.site(site), x, mask),
    );
  }
  attention(
    sites: AttentionSites,
    query: GpuTensor,
    key: GpuTensor,
    value: GpuTensor,
    scale: RealTable,
    mask: KeyMask,
  ): Attention<GpuTensor> | undefined {
    const [scores, probs, context] = [sites.scores, sites.probs, sites.context].map((name) => this.site(name));
    return this.attentions?.attention({ scores, probs, context }, { query, key, value, scale, mask });
  }
  override layerNorm(site: string, x: GpuTensor, norm: Norm, epsilon: number): GpuTensor {
    return this.composite(
      () => super.layerNorm(site, x, norm, epsilon),
      (fused) => this.fusedNorm(fused, site, x, norm, epsilon, true),
    );
  }
  override rmsNorm(site: string, x: GpuTensor, norm: Norm, epsilon: number): GpuTensor {
    return this.composite(
      () => super.rmsNorm(site, x, norm, epsilon),
      (fused) => this.fusedNorm(fused, site, x, norm, epsilon, false),
    );
  }
  /** Undefined where parameters are to be broadcast. */
  private fusedNorm(
    fused: GpuFused,
    site: string,
    x: GpuTensor,
    { gamma, beta }: Norm,
    epsilon: number,
    centred: boolean,
  ): GpuTensor | undefined {
    const width = rowLength(x.shape);
    if (sizeOf(gamma.shape) !== width || (beta !== undefined && sizeOf(beta.shape) !== width)) return undefined;
    const parameters = {
      gamma: this.parameter(site, gamma).allocation,
      beta: beta && this.parameter(site, beta).allocation,
    };
    return fused.norm(this.site(site), x, parameters, epsilon, centred);
  }
  override gelu(site: string, x: GpuTensor, form: 'tanh' | 'erf'): GpuTensor {
    return this.composite(
      () => super.gelu(site, x, form),
      (fused) => fused.activation(this.site(site), x, `gelu-${form}`),
    );
  }
  override silu(site: string, x: GpuTensor): GpuTensor {
    return this.composite(
      () => super.silu(site, x),
      (fused) => fused.activation(this.site(site), x, 'silu'),
    );
  }
}
