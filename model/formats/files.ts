// Opens a model whatever files it stands in: one GGUF file, or a Hugging Face folder.

import type { ByteSource } from '../../core/bytes.js';
import { readGguf } from './gguf.js';
import { readHuggingFace } from './huggingFace.js';
import type { ModelFolder, WeightSource } from './source.js';

export type ModelFiles = ByteSource | ModelFolder;

export const isFolder = (files: ModelFiles): files is ModelFolder => !('size' in files);

/** Reads the headers. Throws `gguf/*` for a file, `model/invalid`, `safetensors/invalid` and `architecture/unsupported` for a folder. */
export const readModel = (files: ModelFiles): WeightSource =>
  isFolder(files) ? readHuggingFace(files) : readGguf(files);
