/**
 * `ulpwise/web`: ulpwise in a browser, on the CPU's kernels and on WebGPU. Nothing here, nor what it imports, needs Node.
 * Threads need a page that is cross-origin isolated (platform/browser-workers.ts); others compute on one, with the same bits.
 */
import { parseNameMap } from './analysis/traces/name-map.ts';
import { openTrace as openTraceIn } from './analysis/traces/open-trace.ts';
import type { Trace } from './analysis/traces/trace.ts';
import { useWorkers } from './backends/cpu/wasm.ts';
import type { GpuBackend } from './backends/webgpu/backend.ts';
import type { DeviceOptions } from './backends/webgpu/device.ts';
import { openBackend } from './backends/webgpu/open.ts';
import { loadCheckpointFrom } from './model/checkpoint/load.ts';
import type { DecoderSource } from './model/decoder-source.ts';
import { type CheckpointFiles, filesFolder, urlFolder } from './platform/browser-files.ts';
import { browserGpu } from './platform/browser-gpu.ts';
import { browserWorkers } from './platform/browser-workers.ts';

useWorkers(browserWorkers());

export * from './api.ts';
export type { CheckpointFiles } from './platform/browser-files.ts';
export { everyColumn, shortColumns } from './report/analysis-table.ts';
export { depthFigure } from './report/depth-figure.ts';
export { analysisJson } from './report/json.ts';
export { depthTaps } from './report/select.ts';
export { type Column, htmlTable, printTable, type TableFormat } from './report/table.ts';

/**
 * Opens the files of a Hugging Face folder: config.json, model.safetensors (or its shards), tokenizer.json.
 * @param source the folder's address, or its files: those of an `<input type="file" multiple>`, or blobs or bytes by name
 * @throws InputError where a file is missing, wrong or not supported
 */
export function loadCheckpoint(source: string | URL | CheckpointFiles): Promise<DecoderSource> {
  return loadCheckpointFrom(
    typeof source === 'string' || source instanceof URL ? urlFolder(source) : filesFolder(source),
  );
}

/**
 * Opens files that end with .safetensors, .npz or .npy as one trace.
 * @param map a name map's JSON
 * @throws InputError where a file is wrong, a tap comes twice, or the map does not fit
 */
export function openTrace(files: CheckpointFiles, map?: Uint8Array): Promise<Trace> {
  const named =
    Symbol.iterator in files
      ? Object.fromEntries(Array.from(files as Iterable<File>, (file) => [file.name, file]))
      : files;
  const names = map && parseNameMap(map, 'name map');
  return openTraceIn(filesFolder(named, 'trace'), Object.keys(named), 'trace', names);
}

/**
 * The browser's GPU, measured, as a backend for `analyze`; the caller closes it.
 * @throws InputError where there is none; GpuError where it fails, or its integer arithmetic is wrong
 *
 * @example
 * const backend = await openGpu();
 * const { taps } = await analyze(randomDecoder(), [[1, 5, 9]], { backend });
 * backend.close();
 */
export function openGpu(options: DeviceOptions = {}): Promise<GpuBackend> {
  return openBackend(browserGpu(), options);
}
