/**
 * A GPU device as this backend uses one: opened with the adapter's own limits, kernels compiled once, what goes wrong kept
 * as one error, and closed so that the process can end.
 */
import { InputError } from '../../formats/index.ts';

/** The GPU failed, or refused a kernel or a buffer: unlike an InputError nobody's input is at fault, and the device is of no more use. */
export class GpuError extends Error {
  override readonly name = 'GpuError';
}

export interface GpuInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** Whether it computes on the CPU, as SwiftShader does. */
  readonly software: boolean;
}

export interface DeviceOptions {
  /** The beginning of the messages; default `webgpu`. */
  readonly where?: string;
  /** Bytes of a buffer, at most, where that is less than the device's own limit: tries on small models what large ones need. */
  readonly bufferLimit?: number;
  /** exp, tanh and erf take arguments whose bits this divides for undecided in fixed point, to try what becomes of these. */
  readonly doubted?: number;
}

/** A WGSL module with the entry `main`, whose bindings are storage buffers, read or written as `bindings` says, and a uniform. */
export interface Kernel {
  readonly code: string;
  /** One letter a buffer: `r` read, `w` written. Binding `bindings.length` is the uniform. */
  readonly bindings: string;
}

/** The refusal of a tensor of `bytes`, the result of an operation at `site`. */
export function tooLarge(limit: number, bytes: number, site?: string): InputError {
  const where = site === undefined ? 'webgpu' : `webgpu: ${site}`;
  return new InputError(
    `${where}: expected a tensor of at most ${limit} bytes, the device's limit, got ${bytes}; take shorter or fewer sequences, or --backend cpu`,
  );
}

// Dawn's objects must stay reachable while anything of theirs runs: collected earlier, they take the process with them.
const reachable = new Set<object>();

const WANTED_LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxStorageBuffersPerShaderStage'] as const;

export class GpuDevice {
  readonly info: GpuInfo;
  readonly limits: GPUSupportedLimits;
  /** Bytes of a buffer that kernels read or write, at most. */
  readonly bufferLimit: number;
  /** As in `DeviceOptions`; 0 for none. */
  readonly doubted: number;
  private readonly device: GPUDevice;
  private readonly held: object;
  private readonly pipelines = new Map<string, GPUComputePipeline>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();
  private failure: GpuError | undefined;
  private closed = false;

