// The coordinator's own copy of the base model, as far as its header tells: its name, its context, its adapters' shapes.

import type { TensorShape } from '../../federation/update/shape.js';
import { adapterTensors } from '../../model/architecture/adapterNames.js';
import { readConfig } from '../../model/architecture/config.js';
import { freshAdapter } from '../../model/engine/trainerWeights.js';
import { readGguf } from '../../model/formats/gguf.js';
import { fileSha256, naming, openSource } from '../../platform/files.js';
import type { AdapterShape, NamedTensor } from '../../proto/messages.js';

export interface BaseModel {
  readonly file: string;
  /** SHA-256 (hex) of the file: the model's name in a fleet. */
  readonly sha256: string;
  readonly contextLength: number;
  /** Every tensor of an adapter of this shape, in name order. */
  adapterTensors(shape: AdapterShape): readonly TensorShape[];
  /** The adapter that every device starts a task from, drawn by the task's seed; in name order. */
  freshAdapter(shape: AdapterShape, seed: number): readonly NamedTensor[];
}

/** Reads the header and hashes the file. Throws `io/*`, `gguf/*` and `architecture/unsupported`. */
export async function readBaseModel(file: string, signal?: AbortSignal): Promise<BaseModel> {
  const source = openSource(file);
  try {
    const config = naming(file, () => readConfig(readGguf(source)));
    return {
      file,
      sha256: await fileSha256(file, signal),
      contextLength: config.contextLength,
      adapterTensors: shape => adapterTensors(config, shape),
      freshAdapter: (shape, seed) => freshAdapter(config, shape, seed),
    };
  } finally {
    source.close();
  }
}
