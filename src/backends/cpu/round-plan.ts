/** Which kernel of assembly/round.ts rounds an array, and its constants. */
import { type BinaryFormat, fitsFloat32 } from '../../formats/index.ts';
import { overflowsToInfinity, type RoundingMode } from '../../formats/round.ts';
import { flushedBelow, infinityOf, nanOf, type RoundingContext } from '../../softfloat/context.ts';

/** As in assembly/layout.ts. */
export const ways = { integer32: 0, magic32: 1, cut32: 2, any32: 3, magic64: 4, any64to32: 5, any64: 6 } as const;

export interface RoundPlan {
  readonly way: keyof typeof ways;
  /** What the numbers in memory are. */
  readonly carrier: 'float32' | 'float64';
  /** In the order of assembly/layout.ts. */
  readonly constants: readonly bigint[];
}

/** float32 or float64, as the kernels' lanes carry it. */
interface Carrier {
  readonly precision: number;
  readonly emin: number;
  /** The bits of a positive number. */
  bits(x: number): bigint;
}

const view = new DataView(new ArrayBuffer(8));
const single: Carrier = {
  precision: 24,
  emin: -126,
  bits: (x) => {
    view.setFloat32(0, x);
    return BigInt(view.getUint32(0));
  },
};
const double: Carrier = {
  precision: 53,
  emin: -1022,
  bits: (x) => {
    view.setFloat64(0, x);
    return view.getBigUint64(0);
  },
};

/** undefined where no kernel is right; `float32`: the numbers to round are. */
export function roundPlan(float32: boolean, context: RoundingContext): RoundPlan | undefined {
  const { format, mode, overflow, subnormals } = context;
  if (format.kind !== 'binary' || !format.signedZero) return undefined;
  const fits = fitsFloat32(format);
  const carrier = float32 && fits && carries(single, format) ? single : double;
  if (!carries(carrier, format)) return undefined;
  const dropped = carrier.precision - format.precision;
  const nearest = mode === 'nearest-even' && subnormals === 'keep' && format.subnormals;
  const way = carrier === single ? wayOf32(format, nearest) : fits ? (nearest ? 'magic64' : 'any64to32') : 'any64';
  const { base, difference, parity } = biasOf(mode, BigInt(dropped));
  const unit = 1n << BigInt(dropped);
  const { bits } = carrier;
  const top = (1n << (carrier === single ? 31n : 63n)) - 1n;
  const beyond = (negative: boolean): bigint => {
    const infinite = overflow === 'inf' && overflowsToInfinity(mode, negative);
    return bits(Math.abs(infinite ? infinityOf(context, negative) : format.largest));
  };
  const fraction = BigInt(carrier.precision - 1);
  const constants = [
    ...[base, difference, unit, parity, -unit, top, bits(2 ** format.emin)],
    // 1.5·2^(e + s) in place of 2^e.
    (BigInt(dropped) << fraction) | (1n << (fraction - 1n)),
    ...[bits(lastInside(format, carrier)), bits(format.largest), bits(flushedBelow(context))],
    ...[bits(Math.abs(infinityOf(context, false))), beyond(false), beyond(true), bits(nanOf(context))],
  ];
  return { way, carrier: carrier === single ? 'float32' : 'float64', constants };
}

/** `nearest`: to nearest even, with subnormals. */
function wayOf32({ emin, emax, precision }: BinaryFormat, nearest: boolean): keyof typeof ways {
  if (emin === single.emin) return nearest && precision < single.precision ? 'integer32' : 'cut32';
  // 1.5·2^(e + s) must be a float32 for every e up to emax.
  return nearest && emax + single.precision - precision <= 127 ? 'magic32' : 'any32';
}

/** Whether the kernels that compute in a carrier are right for the format: what assembly/round.ts asks of s. */
function carries(carrier: Carrier, { precision, emin }: BinaryFormat): boolean {
  const dropped = carrier.precision - precision;
  return precision >= 2 && (emin === carrier.emin ? dropped >= 0 : emin > carrier.emin && dropped >= 2);
}

/** What is added to a magnitude before `dropped` bits are cut off, in the terms of assembly/round.ts. */
function biasOf(mode: RoundingMode, dropped: bigint): { base: bigint; difference: bigint; parity: bigint } {
  const unit = 1n << dropped;
  const none = { base: 0n, difference: 0n, parity: 0n };
  if (dropped === 0n) return none;
  switch (mode) {
    case 'nearest-even':
      return { ...none, base: unit / 2n - 1n, parity: 1n };
    case 'nearest-away':
      return { ...none, base: unit / 2n };
    case 'toward-zero':
      return none;
    case 'down':
      return { ...none, difference: unit - 1n };
    case 'up':
      return { ...none, base: unit - 1n, difference: unit - 1n };
    case 'odd':
      return { ...none, base: unit - 1n, parity: 1n - unit };
  }
}

/** The largest number of the carrier that does not round (to nearest even, without a largest number) above the largest. */
function lastInside(format: BinaryFormat, carrier: Carrier): number {
  if (format.precision === carrier.precision) return format.largest;
  const gap = 2 ** (format.emax + 1 - format.precision);
  const tie = format.largest + gap / 2;
  const tieStays = (format.largest / gap) % 2 === 0;
  return tieStays ? tie : tie - 2 ** (format.emax + 1 - carrier.precision);
}
