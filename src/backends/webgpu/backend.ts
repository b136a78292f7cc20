/** A device with what its probe shows, from which arithmetics are made. */
import type { SpecOf } from '../../arithmetic/softfloat.ts';
import { type DeviceOptions, GpuDevice } from './device.ts';
import { GpuArithmetic } from './gpu-arithmetic.ts';
import { GpuReference } from './gpu-reference.ts';
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

  /**
   * The double-float reference on the device, valid as long.
   * @throws InputError where the device's float32 operations are not those that it rests on
   */
  reference(): GpuReference {
    return new GpuReference(this.device, this.probe.trusted);
  }

  /** Frees the device; the process can then end. */
  close(): void {
    this.device.close();
  }
}
