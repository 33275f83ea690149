// Constrained output: terms against regular expressions, the trie against every token, and what random logits can make.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../core/bytes.js';
import { SeededRandom } from '../../../core/random.js';
import { Grammars } from '../../../model/engine/constraints/grammar.js';
import { schemaTerm } from '../../../model/engine/constraints/schema.js';
import { type Term, Terms } from '../../../model/engine/constraints/terms.js';
import { TokenTrie } from '../../../model/engine/constraints/tokenTrie.js';
import { createSampler, members } from '../../../model/engine/sampling.js';
import { Sequence } from '../../../model/engine/sequence.js';
import type { Constraint, Generated, JsonSchema, Tokenizer } from '../../../model/engine/types.js';

const everyByte = new Uint8Array(256).fill(1);

/** A vocabulary of all bytes, some longer pieces, two control tokens, and one piece twice. */
const pieces = [
  '": "',
  '","',
  '{"',
  '"}',
  '": ',
  ', "',
  'true',
  'false',
  'null',
  '12',
  '00',
  'é',
  '日本',
  '\u{1f600}a',
  '\\n',
  '\\u00',
  '  ',
  ': [',
  ']}',
  'name',
  '"name": "',
  'name',
  'bed',
  'low',
  'lower',
  '-1',
  '.5',
  'e1',
  '"]',
  '[[',
  '}}',
];
const vocabulary: Uint8Array[] = [
  new Uint8Array(),
  new Uint8Array(),
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  ...pieces.map(utf8),
  // Half a character, as vocabularies have them.
  Uint8Array.of(0xe6, 0x97),
];
const eos = 1;
const tokenizer: Tokenizer = {
  bos: 0,
  eos,
  ends: [eos],
  encode: () => [],
  decode: ids => fromUtf8(Buffer.concat(ids.map(id => vocabulary[id] as Uint8Array))),
  bytes: id => vocabulary[id] ?? new Uint8Array(),
  stream() {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return {
      push: id => decoder.decode(vocabulary[id] as Uint8Array, { stream: true }),
      end: () => decoder.decode(),
    };
  },
};
const side = { tokenizer, grammars: new Grammars(tokenizer, vocabulary.length) };

/** What comes of logits that have nothing to do with the constraint. */
function babble(constraint: Constraint, seed: number, maxTokens: number): { text: string; last: Generated } {
  const random = new SeededRandom(seed);
  const sequence = new Sequence({ ids: [0], maxTokens, constraint }, side);
  let text = '';
  for (;;) {
    const last = sequence.take(Float32Array.from(vocabulary, () => random.below(1000)));
    text += last.text;
    if (last.end !== undefined) return { text, last };
  }
}

/** Words over a, b and c with a term and a regular expression for the same language. */
type Pair = readonly [(terms: Terms) => Term, string];
const { pair } = fc.letrec<{ pair: Pair }>(tie => ({
  pair: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Pair[]>(
      [terms => terms.text('a'), 'a'],
      [terms => terms.text('bc'), '(?:bc)'],
      [terms => terms.bytes([97, 99]), '[ac]'],
    ),
    fc
      .tuple(tie('pair'), tie('pair'))
      .map(([[a, x], [b, y]]): Pair => [terms => terms.seq(a(terms), b(terms)), `(?:${x}${y})`]),
    fc
      .tuple(tie('pair'), tie('pair'))
      .map(([[a, x], [b, y]]): Pair => [terms => terms.alt(a(terms), b(terms)), `(?:${x}|${y})`]),
    tie('pair').map(([a, x]): Pair => [terms => terms.optional(a(terms)), `(?:${x})?`]),
    fc.tuple(tie('pair'), fc.nat({ max: 3 }), fc.nat({ max: 3 })).map(
      ([[a, x], min, more]): Pair => [
        // Of nullable bodies there is no repetition: one letter before makes any body fit.
        terms => terms.repeat(terms.seq(terms.text('b'), a(terms)), min, min + more),
        `(?:b${x}){${min},${min + more}}`,
      ],
    ),
  ),
}));
const words = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });

