/** Takes buffers of a GPU until it has no more, and prints how that ends. */
import { GpuDevice } from '../../../dist/backends/webgpu/device.js';
import { nodeGpu } from '../../../dist/platform/node-gpu.js';

const device = await GpuDevice.open(await nodeGpu());
const words = device.bufferLimit / 4;
try {
  for (let taken = 0; taken < 100; taken++) {
    device.storage(words);
    await device.settle();
  }
  console.log('no end');
} catch (error) {
  console.log(`${error.name}: ${error.message}`);
}
device.close();