  private constructor(
    gpu: GPU,
    adapter: GPUAdapter,
    device: GPUDevice,
    bufferLimit = Number.POSITIVE_INFINITY,
    doubted = 0,
  ) {
    this.device = device;
    this.doubted = doubted;
    this.limits = device.limits;
    this.bufferLimit = Math.min(bufferLimit, device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
    const { vendor, architecture, device: model, description } = adapter.info;
    this.info = { vendor, architecture, device: model, description, software: isSoftware(adapter.info) };
    this.held = { gpu, adapter, device };
    reachable.add(this.held);
    this.openScopes();
    device.lost.then(({ message }) => {
      if (!this.closed) this.fail(`the device was lost: ${message}`);
    });
  }

  /** @throws InputError where there is no adapter; GpuError where it gives no device */
  static async open(gpu: GPU, { where = 'webgpu', bufferLimit, doubted }: DeviceOptions = {}): Promise<GpuDevice> {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) {
      throw new InputError(
        `${where}: expected a GPU (a Vulkan, Metal or D3D12 driver), found none; docs/webgpu.md says how to get SwiftShader, which needs none`,
      );
    }
    const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, adapter.limits[name]]));
    try {
      return new GpuDevice(gpu, adapter, await adapter.requestDevice({ requiredLimits }), bufferLimit, doubted);
    } catch (error) {
      throw new GpuError(`${where}: the GPU gave no device: ${(error as Error).message}`);
    }
  }

  /** Such as `google swiftshader (SwiftShader driver 5.0.0)`. */
  get description(): string {
    const { vendor, architecture, description } = this.info;
    const name = [vendor, architecture].filter((part) => part !== '').join(' ');
    // Browsers keep the rest to themselves.
    return description === '' ? name : `${name} (${description})`;
  }

  /** Frees everything of the device; using it afterwards is an error. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.device.destroy();
    reachable.delete(this.held);
  }

  /** The first thing that went wrong is what all later calls say. */
  private fail(what: string): void {
    this.failure ??= new GpuError(`webgpu: ${what}`);
  }

  /** Errors go to scopes: as events, Dawn prints them on stdout. */
  private openScopes(): void {
    for (const filter of ERROR_KINDS) this.device.pushErrorScope(filter);
  }

  /**
   * Awaits what came of everything asked of the device so far.
   * @throws GpuError where any of it failed
   */
  async settle(): Promise<void> {
    // The last scope opened is the first one closed: lack of memory, which makes what follows fail too.
    const scopes = ERROR_KINDS.map(() => this.device.popErrorScope());
    this.openScopes();
    const outcomes = await Promise.allSettled(scopes);
    this.check();
    for (const outcome of outcomes) {
      // A scope of a device that is lost has no outcome; the loss is told on its own.
      if (outcome.status === 'fulfilled' && outcome.value !== null) this.fail(describe(outcome.value));
    }
    this.check();
  }

  /** @throws GpuError where the device has failed or was closed */
  check(): void {
    if (this.closed) throw new GpuError('webgpu: the device was closed');
    if (this.failure !== undefined) throw this.failure;
  }

  /**
   * A storage buffer for `words` 32-bit words.
   * @throws InputError where the device has no buffers that large
   */
  storage(words: number, mappedAtCreation = false): GPUBuffer {
    this.check();
    const size = Math.max(4, 4 * words);
    if (size > this.bufferLimit) throw tooLarge(this.bufferLimit, size);
    return this.create({
      size,
      mappedAtCreation,
      usage: GPU_BUFFER.STORAGE | GPU_BUFFER.COPY_SRC | GPU_BUFFER.COPY_DST,
    });
  }

  private create(descriptor: GPUBufferDescriptor): GPUBuffer {
    try {
      return this.device.createBuffer(descriptor);
    } catch (error) {
      // A buffer that is mapped at once is refused by an exception.
      this.fail(`out of GPU memory: a buffer of ${descriptor.size} bytes: ${(error as Error).message}`);
      this.check();
      throw error;
    }
  }

  /** A storage buffer of `words` words that begins with these. */
  storageOf(data: Uint32Array | Float32Array, words: number): GPUBuffer {
    const buffer = this.storage(words, true);
    new Uint32Array(buffer.getMappedRange()).set(new Uint32Array(data.buffer, data.byteOffset, data.length));
    buffer.unmap();
    return buffer;
  }

  /** Three words that a kernel writes, for a run over as many workgroups. */
  indirect(): GPUBuffer {
    return this.device.createBuffer({
      size: 12,
      usage: GPU_BUFFER.STORAGE | GPU_BUFFER.INDIRECT | GPU_BUFFER.COPY_DST,
    });
  }

  uniforms(size: number): GPUBuffer {
    return this.create({ size, usage: GPU_BUFFER.UNIFORM | GPU_BUFFER.COPY_DST });
  }

  staging(words: number): GPUBuffer {
    return this.create({
      size: Math.max(4, 4 * words),
      usage: GPU_BUFFER.MAP_READ | GPU_BUFFER.COPY_DST,
    });
  }

  get queue(): GPUQueue {
    return this.device.queue;
  }

  encoder(): GPUCommandEncoder {
    this.check();
    return this.device.createCommandEncoder();
  }

  bindGroup(bindings: string, entries: GPUBindGroupEntry[]): GPUBindGroup {
    return this.device.createBindGroup({ layout: this.layout(bindings), entries });
  }

  /** Compiled when first used. */
  pipeline({ code, bindings }: Kernel): GPUComputePipeline {
    let pipeline = this.pipelines.get(code);
    if (pipeline === undefined) {
      pipeline = this.device.createComputePipeline({
        layout: this.device.createPipelineLayout({ bindGroupLayouts: [this.layout(bindings)] }),
        compute: { module: this.device.createShaderModule({ code }), entryPoint: 'main' },
      });
      this.pipelines.set(code, pipeline);
    }
    return pipeline;
  }

  private layout(bindings: string): GPUBindGroupLayout {
    let layout = this.layouts.get(bindings);
    if (layout === undefined) {
      const buffers = [...bindings].map((use): GPUBufferBindingLayout => {
        return { type: use === 'r' ? 'read-only-storage' : 'storage' };
      });
      layout = this.device.createBindGroupLayout({
        entries: [...buffers, { type: 'uniform' } as const].map((buffer, binding) => {
          return { binding, visibility: SHADER_STAGE_COMPUTE, buffer };
        }),
      });
      this.layouts.set(bindings, layout);
    }
    return layout;
  }
}

// The flags of the specification (WebGPU, 5.1 and 8.1.1), which Node has as no globals.
const GPU_BUFFER = {
  ...{ MAP_READ: 0x1, COPY_SRC: 0x4, COPY_DST: 0x8, UNIFORM: 0x40, STORAGE: 0x80, INDIRECT: 0x100 },
} as const;
const SHADER_STAGE_COMPUTE = 0x4;

/** As the adapter says, or where it does not, by the names of the rasterizers that there are. */
function isSoftware({ isFallbackAdapter, architecture, description }: GPUAdapterInfo): boolean {
  return (
    isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${architecture} ${description}`)
  );
}

const ERROR_KINDS = ['validation', 'internal', 'out-of-memory'] as const;

function describe(error: GPUError): string {
  const kind = error.constructor.name === 'GPUOutOfMemoryError' ? 'out of GPU memory' : 'the GPU refused a command';
  return `${kind}: ${error.message.split('\n')[0]}`;
}
