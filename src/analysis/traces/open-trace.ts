/** A trace out of files: their tensors under the names of taps, in program order. */
import { type Format, holds, InputError } from '../../formats/index.ts';
import { quote } from '../../model/checkpoint/show.ts';
import type { Folder } from '../../model/folder.ts';
import { openNpy, openNpz } from './files/npz.ts';
import { openSafetensorsTrace } from './files/safetensors.ts';
import type { TensorFile } from './files/tensor-file.ts';
import { declaredFormats, type Heads, headsOf, MASK, readTraceMetadata, TOKENS } from './metadata.ts';
import type { Mapped, NameMap } from './name-map.ts';
import { inProgramOrder, programPlace } from './program-order.ts';
import type { TapHeader, Trace } from './trace.ts';

const READERS: Readonly<Record<string, (folder: Folder, name: string) => Promise<TensorFile>>> = {
  safetensors: openSafetensorsTrace,
  npz: openNpz,
  npy: openNpy,
};

/** Whether a file's name ends as that of a trace. */
export function isTraceFile(name: string): boolean {
  return Object.hasOwn(READERS, name.slice(name.lastIndexOf('.') + 1));
}

interface Source extends TapHeader {
  readonly file: TensorFile;
  readonly tensor: string;
  /** Which part of the last axis, of how many; where `heads` is given, with the heads brought before the tokens. */
  readonly part: number;
  readonly parts: number;
  readonly heads?: number;
  /** The numbers were declared to be of `format`, which is not the stored one. */
  readonly declared: boolean;
}

/**
 * Opens files of one folder as one trace. What the files say about the run comes from the first that says it.
 * @param source the name for messages
 * @param names files that end with .safetensors, .npz or .npy
 * @param map their names to ours; of what it does not name, only taps of the program are kept
 * @throws InputError where a file is wrong, a tap comes twice, or the map does not fit the shapes
 */
export async function openTrace(
  folder: Folder,
  names: readonly string[],
  source: string,
  map?: NameMap,
): Promise<Trace> {
  if (names.length === 0) throw new InputError(`${source}: expected at least one file of a trace, got none`);
  const sources = new Map<string, Source>();
  const files: TensorFile[] = [];
  for (const name of names) {
    const reader = isTraceFile(name) ? READERS[name.slice(name.lastIndexOf('.') + 1)] : undefined;
    if (reader === undefined) {
      throw new InputError(`${source}: expected a file that ends with .safetensors, .npz or .npy, got ${quote(name)}`);
    }
    const file = await reader(folder, name);
    files.push(file);
    addTaps(sources, file, map);
  }
  const metadata = await readTraceMetadata(files);
  const taps = inProgramOrder(sources.keys());
  return {
    source,
    metadata,
    taps: () => taps,
    header: (name) => {
      const tap = sources.get(name);
      return tap && { shape: tap.shape, format: tap.format };
    },
    async read(name) {
      const tap = sources.get(name);
      if (tap === undefined) throw new InputError(`${source}: expected a tap ${quote(name)}, got none of that name`);
      const stored = await tap.file.read(tap.tensor);
      const values = tap.parts === 1 && tap.heads === undefined ? stored : partOf(stored, tap);
      if (tap.declared) checkNumbers(values, tap.format as Format, `${source}: tap ${quote(name)}`);
      return { shape: tap.shape, format: tap.format, values };
    },
  };
}

function addTaps(sources: Map<string, Source>, file: TensorFile, map: NameMap | undefined): void {
  const formats = declaredFormats(file.metadata, file.where);
  const heads = headsOf(file.metadata, file.where);
  for (const [tensor, { shape, type }] of file.tensors) {
    if (tensor === TOKENS || tensor === MASK) continue;
    const mapped: Mapped | undefined = map === undefined ? { taps: [tensor] } : mappedBy(map, tensor);
    if (mapped === undefined) continue;
    const where = `${file.where}: tensor ${quote(tensor)}`;
    const declared = formats.get(tensor);
    if (declared !== undefined && type.format === null) {
      throw new InputError(`${where}: expected a format declared for a tensor of floats, got integers`);
    }
    const count = headCount(mapped, heads, where);
    for (const [part, tap] of mapped.taps.entries()) {
      if (sources.has(tap)) throw new InputError(`${where}: expected the tap ${quote(tap)} once, got it twice`);
      sources.set(tap, {
        ...{ file, tensor, part, parts: mapped.taps.length, ...(count !== undefined && { heads: count }) },
        shape: shapeOf(shape, mapped.taps.length, count, where),
        format: declared ?? type.format,
        declared: declared !== undefined,
      });
    }
  }
}

function mappedBy(map: NameMap, tensor: string): Mapped | undefined {
  return map.lookUp(tensor) ?? (programPlace(tensor) === undefined ? undefined : { taps: [tensor] });
}

function headCount({ heads }: Mapped, metadata: Heads, where: string): number | undefined {
  if (heads === undefined || typeof heads === 'number') return heads;
  const count = metadata[heads];
  if (count !== undefined) return count;
  throw new InputError(
    `${where}: expected the number of ${heads} in the file's metadata, got none; put it into the map`,
  );
}

function shapeOf(shape: readonly number[], parts: number, heads: number | undefined, where: string): number[] {
  if (parts === 1 && heads === undefined) return [...shape];
  const width = shape.at(-1) ?? 1;
  const each = parts * (heads ?? 1);
  if (shape.length < 1 || width % each !== 0 || (heads !== undefined && shape.length !== 3)) {
    const wanted = heads === undefined ? 'an axis' : '[sequences, tokens, features] with features';
    throw new InputError(`${where}: expected ${wanted} of a multiple of ${each}, got [${shape}]`);
  }
  if (heads === undefined) return [...shape.slice(0, -1), width / parts];
  return [shape[0], heads, shape[1], width / each];
}

/** One part of the last axis, its heads before the tokens where there are any. */
function partOf(stored: Float64Array, { part, parts, heads, shape }: Source): Float64Array {
  const values = new Float64Array(stored.length / parts);
  const [tokens, d] = heads === undefined ? [1, shape.at(-1) as number] : [shape[2], shape[3]];
  const count = heads ?? 1;
  // Row r of a sequence is a token with all parts of all heads.
  for (let from = part * count * d, row = 0; from < stored.length; from += parts * count * d, row++) {
    const [sequence, token] = [Math.floor(row / tokens), row % tokens];
    for (let h = 0; h < count; h++) {
      const at = ((sequence * count + h) * tokens + token) * d;
      values.set(stored.subarray(from + h * d, from + (h + 1) * d), at);
    }
  }
  return values;
}

/** Masked scores are −Inf in every format, so infinities are let through. */
function checkNumbers(values: Float64Array, format: Format, where: string): void {
  const wrong = values.findIndex((x) => Math.abs(x) !== Number.POSITIVE_INFINITY && !holds(format, x));
  if (wrong < 0) return;
  throw new InputError(`${where}: expected numbers of ${format.name}, as declared, got ${values[wrong]} at ${wrong}`);
}
