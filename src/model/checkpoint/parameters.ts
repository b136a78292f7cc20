/**
 * How a family's layers ask for their tensors. The same description of a layer is run twice: over the store, which
 * reads numbers, and over a check at load time, which only looks at names, shapes and dtypes, so that a checkpoint
 * that lacks something is refused before anything is computed.
 */
import { InputError } from '../../formats/index.ts';
import { sizeOf, type Tensor } from '../../tensor/tensor.ts';
import { checkReadable } from './safetensors.ts';
import { quote, show } from './show.ts';
import type { TensorStore } from './tensor-store.ts';

export interface Parameters {
  /** The tensor of this name, which must have this shape. */
  tensor(name: string, shape: readonly number[]): Promise<Tensor>;
  /** A tensor of shape [...lead, sum of widths] taken apart along its last axis. */
  columns(name: string, lead: readonly number[], widths: readonly number[]): Promise<Tensor[]>;
}

/** Reads the numbers. */
export function storedParameters(store: TensorStore): Parameters {
  return {
    tensor: (name) => store.read(name),
    columns: async (name, lead, widths) => splitColumns(await store.read(name), lead, widths),
  };
}

/** Checks names, shapes and dtypes; the tensors it returns are empty. */
export function checkedParameters(
  store: TensorStore,
  path: string,
): Parameters & { readonly used: Map<string, number> } {
  const used = new Map<string, number>();
  const check = (name: string, shape: readonly number[]): void => {
    const entry = store.tensors.get(name);
    if (entry === undefined) {
      throw new InputError(
        `${path}: expected a tensor ${quote(name)} of shape [${shape.join(', ')}], got none of that name; config.json asks for it`,
      );
    }
    const where = `${path}/${entry.file}: tensor ${quote(name)}`;
    if (entry.shape.length !== shape.length || !shape.every((n, axis) => n === entry.shape[axis])) {
      throw new InputError(
        `${where}: expected the shape [${shape.join(', ')}] by config.json, got ${show(entry.shape)}`,
      );
    }
    checkReadable(entry, where);
    used.set(name, sizeOf(shape));
  };
  const empty = (shape: readonly number[]): Tensor => ({ shape, data: new Float32Array(0) });
  return {
    used,
    async tensor(name, shape) {
      check(name, shape);
      return empty(shape);
    },
    async columns(name, lead, widths) {
      check(name, [...lead, sum(widths)]);
      return widths.map((width) => empty([...lead, width]));
    },
  };
}

function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0);
}

function splitColumns(whole: Tensor, lead: readonly number[], widths: readonly number[]): Tensor[] {
  const rows = sizeOf(lead);
  const total = sum(widths);
  let first = 0;
  return widths.map((width) => {
    const data = whole.data instanceof Float64Array ? new Float64Array(rows * width) : new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      const start = row * total + first;
      data.set(whole.data.subarray(start, start + width), row * width);
    }
    first += width;
    return { shape: [...lead, width], data };
  });
}
