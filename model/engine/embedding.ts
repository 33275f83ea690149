// Rows of the embedding table, read from the model file and decoded as they are asked for: the table is never in memory.

import { SkeinError } from '../../core/errors.js';
import type { DecoderConfig } from '../architecture/config.js';
import type { WeightSource } from '../formats/source.js';

/** `engine/capacity` for an id outside the vocabulary. */
export function checkTokens(ids: readonly number[], vocabulary: number): void {
  const strange = ids.find(id => !(Number.isInteger(id) && id >= 0 && id < vocabulary));
  if (strange === undefined) return;
  throw new SkeinError('engine/capacity', `Token ${strange} is not in the vocabulary of ${vocabulary}.`);
}

export class EmbeddingTable {
  readonly #source: WeightSource;
  readonly #config: DecoderConfig;

  constructor(source: WeightSource, config: DecoderConfig) {
    this.#source = source;
    this.#config = config;
  }

  /** Writes one row of `hidden` values for each id. `engine/capacity` for an id outside the vocabulary. */
  write(ids: readonly number[], out: Float32Array): void {
    const { hidden, vocabulary, embedding } = this.#config;
    checkTokens(ids, vocabulary);
    for (const [index, id] of ids.entries()) {
      const row = this.#source.rows(embedding.weight, id, 1);
      for (let i = 0; i < hidden; i++) out[index * hidden + i] = (row[i] as number) * embedding.scale;
    }
  }
}
