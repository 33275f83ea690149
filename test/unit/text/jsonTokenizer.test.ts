// Hugging Face's tokenizer.json: what it says is what comes out, and what is not known or not true is refused.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSkeinError } from '../../../core/errors.js';
import type { JsonObject } from '../../../model/formats/json.js';
import { tokenizerFromJson } from '../../../model/text/jsonTokenizer.js';
import {
  added,
  afterSplit,
  byteLevel,
  first,
  levelTexts,
  sequence,
  signs,
  signTexts,
  split,
  template,
} from '../../helpers/tokenizerJson.js';

const read = (tokenizer: JsonObject, config: JsonObject = { eos_token: { content: '<s>' } }) =>
  tokenizerFromJson({ tokenizer, config, eos: 0 });
const model = (of: JsonObject, changes: JsonObject): JsonObject => ({
  ...of,
  model: { ...(of.model as object), ...changes },
});

describe('byte-level', () => {
  const tokenizer = read(byteLevel);
  const texts = (text: string): (string | undefined)[] =>
    tokenizer.encode(text, { bos: false }).map(id => levelTexts[id] ?? ['<s>', '<tool>'][id - 260]);

  it('merges, parses and frames as the file says', () => {
    expect(texts(' the')).toEqual(['Ġthe']);
    expect(texts('the<tool>a<s>')).toEqual(['t', 'he', '<tool>', 'a', '<s>']);
    expect(tokenizer.encode('')).toEqual([260]);
    expect([tokenizer.bos, tokenizer.eos]).toEqual([260, 260]);
    expect(tokenizer.encode('<s><tool>', { special: false, bos: false }).at(-1)).toBe(261);
    expect(tokenizer.decode(tokenizer.encode('<s>é🧶'))).toBe('é🧶');
  });

  it('ends at tokens named for it, where they are special', () => {
    const ends = (special: boolean): readonly number[] => {
      const more = { id: 262, content: '<|im_end|>', special };
      return read({ ...byteLevel, added_tokens: [...(byteLevel.added_tokens as object[]), more] }).ends;
    };
    expect(ends(true)).toEqual([260, 262]);
    expect(ends(false)).toEqual([260]);
  });

  it('composes characters first', () => {
    expect(tokenizer.encode('e\u0301')).toEqual(tokenizer.encode('é'));
    expect(read({ ...byteLevel, normalizer: null }).encode('e\u0301')).not.toEqual(tokenizer.encode('é'));
  });

  it('takes a piece that is a token for it where merges are ignored', () => {
    expect(
      read(model(byteLevel, { ignore_merges: true, merges: [] })).encode(' the', { bos: false }),
    ).toEqual([258]);
  });

  it.each([
    [
      'digits, then GPT-2',
      [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false },
      ],
      'a 1',
      3,
    ],
    ['GPT-2', [{ type: 'ByteLevel', add_prefix_space: false, use_regex: true }], 'a 1', 3],
  ])('knows %s', (_, pretokenizers, text, count) => {
    const found = read({ ...byteLevel, pre_tokenizer: { type: 'Sequence', pretokenizers } });
    expect(found.encode(text, { bos: false })).toHaveLength(count);
  });
});

describe('with byte fallback', () => {
  const texts = (text: string, of = read(signs)): (string | undefined)[] =>
    of.encode(text).map(id => signTexts[id]);

  it('merges by the list, not by what a pair makes', () => {
    expect(texts(' abab')).toEqual(['▁ab', 'ab']);
    expect(texts('  a')).toEqual(['▁', '▁a']);
    expect(texts('A')).toEqual(['<0x41>']);
    expect(texts('az🧶b')).toEqual(['a', '<unk>', 'b']);
    expect(read(signs).decode(read(signs).encode(' abA a'))).toBe(' abA a');
  });

  it('puts a space before as the file says', () => {
    const replace = signs.normalizer;
    const normalizers = [{ type: 'Prepend', prepend: '▁' }, replace];
    const legacy = read({ ...signs, pre_tokenizer: null, normalizer: { type: 'Sequence', normalizers } });
    expect(texts('a<unk>b', legacy)).toEqual(['▁a', '<unk>', '▁', 'b']);
    expect(legacy.decode(legacy.encode('ab b'))).toBe('ab b');
    const metaspace = (prepend_scheme: string) =>
      read({
        ...signs,
        normalizer: null,
        pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme, split: false },
      });
    expect(texts('a<unk>b', metaspace('first'))).toEqual(['▁a', '<unk>', 'b']);
    expect(texts(' a', metaspace('always'))).toEqual(['▁a']);
    expect(texts('a', metaspace('never'))).toEqual(['a']);
  });
});

