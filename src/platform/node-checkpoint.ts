/** Checkpoints from the file system. */
import { loadCheckpointFrom } from '../model/checkpoint/load.ts';
import type { DecoderSource } from '../model/decoder-source.ts';
import { nodeFolder } from './node-files.ts';

/**
 * Opens a Hugging Face folder: config.json, model.safetensors (or its shards), tokenizer.json.
 * @throws InputError where a file is missing, wrong or not supported
 */
export function loadCheckpoint(folder: string): Promise<DecoderSource> {
  return loadCheckpointFrom(nodeFolder(folder));
}
