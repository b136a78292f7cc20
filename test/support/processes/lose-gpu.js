/**
 * For `node --import`, in front of a command: its GPU is lost after ULPWISE_TEST_LOSE_AFTER batches of work, or as soon as it
 * is open where that is 0.
 */
import { GpuDevice } from '../../../dist/backends/webgpu/device.js';

let left = Number(process.env.ULPWISE_TEST_LOSE_AFTER);
const { open } = GpuDevice;
GpuDevice.open = async (...given) => {
  const device = await open.apply(GpuDevice, given);
  if (left === 0) device.device.destroy();
  return device;
};
const { encoder } = GpuDevice.prototype;
GpuDevice.prototype.encoder = function () {
  left--;
  if (left === 0) this.device.destroy();
  return encoder.call(this);
};
