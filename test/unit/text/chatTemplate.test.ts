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

/** `x` of 2^19 characters. */
const long = `{% set x = 'x' %}${'{% set x = x + x %}'.repeat(19)}`;
/** `x` of 2^60 items for whoever walks through it. */
const nested = `{% set x = [1] %}${'{% set x = [x, x] %}'.repeat(60)}`;
const namespaces =
  Array.from({ length: 41 }, (_, i) => `{% set n${i} = namespace(a=1) %}`).join('') +
  Array.from({ length: 40 }, (_, i) => `{% set n${i + 1}.a = [n${i}, n${i}] %}`).join('');

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
  ['a chain without end', `{{ 1${' + 1'.repeat(15_000)} }}`],
  ['a replacement that grows', `${long}{{ x.replace('x', x[:600]) }}`],
  ['a filter that grows', `${long}{{ x | replace('x', x) }}`],
  ['a method under another name', `${long}{% set f = x.replace %}{{ f('x', x[:300]) }}`],
  ['a method as a block', `${long}{% call x.replace('x', x[:300]) %}{% endcall %}`],
  ['a wide indent of a block', '{% filter indent(300000000) %}a\nb{% endfilter %}'],
  ['wide separators', `${long}{{ range(4096) | tojson(separators=(x[:100000], '')) }}`],
  ['a wide join', `${long}{{ range(4096) | join(x[:100000]) }}`],
  ['a split into crumbs', `${long}{{ x.replace('xx', 'x ').split() }}`],
  ['JSON of a list of lists of the same', `${nested}{{ x | tojson | length }}`],
  ['a list of lists of the same, printed', `${nested}{{ x }}`],
  ['a list of lists of the same, added to a text', `${nested}{{ ('' ~ x) | length }}`],
  ['a list of lists of the same, compared with a text', `${nested}{{ x == '' }}`],
  ['namespaces that hold each other', `${namespaces}{{ n40.a | tojson | length }}`],
  ['a namespace that holds itself', '{% set n = namespace() %}{% set n.a = [n, n] %}{{ n | tojson }}'],
  [
    'loops of nothing',
    '{% set x = range(4096) %}{% set x = x+x+x+x %}{% for a in range(100) %}{% for b in x %}{% endfor %}{% endfor %}',
  ],
  [
    'texts that are kept',
    `${long}{% set n = namespace(x=[]) %}{% for i in range(4096) %}{% set n.x = n.x + [x | upper] %}{% endfor %}`,
  ],
  [
    'lists that are kept',
    '{% set x = range(4096) %}{% set n = namespace(x=[]) %}{% for i in range(4096) %}{% for j in range(60) %}{% set n.x = [n.x, x + x] %}{% endfor %}{% endfor %}',
  ],
  [
    'a long macro, defined time and again',
    `{% for i in range(4096) %}{% macro f() %}${'{{ a }}'.repeat(8_000)}{% endmacro %}{% endfor %}`,
  ],
  [
    'a sort of long texts',
    `${long}{% set l = [] %}${"{% set l = l + [x ~ 'a', x[:9] ~ 'b'] %}".repeat(20)}{% for i in range(4096) %}{{ (l | sort(case_sensitive=true))[0][0] }}{% endfor %}`,
  ],
  ['spaces that patterns of the package take the square of', `${' '.repeat(60_000)}x`],
])('refuses %s', (_, template) => {
  const messages = [{ role: 'user', content: 'x'.repeat(1000) }] as const;
  expect(() => renderChat(template, messages)).toThrow(expect.objectContaining({ code: 'template/invalid' }));
});

it('renders a long conversation with templates that look at all of it', () => {
  // A million characters in 500 messages, each looked at again and again.
  const messages = Array.from({ length: 500 }, (_, i) => ({
    role: i % 2 === 0 ? ('user' as const) : ('assistant' as const),
    content: `${i} ${'word '.repeat(390)}`,
  }));
  const template =
    "{% for m in messages %}{% if loop.index0 < messages | length and messages[loop.index0]['role'] != 'system' %}" +
    "{{ m.role + ': ' + m['content'].split('</think>')[-1].lstrip('\\n') | trim }}{% endif %}" +
    "{% if 'x' in m.content or messages[:loop.index0] | length > 1000 %}{{ tools | tojson }}{% endif %}\n{% endfor %}";
  const expected = messages.map(({ role, content }) => `${role}: ${content.trim()}`).join('');
  expect(renderChat(template, messages).replaceAll('\n', '')).toBe(expected);
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
