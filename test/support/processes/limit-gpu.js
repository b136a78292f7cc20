/**
 * For `node --import`, in front of a command: its GPU, once it is measured, has buffers of at most ULPWISE_TEST_LIMIT bytes;
 * from when there is a file ULPWISE_TEST_LIMIT_WHEN, where that is given.
 */
import { existsSync } from 'node:fs';
import { GpuBackend } from '../../../dist/backends/webgpu/backend.js';

const { ULPWISE_TEST_LIMIT: limit, ULPWISE_TEST_LIMIT_WHEN: when } = process.env;
const { open } = GpuBackend;
GpuBackend.open = async (...given) => {
  const backend = await open.apply(GpuBackend, given);
  const { device } = backend;
  const whole = device.bufferLimit;
  const get = () => (when === undefined || existsSync(when) ? Number(limit) : whole);
  Object.defineProperty(device, 'bufferLimit', { get });
  return backend;
};
