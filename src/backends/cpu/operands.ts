/** Operands of products in the kernels' memory: where they are already, or copied in, rounded. */
import type { RoundingContext } from '../../softfloat/scalar.ts';
import type { Numbers } from '../../tensor/index.ts';
import { type BinaryContext, wideConstants } from './rounding-constants.ts';
import type { Address, KernelMemory, NumberSize } from './wasm.ts';

/** An operand: its numbers, and the rounding it goes through first, if any. */
export interface Operand {
  readonly data: Numbers;
  readonly rounding: RoundingContext | undefined;
}

/** Where an operand's numbers are in memory as the kernels read them, `size` bytes each: those of an earlier result may be. */
export function homeOf(memory: KernelMemory, { data, rounding }: Operand, size: NumberSize): Address | undefined {
  return rounding === undefined && data.BYTES_PER_ELEMENT === size ? memory.results.addressOf(data) : undefined;
}

/**
 * Where numbers [from, from + length) of an operand are, rounded, `size` bytes each: at home, or copied to `room`.
 * @param room undefined where the operand has a home
 */
export function place(
  memory: KernelMemory,
  operand: Operand,
  from: number,
  length: number,
  room: Address | undefined,
  size: NumberSize,
): Address {
  const home = homeOf(memory, operand, size);
  if (home !== undefined) return home + from * size;
  if (room === undefined) throw new Error('place: expected room for an operand that is elsewhere');
  copyRounded(memory, operand, from, length, room, size);
  return room;
}

function copyRounded(
  memory: KernelMemory,
  operand: Operand,
  from: number,
  length: number,
  room: Address,
  size: NumberSize,
): void {
  const part = operand.data.subarray(from, from + length);
  if (size === 8) {
    memory.float64(room, length).set(part);
    return;
  }
  memory.scope(() => {
    const rounding =
      operand.rounding === undefined ? undefined : wideConstants(memory, operand.rounding as BinaryContext);
    if (part instanceof Float32Array) {
      memory.float32(room, length).set(part);
      if (rounding !== undefined) memory.kernels.unary(0, rounding, length, room, room);
    } else {
      if (rounding === undefined) throw new Error('products: float64 operands of a float32 sum are rounded');
      const wide = memory.allocate(length * 8);
      memory.float64(wide, length).set(part);
      memory.kernels.narrow(rounding, length, room, wide);
    }
  });
}