describe('tokenizerFromJson', () => {
  const token = (changes: object) => ({
    ...byteLevel,
    added_tokens: [{ ...added(260, '<s>', true), ...changes }],
  });
  const pre = (...pretokenizers: object[]) => ({
    ...byteLevel,
    pre_tokenizer: { type: 'Sequence', pretokenizers },
  });
  it.each<[string, JsonObject, string]>([
    ['nothing', {}, 'model/invalid'],
    ['another algorithm', model(byteLevel, { type: 'Unigram' }), 'tokenizer/unsupported'],
    ['no vocabulary', model(byteLevel, { vocab: null }), 'model/invalid'],
    [
      'an empty vocabulary',
      { ...model(signs, { vocab: {}, merges: [] }), added_tokens: [] },
      'tokenizer/unsupported',
    ],
    ['ids that are none', model(byteLevel, { vocab: { a: -1 } }), 'model/invalid'],
    ['ids past all bounds', model(byteLevel, { vocab: { a: 4e9 } }), 'model/invalid'],
    ['two tokens of one id', model(byteLevel, { vocab: { a: 0, b: 0 } }), 'model/invalid'],
    ['merges of one', model(byteLevel, { merges: ['a'] }), 'model/invalid'],
    ['merges of three', model(byteLevel, { merges: ['a b c'] }), 'model/invalid'],
    ['merges that make nothing', model(byteLevel, { merges: ['a b'] }), 'model/invalid'],
    ['merges that are no list', model(byteLevel, { merges: { a: 'b' } }), 'model/invalid'],
    ['suffixes', model(byteLevel, { end_of_word_suffix: '</w>' }), 'tokenizer/unsupported'],
    ['a token that takes spaces with it', token({ lstrip: true }), 'tokenizer/unsupported'],
    ['a token in normalised text', token({ content: 'e\u0301', normalized: true }), 'tokenizer/unsupported'],
    ['a token without text', token({ content: '' }), 'model/invalid'],
    ['another normaliser', { ...byteLevel, normalizer: { type: 'Lowercase' } }, 'tokenizer/unsupported'],
    ['a pattern of its own', pre(split('(a+)+$'), afterSplit), 'tokenizer/unsupported'],
    ['another pre-tokenizer', pre({ type: 'Whitespace' }), 'tokenizer/unsupported'],
    ['no pre-tokenizer for bytes', { ...byteLevel, pre_tokenizer: null }, 'tokenizer/unsupported'],
    ['a space before bytes', pre({ type: 'ByteLevel', add_prefix_space: true }), 'tokenizer/unsupported'],
    [
      'a deep sequence',
      JSON.parse(
        `{"normalizer":${'{"type":"Sequence","normalizers":['.repeat(9)}${']}'.repeat(9)},"model":{}}`,
      ),
      'model/invalid',
    ],
    [
      'a template of three',
      { ...byteLevel, post_processor: template([first, first, sequence]) },
      'tokenizer/unsupported',
    ],
    ['a template without text', { ...byteLevel, post_processor: template([first]) }, 'tokenizer/unsupported'],
    [
      'a template of nothing known',
      { ...byteLevel, post_processor: template([{ SpecialToken: { id: 'toString' } }]) },
      'model/invalid',
    ],
  ])('refuses %s', (_, tokenizer, code) => {
    expect(() => read(tokenizer)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses a folder that names no end', () => {
    expect(() => tokenizerFromJson({ tokenizer: signs })).toThrow(/end-of-sequence/);
  });

  it('gives typed errors only, whatever is put into the file', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom<unknown>(
        null,
        'a b',
        ['a', 'b'],
        260,
        { type: 'Sequence' },
        { type: 'NFC' },
        [{}],
        '__proto__',
      ),
    );
    /** Puts a value at a path that is drawn by walking the file. */
    const mutated = (of: JsonObject, steps: readonly number[], replacement: unknown): JsonObject => {
      const copy = JSON.parse(JSON.stringify(of)) as JsonObject;
      let at = copy as Record<string, unknown>;
      for (const [i, step] of steps.entries()) {
        const keys = Object.keys(at);
        const key = keys[step % Math.max(1, keys.length)];
        if (key === undefined) break;
        const next = at[key];
        if (i === steps.length - 1 || typeof next !== 'object' || next === null) {
          at[key] = replacement;
          break;
        }
        at = next as Record<string, unknown>;
      }
      return copy;
    };
    fc.assert(
      fc.property(
        fc.constantFrom(byteLevel, signs),
        fc.array(fc.nat(300), { minLength: 1, maxLength: 6 }),
        value,
        (of, steps, put) => {
          try {
            const tokenizer = read(mutated(of, steps, put));
            tokenizer.decode(tokenizer.encode('Hello <s> 12 🧶'));
          } catch (error) {
            expect(
              isSkeinError(error, 'tokenizer/unsupported') || isSkeinError(error, 'model/invalid'),
              String(error),
            ).toBe(true);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
