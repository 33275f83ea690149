// Chat templates: what they print, and what they are refused for.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isSkeinError } from '../../../core/errors.js';
import { renderChat } from '../../../model/text/chatTemplate.js';

const chatml =
  "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nBe brief<|im_end|>\n' }}{% endif %}" +
  "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

it('renders messages, with and without the opening of the answer', () => {
  const messages = [{ role: 'user', content: 'Hi {{ 1 }}' }] as const;
  const rendered = '<|im_start|>system\nBe brief<|im_end|>\n<|im_start|>user\nHi {{ 1 }}<|im_end|>\n';
  expect(renderChat(chatml, messages)).toBe(`${rendered}<|im_start|>assistant\n`);
  expect(renderChat(chatml, messages, { addGenerationPrompt: false })).toBe(rendered);
});

it('gives the special tokens to the template', () => {
  expect(
    renderChat('{{ bos_token }}{{ messages[0].content }}{{ eos_token }}', [{ role: 'user', content: 'x' }], {
      bos: '<s>',
      eos: '</s>',
    }),
  ).toBe('<s>x</s>');
});

it.each([
  ['a template that cannot be parsed', '{% for %}'],
  ['a template that refuses the messages', "{{ raise_exception('no') }}"],
  ['a template that uses what is not there', '{{ missing() }}'],
  ['a range without end', '{% for i in range(1000000000) %}x{% endfor %}'],
  ['a range without sense', "{% for i in range('a', none) %}x{% endfor %}"],
  ['a template that prints too much', '{% for i in range(4096) %}{{ messages[0].content }}{% endfor %}'],
  ['a template that is too long', 'x'.repeat(70_000)],
])('refuses %s', (_, template) => {
  const messages = [{ role: 'user', content: 'x'.repeat(1000) }] as const;
  expect(() => renderChat(template, messages)).toThrow(expect.objectContaining({ code: 'template/invalid' }));
});

it('gives typed errors only', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom(
      '{{ messages',
      '[0]',
      "['role']",
      '.content',
      ' }}',
      '{% if ',
      '{% for m in messages %}',
      '{% endfor %}',
      '{% endif %}',
      ' | ',
      'upper',
      '{% set x = ',
      ' %}',
      '1 / 0',
      'namespace(a=1)',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
      try {
        expect(typeof renderChat(pieces.join(''), [{ role: 'user', content: 'x' }])).toBe('string');
      } catch (error) {
        expect(isSkeinError(error, 'template/invalid'), String(error)).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
