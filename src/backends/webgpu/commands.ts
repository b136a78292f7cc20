/** Work for the device, gathered into few submissions, and its results read back. */
import type { GpuDevice, Kernel } from './device.ts';

/** Invocations of a workgroup of a kernel over elements. */
export const GROUP = 64;
/** Workgroups along one axis of a dispatch. */
const MAX_GROUPS = 65535;
/** Words of a kernel's uniform, and of one that needs more. */
export const UNIFORM_WORDS = 128;
export const LARGE_UNIFORM_WORDS = 2 * UNIFORM_WORDS;
/** Bytes of a uniform, a multiple of every device's alignment, and of all those of a submission. */
const ALIGNMENT = 4 * UNIFORM_WORDS;
const UNIFORM_BYTES = 1 << 18;

/** Workgroups along the axes of a dispatch. */
export type Groups = readonly [x: number, y: number, z?: number];

/** Enough workgroups for `count` elements; the kernel's index is x + y·(groups along x)·GROUP. */
export function groupsFor(count: number): Groups {
  const groups = Math.ceil(count / GROUP);
  if (groups <= MAX_GROUPS) return [groups, 1];
  const y = Math.ceil(groups / MAX_GROUPS);
  return [Math.ceil(groups / y), y];
}

export class Commands {
  private readonly device: GpuDevice;
  private readonly uniformBuffer: GPUBuffer;
  private readonly uniforms = new ArrayBuffer(UNIFORM_BYTES);
  private used = 0;
  private encoder: GPUCommandEncoder | undefined;

  constructor(device: GpuDevice) {
    this.device = device;
    this.uniformBuffer = device.uniforms(UNIFORM_BYTES);
  }

  /** Queues one run of a kernel over its buffers, with the words of its uniform. */
  dispatch(kernel: Kernel, buffers: readonly GPUBuffer[], words: readonly number[], groups: Groups): void {
    if (groups.some((n) => n === 0)) return;
    this.pass(kernel, buffers, words, (pass) => pass.dispatchWorkgroups(...groups));
  }

  /** The same, over as many workgroups as a kernel before it has written to `groups`: three words, after `clear` no workgroups. */
  dispatchIndirect(kernel: Kernel, buffers: readonly GPUBuffer[], words: readonly number[], groups: GPUBuffer): void {
    this.pass(kernel, buffers, words, (pass) => pass.dispatchWorkgroupsIndirect(groups, 0));
  }

  private pass(
    kernel: Kernel,
    buffers: readonly GPUBuffer[],
    words: readonly number[],
    run: (pass: GPUComputePassEncoder) => void,
  ): void {
    const size = words.length > UNIFORM_WORDS ? 4 * LARGE_UNIFORM_WORDS : ALIGNMENT;
    if (this.used + size > UNIFORM_BYTES) this.submit();
    this.encoder ??= this.device.encoder();
    const offset = this.used;
    this.used += size;
    const uniform = new Uint32Array(this.uniforms, offset, size / 4);
    uniform.set(words.map((word) => word >>> 0));
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const resource = { buffer: this.uniformBuffer, offset, size };
    const pass = this.encoder.beginComputePass();
    pass.setPipeline(this.device.pipeline(kernel));
    pass.setBindGroup(0, this.device.bindGroup(kernel.bindings, [...entries, { binding: buffers.length, resource }]));
    run(pass);
    pass.end();
  }

  /** Queues zeros for all of a buffer. */
  clear(buffer: GPUBuffer): void {
    this.encoder ??= this.device.encoder();
    this.encoder.clearBuffer(buffer);
  }

  /** Hands what was queued to the device. */
  submit(): void {
    if (this.encoder === undefined) return;
    const { queue } = this.device;
    queue.writeBuffer(this.uniformBuffer, 0, this.uniforms, 0, this.used);
    queue.submit([this.encoder.finish()]);
    this.encoder = undefined;
    this.used = 0;
  }

  /** Numbers into a buffer, behind what was queued before. */
  write(buffer: GPUBuffer, data: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>): void {
    this.submit();
    this.device.check();
    if (data.length > 0) this.device.queue.writeBuffer(buffer, 0, data);
  }

  /**
   * The first words of each buffer, when everything queued is done.
   * @throws GpuError where any of it failed
   */
  async read(parts: readonly { readonly buffer: GPUBuffer; readonly words: number }[]): Promise<Uint32Array[]> {
    this.device.check();
    this.submit();
    const total = parts.reduce((sum, { words }) => sum + words, 0);
    if (4 * total > this.device.bufferLimit && parts.length > 1) {
      const results: Uint32Array[] = [];
      for (const part of parts) results.push(...(await this.read([part])));
      return results;
    }
    const staging = this.device.staging(total);
    const encoder = this.device.encoder();
    let at = 0;
    for (const { buffer, words } of parts) {
      if (words > 0) encoder.copyBufferToBuffer(buffer, 0, staging, 4 * at, 4 * words);
      at += words;
    }
    // Mapping waits for what writes the buffer, and so for all that was queued before: where nothing is read, too.
    if (total === 0) encoder.clearBuffer(staging);
    this.device.queue.submit([encoder.finish()]);
    const [settled, mapped] = await Promise.allSettled([this.device.settle(), staging.mapAsync(1)]);
    if (settled.status === 'rejected') throw settled.reason;
    if (mapped.status === 'rejected') {
      // The device was lost, which comes as an event of its own, or closed meanwhile.
      await new Promise((resume) => setTimeout(resume));
      this.device.check();
      throw mapped.reason;
    }
    const all = new Uint32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    let from = 0;
    return parts.map(({ words }) => {
      from += words;
      return all.subarray(from - words, from);
    });
  }
}
