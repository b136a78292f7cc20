/**
 * For `node --import`, in front of a command: its GPU is lost after ULPWISE_TEST_LOSE_AFTER batches of work (as soon as it is
 * open where that is 0), or once there is a file ULPWISE_TEST_LOSE_WHEN.
 */
import { existsSync } from 'node:fs';
import { GpuDevice } from '../../../dist/backends/webgpu/device.js';

const { ULPWISE_TEST_LOSE_AFTER: after = 'Infinity', ULPWISE_TEST_LOSE_WHEN: when } = process.env;
let left = Number(after);
const { open } = GpuDevice;
GpuDevice.open = async (...given) => {
  const device = await open.apply(GpuDevice, given);
  if (left === 0) device.device.destroy();
  return device;
};
const { encoder } = GpuDevice.prototype;
GpuDevice.prototype.encoder = function () {
  left--;
  if (left === 0 || (when !== undefined && existsSync(when))) this.device.destroy();
  return encoder.call(this);
};
