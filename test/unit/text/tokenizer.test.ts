// The tokenizer on a small vocabulary: special tokens, merges, broken input, and texts that come back whole.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../core/bytes.js';
import { isSkeinError } from '../../../core/errors.js';
import { readGguf } from '../../../model/formats/gguf.js';
import type { MetadataValue } from '../../../model/formats/ggufMetadata.js';
import type { StringList } from '../../../model/formats/stringList.js';
import { tokenizerFromGguf } from '../../../model/text/ggufTokenizer.js';
import { tinyModel } from '../../helpers/tinyModel.js';

const { metadata } = readGguf(memorySource(tinyModel()));
const tokenizer = tokenizerFromGguf({ metadata });
const changed = (changes: Record<string, MetadataValue | undefined>) => {
  const copy = new Map(metadata);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) copy.delete(key);
    else copy.set(key, value);
  }
  return { metadata: copy };
};
const tokens = [...(metadata.get('tokenizer.ggml.tokens') as StringList)];
const texts = (ids: number[]): string[] => ids.map(id => tokens[id] as string);

describe('encode', () => {
  it('merges by rank, leftmost first', () => {
    expect(texts(tokenizer.encode(' the theres'))).toEqual(['Ġthe', 'Ġthe', 're', 's']);
    expect(texts(tokenizer.encode('there'))).toEqual(['t', 'he', 're']);
    expect(texts(tokenizer.encode('ererer'))).toEqual(['er', 'er', 'er']);
  });

  it('takes the longest of special tokens that begin alike', () => {
    const names = tokens.with(3, '<a').with(4, '<a>').with(5, '<a>b>');
    const types = tokens.map((_, id) => (id < 6 ? 3 : 1));
    const other = tokenizerFromGguf(
      changed({ 'tokenizer.ggml.tokens': names, 'tokenizer.ggml.token_type': types }),
    );
    expect(other.encode('<a><a>b><a')).toEqual([4, 5, 3]);
  });

  it('agrees with merging by search through all pairs', () => {
    const merges = [...(metadata.get('tokenizer.ggml.merges') as StringList)];
    const slow = (word: string): string[] => {
      const parts = [...word];
      for (;;) {
        const ranks = parts.slice(1).map((part, i) => merges.indexOf(`${parts[i]} ${part}`));
        const best = ranks.reduce(
          (low, rank, i) => (rank >= 0 && (low < 0 || rank < (ranks[low] as number)) ? i : low),
          -1,
        );
        if (best < 0) return parts;
        parts.splice(best, 2, `${parts[best]}${parts[best + 1]}`);
      }
    };
    const word = fc.string({ unit: fc.constantFrom(...'theringaosw'), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(word, text => {
        expect(texts(tokenizer.encode(text))).toEqual(slow(text));
      }),
    );
  });

  it('parses special tokens unless told otherwise', () => {
    expect(tokenizer.encode('<|im_start|>a<|im_end|>').filter(id => id < 3)).toEqual([1, 2]);
    const plain = tokenizer.encode('<|im_start|>a', { special: false });
    expect(plain.every(id => id > 2)).toBe(true);
    expect(tokenizer.decode(plain)).toBe('<|im_start|>a');
  });

  it('puts the first token where the file says so', () => {
    const withBos = tokenizerFromGguf(changed({ 'tokenizer.ggml.add_bos_token': true }));
    expect(withBos.encode('a')[0]).toBe(1);
    expect(withBos.encode('a', { bos: false })).toEqual(tokenizer.encode('a'));
    expect(tokenizer.encode('')).toEqual([]);
  });

  it('knows which tokens end an answer', () => {
    expect([tokenizer.eos, tokenizer.ends]).toEqual([2, [2, 0]]);
  });

  it('takes lone surrogates for the replacement character', () => {
    expect(tokenizer.encode('a\ud83eb')).toEqual(tokenizer.encode('a\ufffdb'));
  });

  it('leaves out bytes that no token stands for', () => {
    const fewer = tokens.map(token => (token === 'x' ? 'no-x' : token));
    expect(tokenizerFromGguf(changed({ 'tokenizer.ggml.tokens': fewer })).encode('axb')).toEqual(
      tokenizer.encode('ab'),
    );
  });

  it('takes a long run without end in sight', () => {
    expect(tokenizer.encode('re'.repeat(200_000))).toHaveLength(200_000);
    expect(tokenizer.encode('🧶'.repeat(200_000))).toHaveLength(800_000);
    for (const unit of ['x', 'x '])
      expect(() => tokenizer.encode(unit.repeat(3_000_000))).toThrow(/cannot be divided/);
    expect(() => tokenizer.encode('x'.repeat(70_000_000))).toThrow(
      expect.objectContaining({ code: 'engine/capacity' }),
    );
  });
});

describe('decode', () => {
  it('gives back every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), text => {
        const whole = text.replace(/\p{Surrogate}/gu, '\ufffd');
        expect(tokenizer.decode(tokenizer.encode(text, { special: false }), { special: true })).toBe(whole);
      }),
    );
  });

  it('keeps a byte order mark', () => expect(tokenizer.decode(tokenizer.encode('\ufeffa'))).toBe('\ufeffa'));

  it('shows special tokens only on request', () => {
    expect(tokenizer.decode([1, ...tokenizer.encode('a'), 2])).toBe('a');
    expect(tokenizer.decode([1, ...tokenizer.encode('a'), 2], { special: true })).toBe(
      '<|im_start|>a<|im_end|>',
    );
  });

  it('streams the same text, never half a character', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(tokens.length - 1), { maxLength: 60 }), ids => {
        const stream = tokenizer.stream();
        expect(ids.map(id => stream.push(id)).join('') + stream.end()).toBe(tokenizer.decode(ids));
      }),
    );
    const stream = tokenizer.stream();
    expect(tokenizer.encode('é🧶').map(id => stream.push(id))).toEqual(['', 'é', '', '', '', '🧶']);
    expect(stream.end()).toBe('');
  });

  it('refuses tokens outside the vocabulary', () => {
    for (const id of [-1, 0.5, tokens.length]) {
      expect(() => tokenizer.decode([id])).toThrow(expect.objectContaining({ code: 'model/mismatch' }));
    }
  });
});

