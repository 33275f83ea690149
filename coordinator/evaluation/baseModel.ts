// The coordinator's own copy of the base model, as far as its header tells: its name, its context, its adapters' shapes.

import type { TensorShape } from '../../federation/update/shape.js';
import { adapterTensors } from '../../model/architecture/adapterNames.js';
import { readConfig } from '../../model/architecture/config.js';
import { freshAdapter } from '../../model/engine/trainerWeights.js';
import { readModel } from '../../model/formats/files.js';
import { naming } from '../../platform/files.js';
import { modelSha256, openModelFiles } from '../../platform/modelFiles.js';
import type { AdapterShape, NamedTensor } from '../../proto/messages.js';

export interface BaseModel {
  /** A GGUF file or a Hugging Face folder. */
  readonly file: string;
  /** The model's name in a fleet: see `modelSha256`. */
  readonly sha256: string;
  readonly contextLength: number;
  /** Every tensor of an adapter of this shape, in name order. */
  adapterTensors(shape: AdapterShape): readonly TensorShape[];
  /** The adapter that every device starts a task from, drawn by the task's seed; in name order. */
  freshAdapter(shape: AdapterShape, seed: number): readonly NamedTensor[];
}

/** Reads the header and hashes the files. Throws `io/*`, `gguf/*`, `model/invalid` and `architecture/unsupported`. */
export async function readBaseModel(file: string, signal?: AbortSignal): Promise<BaseModel> {
  const source = openModelFiles(file);
  try {
    const config = naming(file, () => readConfig(readModel(source)));
    return {
      file,
      sha256: await modelSha256(file, signal),
      contextLength: config.contextLength,
      adapterTensors: shape => adapterTensors(config, shape),
      freshAdapter: (shape, seed) => freshAdapter(config, shape, seed),
    };
  } finally {
    source.close();
  }
}
