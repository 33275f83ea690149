// The tensors of a GGUF file as they stand in it.

import type { Gguf, GgufTensor } from '../../model/formats/gguf.js';
import { entryOf } from '../../model/formats/source.js';

/** Throws `gguf/invalid` where there is none of this name. */
export const tensorOf = (gguf: Gguf, name: string): GgufTensor => entryOf(gguf.tensors, name);

export const tensorBytes = ({ source }: Gguf, { offset, bytes }: GgufTensor): Uint8Array =>
  source.read(offset, bytes);