describe('tokenizerFromGguf', () => {
  it.each<[string, Record<string, MetadataValue | undefined>, string]>([
    ['another algorithm', { 'tokenizer.ggml.model': 'bert' }, 'tokenizer/unsupported'],
    ['no algorithm', { 'tokenizer.ggml.model': undefined }, 'tokenizer/unsupported'],
    ['another pre-tokenizer', { 'tokenizer.ggml.pre': 'bloom' }, 'tokenizer/unsupported'],
    ['a pre-tokenizer that every object has', { 'tokenizer.ggml.pre': 'toString' }, 'tokenizer/unsupported'],
    ['no vocabulary', { 'tokenizer.ggml.tokens': undefined }, 'tokenizer/unsupported'],
    ['no end-of-sequence token', { 'tokenizer.ggml.eos_token_id': undefined }, 'tokenizer/unsupported'],
    ['a vocabulary of numbers', { 'tokenizer.ggml.tokens': [1, 2] }, 'gguf/invalid'],
    ['too few types', { 'tokenizer.ggml.token_type': [1] }, 'gguf/invalid'],
    ['an end-of-sequence token outside', { 'tokenizer.ggml.eos_token_id': 99_999 }, 'gguf/invalid'],
    ['no merges', { 'tokenizer.ggml.merges': undefined }, 'tokenizer/unsupported'],
    ['a merge with nothing', { 'tokenizer.ggml.merges': ['a '] }, 'gguf/invalid'],
    ['a merge of one', { 'tokenizer.ggml.merges': ['a'] }, 'gguf/invalid'],
  ])('refuses %s', (_, changes, code) => {
    expect(() => tokenizerFromGguf(changed(changes))).toThrow(expect.objectContaining({ code }));
  });

  it('gives typed errors only, for arbitrary metadata', () => {
    const keys = [...metadata.keys()].filter(key => key.startsWith('tokenizer.ggml.'));
    const value = fc.oneof(
      fc.integer(),
      fc.string(),
      fc.boolean(),
      fc.array(fc.string(), { maxLength: 5 }),
      fc.array(fc.integer(), { maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), value, { minKeys: 1, maxKeys: 3 }), changes => {
        try {
          tokenizerFromGguf(changed(changes)).encode('Hello <|im_end|> 12');
        } catch (error) {
          expect(
            isSkeinError(error, 'tokenizer/unsupported') || isSkeinError(error, 'gguf/invalid'),
            String(error),
          ).toBe(true);
        }
      }),
    );
  });
});
