// What is compared of tokenizers: which variants of a vocabulary, and a digest of the ids of each part of the corpus.

import { createHash } from 'node:crypto';
import type { Tokenizer } from '../../model/engine/types.js';
import type { MetadataValue } from '../../model/formats/ggufMetadata.js';
import type { Corpus } from './tokenizerCorpus.js';

/** Metadata that stand in place of the file's. */
export type Overrides = Readonly<Record<string, MetadataValue>>;

/** The file as it is, and its vocabulary under the rules of other families. */
export const variants: Readonly<Record<'smollm2' | 'gemma3', Readonly<Record<string, Overrides>>>> = {
  smollm2: {
    file: {},
    ...Object.fromEntries(
      ['gpt-2', 'llama-bpe', 'qwen2', 'qwen35', 'default'].map(pre => [pre, { 'tokenizer.ggml.pre': pre }]),
    ),
  },
  gemma3: {
    file: {},
    spacePrefix: { 'tokenizer.ggml.add_space_prefix': true, 'tokenizer.ggml.add_eos_token': true },
  },
};

/** With special tokens parsed and what the file puts around a text, and as plain text. */
export const bothWays = (tokenizer: Tokenizer, text: Uint8Array): readonly [number[], number[]] => [
  tokenizer.encode(text),
  tokenizer.encode(text, { special: false, bos: false }),
];

/** Part -> digest of all its ids, in the order of `bothWays`; the first 16 digits are enough to see a difference. */
export function digests(
  corpus: Corpus,
  idsOf: (text: Uint8Array) => Iterable<readonly number[]>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(corpus).map(([part, texts]) => {
      const hash = createHash('sha256');
      for (const text of texts) for (const ids of idsOf(text)) hash.update(Int32Array.of(ids.length, ...ids));
      return [part, hash.digest('hex').slice(0, 16)];
    }),
  );
}

/** Part -> digest of its texts: a difference means that a locked package is another one. */
export const corpusDigests = (corpus: Corpus): Record<string, string> =>
  Object.fromEntries(
    Object.entries(corpus).map(([part, texts]) => {
      const hash = createHash('sha256');
      for (const text of texts) hash.update(Int32Array.of(text.length)).update(text);
      return [part, hash.digest('hex').slice(0, 16)];
    }),
  );
