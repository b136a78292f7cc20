/** A device with what its probe shows, from which arithmetics are made. */
import type { SpecOf } from '../../arithmetic/softfloat.ts';
import { type DeviceOptions, GpuDevice } from './device.ts';
import { GpuArithmetic } from './gpu-arithmetic.ts';
import { type DeviceProbe, probeDevice } from './probe.ts';

export class GpuBackend {
  readonly device: GpuDevice;
  readonly probe: DeviceProbe;

  private constructor(device: GpuDevice, probe: DeviceProbe) {
    this.device = device;
    this.probe = probe;
  }

  /**
   * Opens a device and measures it.
   * @throws InputError where there is no adapter; GpuError where the device fails, or its integer arithmetic is wrong
   */
  static async open(gpu: GPU, options: DeviceOptions = {}): Promise<GpuBackend> {
    const device = await GpuDevice.open(gpu, options);
    try {
      return new GpuBackend(device, await probeDevice(device));
    } catch (error) {
      device.close();
      throw error;
    }
  }

  /** Valid until the backend is closed. */
  arithmetic(name: string, specOf: SpecOf): GpuArithmetic {
    return new GpuArithmetic(name, specOf, this.device, this.probe.trusted);
  }

  /** Frees the device; the process can then end. */
  close(): void {
    this.device.close();
  }
}
