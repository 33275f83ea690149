// Opens a model whatever files it stands in: one GGUF file, or a Hugging Face folder.

import type { ByteSource } from '../../core/bytes.js';
import { readGguf } from './gguf.js';
import { readHuggingFace } from './huggingFace.js';
import type { PackedFolder } from './packedFolder.js';
import type { ModelFolder, WeightSource } from './source.js';

/** With `packed`, weights are mapped from files that are made there once; without, they are packed into memory at each opening. */
export type ModelFiles = (ByteSource | ModelFolder) & { readonly packed?: PackedFolder };

export const isFolder = (files: ModelFiles): files is ModelFolder & { readonly packed?: PackedFolder } =>
  !('size' in files);

/** Reads the headers. Throws `gguf/*` for a file, `model/invalid`, `safetensors/invalid` and `architecture/unsupported` for a folder. */
export const readModel = (files: ModelFiles): WeightSource =>
  isFolder(files) ? readHuggingFace(files) : readGguf(files);