describe('terms', () => {
  const leftOf = (terms: Terms, term: Term, text: Iterable<number>): Term => {
    let left = term;
    for (const byte of text) left = terms.row(left)[byte] ?? terms.never;
    return left;
  };

  it('take the words that the same regular expression takes', () => {
    fc.assert(
      fc.property(pair, fc.array(words, { minLength: 20, maxLength: 20 }), ([make, source], texts) => {
        const terms = new Terms(everyByte);
        const term = make(terms);
        const expression = new RegExp(`^${source}$`, 'u');
        for (const text of texts)
          expect(leftOf(terms, term, utf8(text)).nullable).toBe(expression.test(text));
        const shortest = terms.shortest(term, 1000) as number[];
        expect(shortest).toHaveLength(term.minLength);
        expect(expression.test(fromUtf8(Uint8Array.from(shortest)))).toBe(true);
      }),
    );
  });

  it('know how long what is left can be at least, and clipped ones agree for as long as they say', () => {
    fc.assert(
      fc.property(pair, words, fc.integer({ min: 1, max: 4 }), ([make], text, bytes) => {
        const terms = new Terms(everyByte);
        const term = make(terms);
        const clipped = terms.clip(term, bytes);
        for (let length = 0; length <= text.length; length++) {
          const left = leftOf(terms, term, utf8(text.slice(0, length)));
          if (left === terms.never) {
            if (length <= bytes)
              expect(leftOf(terms, clipped, utf8(text.slice(0, length)))).toBe(terms.never);
            break;
          }
          expect(left.minLength).toBeLessThanOrEqual(Math.max(term.reach, term.minLength));
          if (length <= bytes)
            expect(leftOf(terms, clipped, utf8(text.slice(0, length)))).not.toBe(terms.never);
        }
      }),
    );
  });

  it('are one object where they are equal, and the counters of long strings are few states', () => {
    const terms = new Terms(everyByte);
    expect(terms.alt(terms.text('ab'), terms.text('c'))).toBe(terms.alt(terms.text('c'), terms.text('ab')));
    expect(terms.seq(terms.seq(terms.text('a'), terms.text('b')), terms.text('c'))).toBe(terms.text('abc'));
    const string = schemaTerm(terms, { type: 'string', maxLength: 1000 });
    const [one, other] = ['"abc', '"and so on and on'].map(text => leftOf(terms, string, utf8(text)));
    expect(one).not.toBe(other);
    expect(terms.clip(one as Term, 16)).toBe(terms.clip(other as Term, 16));
  });
});

