// The real vocabularies against llama.cpp, over 42,000 texts, by the digests that bench/tokenizers.mjs writes.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readGguf } from '../../model/formats/gguf.js';
import type { MetadataValue } from '../../model/formats/ggufMetadata.js';
import type { JsonObject } from '../../model/formats/json.js';
import type { StringList } from '../../model/formats/stringList.js';
import { tokenizerFromGguf } from '../../model/text/ggufTokenizer.js';
import { tokenizerFromJson } from '../../model/text/jsonTokenizer.js';
import { openSource } from '../../platform/files.js';
import { modelFile } from '../helpers/model.js';
import { tokenizerCorpus } from '../helpers/tokenizerCorpus.js';
import { bothWays, corpusDigests, digests, variants } from '../helpers/tokenizerDigests.js';

type Digests = Readonly<Record<string, string>>;
const fixture = JSON.parse(readFileSync(new URL('../fixtures/tokenizers.json', import.meta.url), 'utf8')) as {
  readonly corpus: Digests;
} & Readonly<Record<keyof typeof variants, Readonly<Record<string, Digests>>>>;

const corpus = tokenizerCorpus();

it('has the corpus that the digests are of', () => {
  // A package that was updated changes its part: run bench/tokenizers.mjs --write with the peer.
  expect(corpusDigests(corpus)).toEqual(fixture.corpus);
  expect(Object.values(corpus).flat().length).toBeGreaterThan(20_000);
});

const files = { smollm2: await modelFile(), gemma3: await modelFile('gemma-3-270m') };

const metadataOfFile = (file: string) => {
  const source = openSource(file);
  const { metadata } = readGguf(source);
  source.close();
  return metadata;
};

describe.each(['smollm2', 'gemma3'] as const)('%s', name => {
  it.skipIf(files[name] === undefined).each(Object.keys(variants[name]))(
    '%s: the ids of llama.cpp',
    variant => {
      const source = openSource(files[name] as string);
      const { metadata } = readGguf(source);
      source.close();
      const tokenizer = tokenizerFromGguf({
        metadata: new Map([...metadata, ...Object.entries(variants[name][variant] ?? {})]),
      });
      expect(digests(corpus, text => bothWays(tokenizer, text))).toEqual(fixture[name][variant]);
    },
  );
});

/** tokenizer.json with the vocabulary of a file, as a folder of the same model has it. */
function asJson(metadata: ReadonlyMap<string, MetadataValue>): JsonObject {
  const tokens = [...(metadata.get('tokenizer.ggml.tokens') as StringList)];
  const types = metadata.get('tokenizer.ggml.token_type') as Int32Array;
  const scores = metadata.get('tokenizer.ggml.scores') as Float32Array | undefined;
  const added = tokens
    .map((content, id) => ({ id, content, special: types[id] === 3 || content === '</s>' }))
    .filter(({ id }) => types[id] === 2 || types[id] === 3 || types[id] === 4);
  const shared = { vocab: Object.fromEntries(tokens.map((text, id) => [text, id])), unk_token: null };
  if (scores === undefined) {
    const pretokenizers = [
      { type: 'Digits', individual_digits: true },
      { type: 'ByteLevel', add_prefix_space: false },
    ];
    const merges = [...(metadata.get('tokenizer.ggml.merges') as StringList)];
    return {
      added_tokens: added,
      pre_tokenizer: { type: 'Sequence', pretokenizers },
      model: { ...shared, merges },
    };
  }
  // Every way to make a token of two others, best tokens first.
  const ids = new Map(tokens.map((text, id) => [text, id]));
  const plain = (text: string): boolean => types[ids.get(text) ?? -1] === 1;
  const order = [...tokens.keys()].filter(id => types[id] === 1);
  order.sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const merges = order.flatMap(id => {
    const text = tokens[id] as string;
    return Array.from({ length: text.length }, (_, i) => [text.slice(0, i), text.slice(i)]).filter(parts =>
      parts.every(plain),
    );
  });
  return {
    added_tokens: added,
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<bos>' } }, { Sequence: { id: 'A' } }],
      special_tokens: { '<bos>': { ids: [2] } },
    },
    model: { ...shared, byte_fallback: true, merges },
  };
}

describe.each(['smollm2', 'gemma3'] as const)('%s', name => {
  it.skipIf(files[name] === undefined)('gives the same ids from a tokenizer.json', () => {
    const metadata = metadataOfFile(files[name] as string);
    const own = tokenizerFromGguf({ metadata });
    const json = tokenizerFromJson({ tokenizer: asJson(metadata), eos: own.eos });
    for (const text of Object.values(corpus).flat()) {
      const [ours, theirs] = [bothWays(own, text), bothWays(json, text)];
      if (JSON.stringify(ours) !== JSON.stringify(theirs))
        expect({ text, ids: theirs }).toEqual({ text, ids: ours });
    }
  });
});
