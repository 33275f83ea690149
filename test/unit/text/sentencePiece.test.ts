// SentencePiece vocabularies from GGUF metadata: merges by score, byte fallback, spaces, and metadata that lie.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSkeinError } from '../../../core/errors.js';
import type { MetadataValue } from '../../../model/formats/ggufMetadata.js';
import { tokenizerFromGguf } from '../../../model/text/ggufTokenizer.js';

const bytesNames = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);
/** Text, type and score; ids follow in order. */
const rows: readonly (readonly [string, number, number])[] = [
  ['<unk>', 2, 0],
  ['<s>', 3, 0],
  ['</s>', 3, 0],
  ...bytesNames.map(name => [name, 6, 0] as const),
  ['\n\n', 4, -1000],
  ['[note]', 4, -1000],
  ...[...'▁helowrd<s>/é']
    .map(character => [character, 1, -100] as const)
    .filter(([c], i, all) => all.findIndex(([d]) => d === c) === i),
  ['he', 1, -1],
  ['ll', 1, -2],
  ['lo', 1, -2],
  ['▁he', 1, -3],
  ['llo', 1, -4],
  ['▁hello', 1, -5],
  ['<s', 1, -6],
  ['▁w', 1, -3],
  ['o▁w', 1, -7],
  ['wor', 1, -8],
  ['or', 1, -7],
];
const tokens = rows.map(([text]) => text);
const metadata = (changes: Record<string, MetadataValue | undefined> = {}) => {
  const all: Record<string, MetadataValue | undefined> = {
    'tokenizer.ggml.model': 'llama',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': rows.map(([, type]) => type),
    'tokenizer.ggml.scores': Float32Array.from(rows, ([, , score]) => score),
    'tokenizer.ggml.bos_token_id': 1,
    'tokenizer.ggml.eos_token_id': 2,
    'tokenizer.ggml.unknown_token_id': 0,
    'tokenizer.ggml.add_space_prefix': false,
    ...changes,
  };
  return { metadata: new Map(Object.entries(all).filter(([, value]) => value !== undefined)) };
};
const tokenizer = tokenizerFromGguf(metadata());
const texts = (text: string | Uint8Array, of = tokenizer): string[] =>
  of.encode(text, { bos: false }).map(id => tokens[id] as string);

describe('merges by score', () => {
  it('takes the highest score first, and the leftmost among equals', () => {
    expect(texts('hello')).toEqual(['he', 'llo']);
    expect(texts('llo')).toEqual(['llo']);
    expect(texts('lllo')).toEqual(['ll', 'lo']);
    expect(texts(' hello')).toEqual(['▁hello']);
    expect(texts('lo wor')).toEqual(['lo', '▁w', 'or']);
    expect(texts('wor')).toEqual(['wor']);
    expect(texts('o wor')).toEqual(['o▁w', 'or']);
  });

  it('agrees with a search through all pairs', () => {
    const scores = new Map(rows.filter(([, type]) => type === 1).map(([text, , score]) => [text, score]));
    const slow = (text: string): string[] => {
      const parts = [...text.replaceAll(' ', '▁')];
      for (;;) {
        let best = -1;
        for (let i = 0; i + 1 < parts.length; i++) {
          const score = scores.get(`${parts[i]}${parts[i + 1]}`);
          if (
            score !== undefined &&
            (best < 0 || score > (scores.get(`${parts[best]}${parts[best + 1]}`) as number))
          )
            best = i;
        }
        if (best < 0) return parts;
        parts.splice(best, 2, `${parts[best]}${parts[best + 1]}`);
      }
    };
    const text = fc.string({ unit: fc.constantFrom(...' helowrdé'), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(text, found => {
        expect(texts(found)).toEqual(slow(found));
      }),
    );
  });

  it('takes a long run without a space', () => {
    expect(tokenizer.encode('hello'.repeat(100_000), { bos: false })).toHaveLength(200_000);
  });
});

describe('bytes', () => {
  it('stand for what has no token, and come back', () => {
    expect(texts('🧶')).toEqual(['<0xF0>', '<0x9F>', '<0xA7>', '<0xB6>']);
    expect(tokenizer.decode(tokenizer.encode('h🧶é\tx'))).toBe('h🧶é\tx');
    const stream = tokenizer.stream();
    const ids = tokenizer.encode('é🧶x', { bos: false });
    expect(ids.map(id => stream.push(id))).toEqual(['é', '', '', '', '🧶', 'x']);
  });

  it('are not reached by writing their names', () => {
    expect(texts('<0x41>')).not.toContain('<0x41>');
    expect(tokenizer.decode(tokenizer.encode('<0x41>', { bos: false }))).toBe('<0x41>');
  });

  it('of broken UTF-8 all come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
        // A space that a broken character swallows comes back as the sign for it, as in llama.cpp.
        const plain = (found: Iterable<number>): string =>
          Buffer.from([...found])
            .toString('latin1')
            .replaceAll('\xe2\x96\x81', ' ');
        const ids = tokenizer.encode(bytes, { bos: false, special: false });
        expect(plain(ids.flatMap(id => [...tokenizer.bytes(id)]))).toBe(plain(bytes));
      }),
    );
  });

  it('become the unknown token where there are none', () => {
    const without = tokenizerFromGguf(
      metadata({
        'tokenizer.ggml.tokens': tokens.map(text => (text.startsWith('<0x') ? `no ${text}` : text)),
      }),
    );
    expect(without.encode('h🧶🧶h', { bos: false }).map(id => tokens[id])).toEqual(['h', '<unk>', 'h']);
  });
});

