// The tokenizer of a model, whatever files it stands in.

import { SkeinError } from '../../core/errors.js';
import type { Tokenizer } from '../engine/types.js';
import { metadataOf } from '../formats/ggufMetadata.js';
import { type JsonObject, parseObject } from '../formats/json.js';
import type { ModelFolder, WeightSource } from '../formats/source.js';
import { tokenizerFromGguf } from './ggufTokenizer.js';
import { invalid } from './jsonRules.js';
import { tokenizerFromJson } from './jsonTokenizer.js';

/** A vocabulary of 262,144 tokens with its merges has 33 MB. */
const maxJsonBytes = 1 << 26;

/** Throws what `tokenizerFromGguf` and `tokenizerFromJson` throw. A folder without tokenizer.json gives a model of ids alone. */
export function tokenizerOf(source: WeightSource): Tokenizer {
  const { folder } = source;
  if (folder === undefined) return tokenizerFromGguf(source);
  const tokenizer = objectIn(folder, 'tokenizer.json');
  if (tokenizer === undefined) return idsAlone(source);
  const config = objectIn(folder, 'tokenizer_config.json');
  const bos = metadataOf(source, 'tokenizer.ggml.bos_token_id', 'number');
  const eos = metadataOf(source, 'tokenizer.ggml.eos_token_id', 'number');
  return tokenizerFromJson({
    tokenizer,
    ...(config === undefined ? {} : { config }),
    ...(bos === undefined ? {} : { bos }),
    ...(eos === undefined ? {} : { eos }),
  });
}

function objectIn(folder: ModelFolder, name: string): JsonObject | undefined {
  const file = folder.read(name);
  if (file === undefined) return undefined;
  const bytes = file.read(0, Math.min(file.size, maxJsonBytes + 1));
  return parseObject(bytes, maxJsonBytes, name, invalid);
}

/** Takes no text, and has none for an id. `eos` is -1, which no model makes, where the model names none. */
function idsAlone(source: WeightSource): Tokenizer {
  const eos = metadataOf(source, 'tokenizer.ggml.eos_token_id', 'number') ?? -1;
  return {
    bos: metadataOf(source, 'tokenizer.ggml.bos_token_id', 'number'),
    eos,
    ends: [eos],
    encode() {
      throw new SkeinError('tokenizer/unsupported', 'The model has no tokenizer; give token ids.');
    },
    decode: () => '',
    bytes: () => new Uint8Array(0),
    stream: () => ({ push: () => '', end: () => '' }),
  };
}
