// Chat templates: what they print, and what they are refused for.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isSkeinError } from '../../../core/errors.js';
import { type ChatMessage, type ChatOptions, renderChat } from '../../../model/text/chatTemplate.js';

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

interface Case {
  readonly template: string;
  readonly messages: readonly ChatMessage[];
  readonly options: ChatOptions;
  readonly rendered: string;
}
const folder = new URL('../../fixtures/chatTemplates/', import.meta.url);
const cases = JSON.parse(readFileSync(new URL('cases.json', folder), 'utf8')) as Case[];

it.each(cases)(
  'prints what transformers prints: $template $messages $options',
  ({ template, messages, options, rendered }) => {
    // `rendered` is from bench/reference/chatTemplates.py.
    const source = readFileSync(new URL(`${template}.jinja`, folder), 'utf8');
    const given = { bos: '<bos>', eos: '<eos>', now: new Date(2025, 1, 3, 9, 5, 7), ...options };
    expect(renderChat(source, messages, given)).toBe(rendered);
  },
);

it('knows the date in English, and the same day always where it is not told', () => {
  const all = '%a %A %b %B %d %e %-d %H %I %j %m %M %p %S %y %Y %F %T %% %Q';
  const template = `{{ strftime_now('${all}') }}`;
  expect(renderChat(template, [], { now: new Date(2025, 1, 3, 9, 5, 7) })).toBe(
    'Mon Monday Feb February 03  3 3 09 09 034 02 05 AM 07 25 2025 2025-02-03 09:05:07 % %Q',
  );
  expect(renderChat("{{ strftime_now('%d %b %Y') }}", [])).toBe('26 Jul 2024');
});

it('strips the characters that Python strips', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab \n🧶'), maxLength: 12 });
  fc.assert(
    fc.property(text, content => {
      const print = (call: string) =>
        renderChat(`{{ messages[0].content.${call} }}`, [{ role: 'user', content }]);
      expect(print("lstrip('a🧶')")).toBe(content.replace(/^[a🧶]+/u, ''));
      expect(print("rstrip('\\n')")).toBe(content.replace(/\n+$/, ''));
      expect(print("strip('ab')")).toBe(content.replace(/^[ab]+|[ab]+$/g, ''));
      expect(print('strip()')).toBe(content.trim());
    }),
  );
});

it.each([
  ['a template that cannot be parsed', '{% for %}'],
  ['a template that refuses the messages', "{{ raise_exception('no') }}"],
  ['a template that uses what is not there', '{{ missing() }}'],
  ['a range without end', '{% for i in range(1000000000) %}x{% endfor %}'],
  ['a range without sense', "{% for i in range('a', none) %}x{% endfor %}"],
  ['a template that prints too much', '{% for i in range(4096) %}{{ messages[0].content }}{% endfor %}'],
  ['a template that is too long', 'x'.repeat(70_000)],
  [
    'loops in loops',
    '{% for i in range(4096) %}{% for j in range(4096) %}{% set x = i %}{% endfor %}{% endfor %}',
  ],
  ['a text that doubles', `{% set x = 'x' %}${'{% set x = x + x %}'.repeat(60)}`],
  ['a list that doubles', `{% set x = [1] %}${'{% set x = x + x %}'.repeat(60)}`],
  ['a wide indent', "{{ 'x' | indent(100000000) }}"],
  ['a wide indent of JSON', '{{ messages | tojson(indent=100000000) }}'],
  ['a macro without end', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}'],
  ['brackets without end', `{{ ${'('.repeat(20_000)} }}`],
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