describe('special tokens', () => {
  it('of the user are always parsed, control tokens where it is allowed', () => {
    expect(texts('<s>he\n\n[note]</s>')).toEqual(['<s>', 'he', '\n\n', '[note]', '</s>']);
    const plain = tokenizer.encode('<s>he[note]', { special: false, bos: false }).map(id => tokens[id]);
    expect(plain).toEqual(['<s', '>', 'he', '[note]']);
  });

  it('stand around a text as the file says', () => {
    expect(tokenizer.encode('')).toEqual([1]);
    const both = tokenizerFromGguf(
      metadata({ 'tokenizer.ggml.add_eos_token': true, 'tokenizer.ggml.add_bos_token': false }),
    );
    expect(both.encode('')).toEqual([2]);
  });
});

describe('the space before', () => {
  const prefixed = tokenizerFromGguf(metadata({ 'tokenizer.ggml.add_space_prefix': undefined }));

  it('is put before every part, and taken from the beginning again', () => {
    expect(texts('hello', prefixed)).toEqual(['▁hello']);
    expect(texts('he</s>he', prefixed)).toEqual(['▁he', '</s>', '▁he']);
    expect(texts('', prefixed)).toEqual([]);
    expect(prefixed.decode(prefixed.encode('hello wor'))).toBe('hello wor');
    expect(prefixed.decode(prefixed.encode('hello'), { continued: true })).toBe(' hello');
  });

  it('is the same in one piece and streamed', () => {
    const ids = fc.array(fc.nat(tokens.length - 1), { maxLength: 30 });
    fc.assert(
      fc.property(ids, fc.boolean(), fc.constantFrom(tokenizer, prefixed), (found, continued, of) => {
        const stream = of.stream({ continued });
        const streamed = found.map(id => stream.push(id));
        for (const part of streamed) expect(part).not.toMatch(/\p{Surrogate}/u);
        expect(streamed.join('') + stream.end()).toBe(of.decode(found, { continued }));
      }),
    );
  });

  it('leaves a text as it is', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 }).filter(found => !found.includes('▁'));
    fc.assert(
      fc.property(text, fc.constantFrom(tokenizer, prefixed), (found, of) => {
        const whole = found.replace(/\p{Surrogate}/gu, '\ufffd');
        expect(of.decode(of.encode(found, { special: false }))).toBe(whole);
      }),
    );
  });
});

describe('tokenizerFromGguf', () => {
  const scores = rows.map(([, , score]) => score);
  it.each<[string, Record<string, MetadataValue | undefined>, string]>([
    [
      'a score that is no number',
      { 'tokenizer.ggml.scores': [Number.NaN, ...scores.slice(1)] },
      'gguf/invalid',
    ],
    [
      'a score without end',
      { 'tokenizer.ggml.scores': [Number.NEGATIVE_INFINITY, ...scores.slice(1)] },
      'gguf/invalid',
    ],
    ['too few scores', { 'tokenizer.ggml.scores': [1] }, 'gguf/invalid'],
    [
      'a type that is none',
      { 'tokenizer.ggml.token_type': [-1, ...rows.slice(1).map(([, type]) => type)] },
      'gguf/invalid',
    ],
    [
      'a token of 5,000 bytes',
      { 'tokenizer.ggml.tokens': ['x'.repeat(5000), ...tokens.slice(1)] },
      'tokenizer/unsupported',
    ],
  ])('refuses %s', (_, changes, code) => {
    expect(() => tokenizerFromGguf(metadata(changes))).toThrow(expect.objectContaining({ code }));
  });

  it('takes a vocabulary without scores, types or bytes', () => {
    const bare = tokenizerFromGguf(
      metadata({ 'tokenizer.ggml.scores': undefined, 'tokenizer.ggml.token_type': undefined }),
    );
    expect(bare.encode('hello', { bos: false }).length).toBeGreaterThan(0);
  });

  it('refuses texts that were made to collide', () => {
    // Thue and Morse: a text of 256 letters and its complement have the same polynomial, whatever odd number it is taken at.
    const thue = Array.from({ length: 256 }, (_, i) => i.toString(2).replaceAll('0', '').length % 2);
    const [one, other] = [0, 1].map(flip => thue.map(bit => 'ab'[bit ^ flip]).join(''));
    const collide = Array.from({ length: 2048 }, (_, n) =>
      Array.from({ length: 11 }, (_, bit) => ((n >> bit) & 1 ? one : other)).join(''),
    );
    const changes = {
      'tokenizer.ggml.tokens': collide,
      'tokenizer.ggml.token_type': undefined,
      'tokenizer.ggml.scores': undefined,
    };
    expect(() => tokenizerFromGguf(metadata(changes))).toThrow(/collide/);
  });

  it('gives typed errors only, for arbitrary metadata', () => {
    const keys = [...metadata().metadata.keys()];
    const value = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.string(),
      fc.boolean(),
      fc.array(fc.string(), { maxLength: 5 }),
      fc.array(fc.double(), { maxLength: 5 }),
      fc.float32Array({ minLength: tokens.length, maxLength: tokens.length }),
      fc.array(fc.integer({ min: -1, max: 9 }), { minLength: tokens.length, maxLength: tokens.length }),
      fc.array(fc.string({ maxLength: 3 }), { minLength: tokens.length, maxLength: tokens.length }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), value, { minKeys: 1, maxKeys: 3 }), changes => {
        try {
          const found = tokenizerFromGguf(metadata(changes as Record<string, MetadataValue>));
          found.decode(found.encode('Hello <s> 12 🧶'));
        } catch (error) {
          expect(
            isSkeinError(error, 'tokenizer/unsupported') || isSkeinError(error, 'gguf/invalid'),
            String(error),
          ).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
