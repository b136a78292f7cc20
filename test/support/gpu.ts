/** The GPU that tests run on: what the environment offers, which vitest.config.ts makes SwiftShader where Chromium is installed. */
import { afterAll } from 'vitest';
import { GpuDevice } from '../../src/backends/webgpu/device.ts';
import { nodeGpu } from '../../src/platform/node-gpu.ts';

async function open(): Promise<GpuDevice | string> {
  try {
    return await GpuDevice.open(await nodeGpu());
  } catch (error) {
    return (error as Error).message;
  }
}

const opened = await open();

/** Undefined where there is none. Closed when the file's tests are done. */
export const gpu: GpuDevice | undefined = typeof opened === 'string' ? undefined : opened;

/** A title that says why there is none. */
export function needsGpu(title: string): string {
  return typeof opened === 'string' ? `${title} (skipped: ${opened})` : `${title} on ${opened.description}`;
}

afterAll(() => gpu?.close());
