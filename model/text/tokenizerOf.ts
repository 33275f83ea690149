// The tokenizer of a model, whatever files it stands in.

import { SkeinError } from '../../core/errors.js';
import type { Tokenizer } from '../engine/types.js';
import { metadataOf } from '../formats/gguf.js';
import type { WeightSource } from '../formats/source.js';
import { tokenizerFromGguf } from './ggufTokenizer.js';

/** Throws what `tokenizerFromGguf` throws. A folder without a tokenizer gives a model of ids alone. */
export const tokenizerOf = (source: WeightSource): Tokenizer =>
  source.folder === undefined ? tokenizerFromGguf(source) : idsAlone(source);

/** Takes no text, and has none for an id. `eos` is -1, which no model makes, where the model names none. */
function idsAlone(source: WeightSource): Tokenizer {
  return {
    bos: metadataOf(source, 'tokenizer.ggml.bos_token_id', 'number'),
    eos: metadataOf(source, 'tokenizer.ggml.eos_token_id', 'number') ?? -1,
    encode() {
      throw new SkeinError('tokenizer/unsupported', 'The model has no tokenizer; give token ids.');
    },
    decode: () => '',
    bytes: () => new Uint8Array(0),
    stream: () => ({ push: () => '', end: () => '' }),
  };
}
