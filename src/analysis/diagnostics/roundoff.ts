/** The coarsest arithmetic among the sites of each layer: one u where a policy mixes several. */
import type { SpecOf } from '../../arithmetic/softfloat.ts';
import { unitRoundoff } from '../../bounds/unit-roundoff.ts';
import { layerOf } from '../../model/program/taps.ts';

export interface Roundoff {
  /** The largest unit roundoff of a rounding, with its mode; and the largest error of an underflow. */
  readonly u: number;
  readonly eta: number;
  /** The largest u and gap above 1 of a format, which are to nearest: the literature's. */
  readonly formatU: number;
  readonly epsMach: number;
}

/** Of every layer's sites the largest of each, over the formats of operands, products, sums and results. */
export function roundoffs(sites: readonly string[], specOf: SpecOf, layers: number): Roundoff[] {
  const found = Array.from({ length: layers }, () => ({ u: 0, eta: 0, formatU: 0, epsMach: 0 }));
  for (const site of sites) {
    const layer = layerOf(site);
    if (layer === null) continue;
    const { input, product, accumulate, out, mode, subnormals } = specOf(site);
    const at = found[layer];
    for (const format of [input, product, accumulate, out]) {
      if (format === 'exact') continue;
      const { u, eta } = unitRoundoff({ format, mode, subnormals });
      at.u = Math.max(at.u, u);
      at.eta = Math.max(at.eta, eta);
      at.formatU = Math.max(at.formatU, format.u);
      at.epsMach = Math.max(at.epsMach, format.epsMach);
    }
  }
  return found;
}
