// A conversation as tokens: what the template writes itself, the tokenizer does not write again.

import { expect, it } from 'vitest';
import { chatIds } from '../../../model/engine/chat.js';
import type { Tokenizer } from '../../../model/engine/types.js';

/** Characters as tokens, `^` first in every text. */
const tokenizer = {
  bos: '^'.charCodeAt(0),
  eos: '$'.charCodeAt(0),
  encode: (text: string) => [...`^${text}`].map(one => one.charCodeAt(0)),
  decode: (ids: readonly number[]) => String.fromCharCode(...ids),
} as unknown as Tokenizer;
const messages = [{ role: 'user', content: 'hi' }] as const;
const textOf = (chatTemplate: string | undefined): string =>
  String.fromCharCode(...chatIds({ chatTemplate, tokenizer }, messages));

it('begins with the first token once, whoever writes it', () => {
  expect(textOf('{{ messages[0].content }}')).toBe('^hi');
  expect(textOf('{{ bos_token }}{{ messages[0].content }}{{ eos_token }}')).toBe('^hi$');
  expect(textOf('{{ messages[0].content }}{{ bos_token }}')).toBe('^hi^');
});

it('is refused where the model has no template', () => {
  expect(() => textOf(undefined)).toThrow(expect.objectContaining({ code: 'template/invalid' }));
});
