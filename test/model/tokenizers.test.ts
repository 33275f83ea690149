// The real vocabularies against llama.cpp, over 42,000 texts, by the digests that bench/tokenizers.mjs writes.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readGguf } from '../../model/formats/gguf.js';
import { tokenizerFromGguf } from '../../model/text/ggufTokenizer.js';
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
