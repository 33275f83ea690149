// Damages chat templates: pieces of real ones cut, doubled and put into one another, with pieces that grow.

import type { SeededRandom } from '../../core/random.js';
import { pick } from './mutations.js';

/** Statements, expressions, and what stands between them. */
const pieces = /\{%.*?%\}|\{\{.*?\}\}|[^{]+|\{/gs;

const expressions = [
  ...[
    'messages',
    'messages[0].content',
    'loop',
    'x',
    'tools',
    'namespace(a=x)',
    'range(4096)',
    '[x, x]',
    '-1',
  ],
  ...[
    'x + x',
    'x ~ x',
    'x * 99',
    'x | upper',
    'x | tojson(indent=9)',
    "x.replace('a', x)",
    'x.split()',
    'x[::-1]',
  ],
  ...[
    'x | sort',
    'x | join(x)',
    'x | indent(999)',
    'x | map(attribute="a")',
    'x is defined',
    'x in x',
    'x == x',
  ],
  ...[
    'x.__proto__',
    'x.constructor',
    "x['__proto__']['constructor']",
    'dict',
    'self',
    'x if x else y',
    '1 / 0',
    'x()',
  ],
];
const statements = [
  ...[
    '{% for x in range(4096) %}',
    '{% for a in x %}',
    '{% endfor %}',
    '{% if x %}',
    '{% else %}',
    '{% endif %}',
  ],
  ...[
    '{% macro f(x) %}',
    '{% endmacro %}',
    '{{ f(x) }}',
    '{% set x = f %}',
    '{% filter upper %}',
    '{% endfilter %}',
  ],
  ...[
    '{% call f(x) %}',
    '{% endcall %}',
    '{% break %}',
    '{% continue %}',
    '{%- generation %}',
    '{% set n.a = x %}',
  ],
];

const grown = (random: SeededRandom): string => {
  const expression = pick(random, expressions);
  const set = `{% set x = ${pick(random, ["'ab'", '[1]', 'messages', expression])} %}`;
  const step = `{% set x = ${pick(random, ['x + x', '[x, x]', 'x ~ x', expression])} %}`;
  return `${set}${step.repeat(random.below(40))}{{ ${expression} }}`;
};

/** One template made of `seeds`, usually damaged more than once. */
export function mutateTemplate(seeds: readonly string[], random: SeededRandom): string {
  const all = pick(random, seeds).match(pieces) ?? [];
  const other = pick(random, seeds).match(pieces) ?? [''];
  for (let n = random.below(5); n >= 0; n--) {
    const at = random.below(all.length + 1);
    switch (random.below(7)) {
      case 0:
        all.splice(at, 1);
        break;
      case 1:
        all.splice(at, 0, pick(random, other));
        break;
      case 2:
        all.splice(at, 0, grown(random));
        break;
      case 3:
        all.splice(at, 0, pick(random, statements));
        break;
      case 4:
        all.splice(at, 0, `{{ ${pick(random, expressions)} }}`);
        break;
      case 5:
        all.splice(at, 1, (all[at] ?? ' ').repeat(1 + random.below(2 ** random.below(9))));
        break;
      default: {
        const piece = all[at] ?? '';
        const cut = random.below(piece.length + 1);
        all[at] =
          piece.slice(0, cut) + pick(random, ["'", '(', '|', ' ', '.', '\\', '[', '}']) + piece.slice(cut);
      }
    }
  }
  return all.join('');
}
