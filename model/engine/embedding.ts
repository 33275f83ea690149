// Rows of the embedding table, read from the model file and decoded as they are asked for: the table is never in memory.

import { SkeinError } from '../../core/errors.js';
import type { DecoderConfig } from '../architecture/config.js';
import { dequantise } from '../formats/blocks.js';
import { type Gguf, type GgufTensor, tensorOf } from '../formats/gguf.js';

export class EmbeddingTable {
  readonly #gguf: Gguf;
  readonly #tensor: GgufTensor;
  readonly #config: DecoderConfig;
  readonly #rowBytes: number;

  constructor(gguf: Gguf, config: DecoderConfig) {
    this.#gguf = gguf;
    this.#tensor = tensorOf(gguf, config.embedding.weight);
    this.#config = config;
    this.#rowBytes = this.#tensor.bytes / config.vocabulary;
  }

  /** Writes one row of `hidden` values for each id. `engine/capacity` for an id outside the vocabulary. */
  write(ids: readonly number[], out: Float32Array): void {
    const { hidden, vocabulary, embedding } = this.#config;
    for (const [index, id] of ids.entries()) {
      if (!Number.isInteger(id) || id < 0 || id >= vocabulary) {
        throw new SkeinError('engine/capacity', `Token ${id} is not in the vocabulary of ${vocabulary}.`);
      }
      const bytes = this.#gguf.source.read(this.#tensor.offset + id * this.#rowBytes, this.#rowBytes);
      const row = dequantise(this.#tensor.type, bytes);
      for (let i = 0; i < hidden; i++) out[index * hidden + i] = (row[i] as number) * embedding.scale;
    }
  }
}