describe('the trie', () => {
  const trie = new TokenTrie(tokenizer, vocabulary.length);

  it('finds the tokens that the acceptor takes, and where it stands after each', () => {
    fc.assert(
      fc.property(schemas(), fc.nat(), (schema, seed) => {
        const terms = new Terms(trie.alphabet);
        let term = schemaTerm(terms, schema);
        const random = new SeededRandom(seed);
        for (let step = 0; step < 6 && term.kind !== 'empty'; step++) {
          const found = new Map<number, Term>();
          trie.walk<Term>(
            term,
            one => terms.row(one),
            (id, target) => found.set(id, target),
          );
          const expected = new Map<number, Term>();
          for (const [id, bytes] of vocabulary.entries()) {
            let left: Term = term;
            for (const byte of bytes) left = terms.derive(left, byte);
            if (bytes.length > 0 && left !== terms.never) expected.set(id, left);
          }
          expect(new Map([...found].sort(([a], [b]) => a - b))).toEqual(expected);
          term = random.pick<Term>([...found.values()]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('knows its sizes, and how few tokens a text can be', () => {
    expect(trie.longest).toBe(9);
    expect([...trie.alphabet].every(one => one === 1)).toBe(true);
    expect(trie.count([...utf8('"name": "bedlower')])).toBe(3);
    expect(trie.count([...utf8('lowest')])).toBe(4);
    expect(trie.count([])).toBe(0);
  });
});

/** Schemas of the subset. */
function schemas(): fc.Arbitrary<JsonSchema> {
  const counts = (least: string, most: string) =>
    fc.tuple(fc.option(fc.nat({ max: 3 })), fc.option(fc.nat({ max: 4 }))).map(([min, more]) => ({
      ...(min !== null && { [least]: min }),
      ...(more !== null && { [most]: (min ?? 0) + more }),
    }));
  const value = fc.jsonValue({ maxDepth: 1 });
  return fc.letrec<{ schema: JsonSchema }>(tie => ({
    schema: fc.oneof(
      { maxDepth: 3 },
      counts('minLength', 'maxLength').map(bounds => ({ type: 'string', ...bounds })),
      fc.constantFrom<JsonSchema[]>(
        { type: 'number' },
        { type: 'integer', title: 'count' },
        { type: 'boolean' },
        { type: ['null', 'integer'] },
      ),
      fc.array(value, { minLength: 1, maxLength: 3 }).map(values => ({ enum: values })),
      value.map(one => ({ const: one })),
      fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map(anyOf => ({ anyOf })),
      fc
        .tuple(tie('schema'), counts('minItems', 'maxItems'))
        .map(([items, bounds]) => ({ type: 'array', items, ...bounds })),
      fc
        .array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 4 }), tie('schema'), fc.boolean()), {
          maxLength: 4,
        })
        .map(entries => ({
          type: 'object',
          properties: Object.fromEntries(entries.map(([name, schema]) => [name, schema])),
          required: [...new Set(entries.filter(([, , must]) => must).map(([name]) => name))],
          additionalProperties: false,
        })),
    ),
  })).schema;
}

/** A validator of the subset, by the words of the specification. */
function valid(schema: JsonSchema, value: unknown): boolean {
  const s = schema as Record<string, unknown>;
  if ('anyOf' in s) return (s.anyOf as JsonSchema[]).some(one => valid(one, value));
  if ('const' in s) return JSON.stringify(s.const) === JSON.stringify(value);
  if ('enum' in s) return (s.enum as unknown[]).some(one => JSON.stringify(one) === JSON.stringify(value));
  const { minLength = 0, maxLength = 1e9, minItems = 0, maxItems = 1e9 } = s as Record<string, number>;
  return [s.type as string | string[]].flat().some(type => {
    if (type === 'null') return value === null;
    if (type === 'integer') return Number.isSafeInteger(value);
    if (type === 'number') return Number.isFinite(value);
    if (type === 'string') {
      const length = typeof value === 'string' ? [...value].length : -1;
      return length >= minLength && length <= maxLength && !/\p{Surrogate}/u.test(value as string);
    }
    if (type === 'array')
      return (
        Array.isArray(value) &&
        value.length >= minItems &&
        value.length <= maxItems &&
        value.every(item => valid(s.items as JsonSchema, item))
      );
    if (type === 'object') {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
      const properties = s.properties as Record<string, JsonSchema>;
      return (
        (s.required as string[]).every(name => Object.hasOwn(value, name)) &&
        Object.entries(value).every(
          ([name, one]) => Object.hasOwn(properties, name) && valid(properties[name] as JsonSchema, one),
        )
      );
    }
    return typeof value === type;
  });
}

describe('what random logits make', () => {
  it('is JSON of the schema', () => {
    fc.assert(
      fc.property(schemas(), fc.nat(), (schema, seed) => {
        const { text, last } = babble({ schema }, seed, 600);
        expect(['complete', 'token'], text).toContain(last.end);
        expect(valid(schema, JSON.parse(text)), text).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('is whole wherever there were as many tokens as its shortest text has bytes, and else never beyond repair', () => {
    fc.assert(
      fc.property(schemas(), fc.nat(), fc.integer({ min: 1, max: 60 }), (schema, seed, maxTokens) => {
        const terms = new Terms(everyByte);
        const start = schemaTerm(terms, schema);
        const { text, last } = babble({ schema }, seed, maxTokens);
        if (last.end !== 'length') expect(valid(schema, JSON.parse(text)), text).toBe(true);
        else expect(start.minLength).toBeGreaterThan(maxTokens);
      }),
      { numRuns: 300 },
    );
  });

  it('is one of the choices', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', 'l', 'low', 'er', 'é', '"'),
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), fc.nat(), (choices, seed) => {
        const { text, last } = babble({ choices }, seed, 30);
        expect(choices).toContain(text);
        expect(['complete', 'token']).toContain(last.end);
      }),
    );
    const both = new Set(
      Array.from({ length: 40 }, (_, seed) => babble({ choices: ['low', 'lower'] }, seed, 9).text),
    );
    expect(both).toEqual(new Set(['low', 'lower']));
  });

  it('draws only what is allowed, whatever the sampling', () => {
    const schema: JsonSchema = {
      type: 'object',
      properties: { name: { type: 'string' } },
      required: ['name'],
    };
    const grammar = side.grammars.of({ schema });
    expect(side.grammars.of({ schema })).toBe(grammar);
    const sampler = createSampler({ topK: 3, topP: 0.5, seed: 4 });
    let term = grammar.start;
    for (let n = 0; n < 30 && term.kind !== 'empty'; n++) {
      const allowed = grammar.allowed(term, 30 - n);
      const id = sampler(
        Float32Array.from(vocabulary, (_, at) => Math.sin(at * (n + 1)) * 9),
        [],
        allowed,
      );
      expect(members(allowed)).toContain(id);
      term = grammar.after(term, vocabulary[id] as Uint8Array);
    }
    expect(term.kind).toBe('empty');
  });
});

it('takes only bytes that the vocabulary can write', () => {
  const without = (byte: number): Tokenizer => ({
    ...tokenizer,
    bytes: id =>
      (vocabulary[id] as Uint8Array).includes(byte) ? new Uint8Array() : (vocabulary[id] as Uint8Array),
  });
  const grammars = new Grammars(without(0x78), vocabulary.length);
  expect(() => grammars.of({ choices: ['x'] })).toThrowError(
    expect.objectContaining({ code: 'schema/unsupported' }),
  );
  expect(grammars.of({ choices: ['x', 'y'] }).start.minLength).toBe(1);
});

it.each<[string, unknown]>([
  ['anything', true],
  ['anything in another way', {}],
  ['a list', []],
  ['null', null],
  ['a type that there is not', { type: 'date' }],
  ['no type', { type: [] }],
  ['a pattern', { type: 'string', pattern: 'a+' }],
  ['a format', { type: 'string', format: 'date' }],
  ['a minimum', { type: 'integer', minimum: 1 }],
  ['a reference', { $ref: '#' }],
  ['oneOf', { oneOf: [{ type: 'null' }] }],
  ['an empty enum', { enum: [] }],
  ['an enum of another type', { type: 'string', enum: ['a', 1] }],
  ['items of anything', { type: 'array' }],
  ['a tuple', { type: 'array', prefixItems: [{ type: 'null' }], items: { type: 'null' } }],
  ['other properties', { type: 'object', additionalProperties: { type: 'null' } }],
  ['a name that is none', { type: 'object', properties: {}, required: ['a'] }],
  ['bounds that cross', { type: 'string', minLength: 3, maxLength: 2 }],
  ['a bound that is none', { type: 'string', maxLength: -1 }],
  ['a bound without a bound', { type: 'string', maxLength: 2 ** 30 }],
  ['anyOf beside a type', { type: 'null', anyOf: [{ type: 'null' }] }],
  ['a deep fault', { type: 'object', properties: { a: { type: 'array', items: { type: 'x' } } } }],
  [
    'a nest without end',
    Array.from({ length: 40 }).reduce<JsonSchema>(items => ({ type: 'array', items }), { type: 'null' }),
  ],
])('refuses a schema of %s', (_, schema) => {
  expect(() => side.grammars.of({ schema: schema as JsonSchema })).toThrowError(
    expect.objectContaining({ code: 'schema/unsupported' }),
  );
});

it.each([[[]], [['']], [['a', '']]])('refuses the choices %j', choices => {
  expect(() => side.grammars.of({ choices })).toThrowError(
    expect.objectContaining({ code: 'schema/unsupported' }),
  );
});

it('a stop token that is a piece of text ends a constrained text only where it is whole', () => {
  const [a, b] = [vocabulary.findIndex(one => one[0] === 0x61), vocabulary.findIndex(one => one[0] === 0x62)];
  const sequence = new Sequence(
    { ids: [0], maxTokens: 5, stop: [a as number], constraint: { choices: ['aba', 'abb'] } },
    side,
  );
  const take = (id: number | undefined): Generated =>
    sequence.take(Float32Array.from(vocabulary, (_, one) => (one === id ? 1 : 0)));
  expect(take(a)).toEqual({ id: a, text: 'a' });
  expect(take(b)).toEqual({ id: b, text: 'b' });
  expect(take(a)).toEqual({ id: a, text: 'a', end: 'complete' });
});

it('bytes that only longer tokens have cannot be written', () => {
  const few = { ...tokenizer, bytes: (id: number) => utf8(['a', 'b', 'za'][id] ?? '') };
  const grammars = new Grammars(few, 3);
  const grammar = grammars.of({ choices: ['ab', 'z'] });
  expect(grammar.start.minLength).toBe(2);
  expect(() => grammars.of({ choices: ['z'] })).toThrow(
    expect.objectContaining({ code: 'schema/unsupported' }),
  );
});

it('half a surrogate pair is no character of a string', () => {
  const grammar = side.grammars.of({ schema: { type: 'string' } });
  const accepts = (text: string): boolean => grammar.after(grammar.start, utf8(text)).nullable;
  expect(['"\\u00e9"', '"\\uD7ff"', '"\\uE000"', '"\\n"'].map(accepts)).toEqual([true, true, true, true]);
  expect(['"\\ud83d"', '"\\uDC00"', '"\\u12"', '"\\x"', '"\n"'].map(accepts)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

describe('what is long', () => {
  const grammars = new Grammars(tokenizer, vocabulary.length);

  it.each<[string, Constraint, string]>([
    ['a choice', { choices: ['x'.repeat(30_000), 'y'] }, 'x'.repeat(29_990)],
    ['a constant', { schema: { const: 'x'.repeat(30_000) } }, `"${'x'.repeat(29_980)}`],
    [
      'the name of a property',
      {
        schema: {
          type: 'object',
          properties: { ['x'.repeat(30_000)]: { type: 'null' } },
          required: ['x'.repeat(30_000)],
        },
      },
      `{"${'x'.repeat(29_980)}`,
    ],
    ['a member of many', { choices: Array.from({ length: 30_000 }, (_, n) => `x${n}`) }, 'x2999'],
  ])('%s fits into the stack', (_, constraint, beginning) => {
    const grammar = grammars.of(constraint);
    expect(members(grammar.allowed(grammar.start, 40_000)).length).toBeGreaterThan(0);
    // Too few tokens are left: the shortest way to an end is looked for.
    expect(members(grammar.allowed(grammar.start, 2)).length).toBeGreaterThan(0);
    const left = grammar.after(grammar.start, utf8(beginning));
    expect(left.minLength).toBeLessThan(40);
    expect(members(grammar.allowed(left, 40_000)).length).toBeGreaterThan(0);
  });

  it.each<[string, Constraint]>([
    ['choices', { choices: ['x'.repeat(300_000)] }],
    ['choices', { choices: Array.from({ length: 300_000 }, (_, n) => `${n}`) }],
    ['$', { schema: { enum: Array.from({ length: 300_000 }, (_, n) => n) } }],
    ['$', { schema: { type: 'object', properties: { ['x'.repeat(300_000)]: { type: 'null' } } } }],
  ])('%s beyond what can be held are refused', (path, constraint) => {
    expect(() => grammars.of(constraint)).toThrow(
      expect.objectContaining({ code: 'schema/unsupported', message: expect.stringContaining(`${path}`) }),
    );
  });
});
