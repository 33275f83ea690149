// What `import … from 'skein/model'` gives: the engine, opened by path.

import type { ModelFiles } from '../model/formats/files.js';
import { type Model, type OpenOptions, open as openBytes } from '../model/index.js';
import { openModelFiles } from './modelFiles.js';

export { SkeinError } from '../core/errors.js';
export * from '../model/index.js';
export { readAdapterFolder as readAdapter } from './adapterFolder.js';

/**
 * Opens a model: the path of a GGUF file or of a Hugging Face folder, or the bytes of one. Default arithmetic: `fast`. Throws
 * `io/*` for what cannot be read, `gguf/*`, `model/invalid`, `safetensors/invalid`, `architecture/unsupported` and
 * `tokenizer/unsupported` for what is not a model that Skein runs.
 */
export async function open(model: string | ModelFiles, options: Partial<OpenOptions> = {}): Promise<Model> {
  if (typeof model !== 'string') return openBytes(model, { arithmetic: 'fast', ...options });
  const files = openModelFiles(model);
  const close = (): void => {
    files.close();
    options.onClose?.();
  };
  try {
    return await openBytes(files, { arithmetic: 'fast', ...options, onClose: close });
  } catch (error) {
    files.close();
    throw error;
  }
}
