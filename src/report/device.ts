/** A device and what its probe showed, as manifests and `probe --json` record it. */
import type { DeviceProbe } from '../backends/webgpu/probe.ts';

export function deviceRecord({ device, trusted, findings }: DeviceProbe) {
  return {
    name: device,
    trusted: { add: trusted.add, multiply: trusted.multiply },
    findings: findings.map(({ property, measured, reliance, cases }) => ({ property, measured, reliance, cases })),
  };
}
