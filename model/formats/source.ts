// What the engine reads a model from, whatever files it stands in: hyper-parameters and tensors under GGUF's keys and names.

import type { ByteSource } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import type { Blocks } from './blocks.js';

/** The files of a folder by name; model/ opens none itself. The same name gives the same source as long as the folder is open. */
export interface ModelFolder {
  /** Undefined where there is no such file. */
  read(name: string): ByteSource | undefined;
}

export interface WeightTensor {
  /** In GGUF's order: a linear map is [inputs, outputs]. */
  readonly shape: readonly number[];
  readonly type: string;
  /** In the file. */
  readonly bytes: number;
}

/**
 * Row order of the query and key matrices: as GGUF's converter leaves them (which families it permutes, the family says),
 * or with the two halves of each head apart, as Hugging Face keeps them.
 */
export type RowOrder = 'gguf' | 'halves';

/** Values are decoded as they are asked for; nothing is kept. All reads throw `model/invalid` for a tensor that is not there. */
export interface WeightSource {
  /** What the files are, for people: `GGUF 3`. */
  readonly format: string;
  readonly rowOrder: RowOrder;
  readonly metadata: ReadonlyMap<string, unknown>;
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** Where it is one of Hugging Face's: tokenizer.json and its companions are read from it. */
  readonly folder?: ModelFolder;
  /** What the files call a tensor, where they do not use GGUF's names; shapes are the other way round there too. */
  readonly ownName?: (name: string) => string;
  /** All values in the file's order, decoded to float32. `gguf/unsupported` for types without a decoder. */
  read(name: string): Float32Array;
  /** The same as blocks of quants, or undefined where the tensor's type has none. */
  blocks(name: string): Blocks | undefined;
  /** `count` rows of a matrix from row `first` on. */
  rows(name: string, first: number, count: number): Float32Array;
}

/** The entry of this name; `model/invalid` where there is none. */
export function entryOf<T>(tensors: ReadonlyMap<string, T>, name: string): T {
  const tensor = tensors.get(name);
  if (tensor === undefined)
    throw new SkeinError('model/invalid', `The model has no tensor ${JSON.stringify(name)}.`);
  return tensor;
}
