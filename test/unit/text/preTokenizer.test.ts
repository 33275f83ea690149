// Pre-tokenizers: what each cuts, that nothing is lost, and that the Unicode classes are the same on every Node.js.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cut, pieces, preTokenizerRow } from '../../../model/text/preTokenizer.js';
import { classes } from '../../../model/text/unicodeClasses.js';

describe('pieces', () => {
  it.each<[Cut, string, string[]]>([
    ['gpt2', "It's 2024,  ok?\n\n  x", ['It', "'s", ' 2024', ',', ' ', ' ok', '?', '\n\n ', ' x']],
    ['gpt2', 'end  ', ['end', '  ']],
    ['smollm', 'a 12½٣b', ['a', ' ', '1', '2', '½', '٣', 'b']],
    ['smollm', 'a   1', ['a', '   ', '1']],
    ['llama3', "IT'S 20245", ['IT', "'S", ' ', '202', '45']],
    ['llama3', '(word)\r\n  x', ['(word', ')\r\n', ' ', ' x']],
    ['qwen2', "it's 12 \n\n x", ['it', "'s", ' ', '1', '2', ' \n\n', ' x']],
    ['qwen2', 'กิ่', ['ก', 'ิ่']],
    ['qwen35', 'กิ่', ['กิ่']],
    ['unnamed', 'a+b 1234', ['a', '+', 'b', ' ', '123', '4']],
  ])('%s cuts %j', (cut, text, expected) => expect(pieces(text, cut)).toEqual(expected));

  it('smollm is GPT-2 between numbers', () => {
    const text = fc.string({ unit: fc.constantFrom(..." \t\n1½aé!'s🧶"), maxLength: 30 });
    fc.assert(
      fc.property(text, found => {
        const apart = found
          .split(/(\p{N})/u)
          .flatMap(part => (/^\p{N}/u.test(part) ? [part] : pieces(part, 'gpt2')));
        expect(pieces(found, 'smollm')).toEqual(apart);
      }),
    );
  });

  it.each<Cut>(['gpt2', 'smollm', 'llama3', 'qwen2', 'qwen35', 'unnamed'])('%s loses nothing', cut => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), text => pieces(text, cut).join('') === text),
    );
  });

  it.each<Cut>(['gpt2', 'llama3', 'unnamed'])('%s takes a long run of anything', cut => {
    for (const unit of [' ', 'a', '\n', '1', '!', "'", 'é'])
      expect(pieces(unit.repeat(1 << 20), cut).join('')).toHaveLength(1 << 20);
  });
});

describe('preTokenizerRow', () => {
  it('knows the names that files use', () => {
    expect(preTokenizerRow('llama-bpe')).toEqual({ cut: 'llama3', whole: true, addBos: true });
    expect(preTokenizerRow('dbrx')).toEqual({ cut: 'llama3', whole: false, addBos: false });
    expect(preTokenizerRow('smollm')).toMatchObject({ cut: 'smollm' });
  });

  it.each(['', 'toString', 'x'.repeat(1000)])('refuses %j', name => {
    expect(() => preTokenizerRow(name)).toThrow(expect.objectContaining({ code: 'tokenizer/unsupported' }));
  });
});

it('knows letters, marks, numbers and punctuation as Unicode 15.1 does', () => {
  // Digest of the membership of all code points, from the tables of llama.cpp.
  const digest = (pattern: string): string => {
    const member = new RegExp(`^${pattern}$`, 'v');
    const bits = Uint8Array.from({ length: 0x110000 }, (_, code) =>
      Number(member.test(String.fromCodePoint(code))),
    );
    return createHash('sha256').update(bits).digest('hex').slice(0, 16);
  };
  const { letter, mark, number, punctuation } = classes;
  expect([letter, mark, number, punctuation].map(digest)).toEqual([
    '2adc39ce6cf4bab3',
    'e6fbe2b96cfd2ab7',
    '3b4a1fe0802ef7ab',
    '14a49fcc990c64cf',
  ]);
});
