// A JSON schema, or a list of choices, as a regular language over bytes.
//
// The subset of JSON Schema (draft 2020-12): type (one or several) of object, array, string, number, integer, boolean and
// null; properties, required, additionalProperties (true or false: others are never made); items, minItems, maxItems;
// minLength, maxLength; enum, const, anyOf. Titles, descriptions and the like are passed over, everything else is refused.
// What is made is one line: properties in the schema's order, at most one space after a colon or a comma, numbers of at
// most 15 digits before the point, 15 after it and 2 in the exponent, so that they are finite and integers exact.

import { SkeinError } from '../../../core/errors.js';
import type { Term, Terms } from './terms.js';

export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

const annotations = new Set([
  '$comment',
  '$id',
  '$schema',
  'default',
  'deprecated',
  'description',
  'examples',
  'readOnly',
  'title',
  'writeOnly',
]);

const keywordsOf = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength'],
  number: [],
  integer: [],
  boolean: [],
  null: [],
} as const;
type TypeName = keyof typeof keywordsOf;

const maxDepth = 32;
const maxCount = 1 << 20;
const maxTerms = 200_000;

/** Exactly one of the texts. `schema/unsupported` for none, or an empty one. */
export function choicesTerm(terms: Terms, choices: readonly string[]): Term {
  if (choices.length === 0) throw unsupported('choices', 'there are none');
  if (!Array.isArray(choices) || !choices.every(choice => typeof choice === 'string'))
    throw unsupported('choices', 'they are no list of texts');
  if (choices.length > maxTerms) throw unsupported('choices', 'there are too many');
  if (choices.includes('')) throw unsupported('choices', 'one of them is empty');
  return terms.any(choices.map(choice => textTerm(terms, choice, 'choices')));
}

/** A text of the schema's, as long as there is room for it. */
function textTerm(terms: Terms, text: string, path: string): Term {
  if (terms.size + text.length > maxTerms) throw unsupported(path, 'there is too much of it to be held');
  return terms.text(text);
}

/** The JSON texts that the schema allows. `schema/unsupported` says where it goes beyond the subset. */
export function schemaTerm(terms: Terms, schema: JsonSchema): Term {
  return new Compiler(terms).value(schema, '$', 0);
}

class Compiler {
  readonly #terms: Terms;
  readonly #character: Term;
  readonly #comma: Term;
  readonly #number: Term;
  readonly #integer: Term;

  constructor(terms: Terms) {
    this.#terms = terms;
    const text = (one: string): Term => terms.text(one);
    const digit = terms.range(0x30, 0x39);
    const digits = (min: number, max: number): Term => terms.repeat(digit, min, max);
    this.#integer = terms.seq(
      terms.optional(text('-')),
      terms.alt(text('0'), terms.seq(terms.range(0x31, 0x39), digits(0, 14))),
    );
    this.#number = terms.seq(
      this.#integer,
      terms.optional(terms.seq(text('.'), digits(1, 15))),
      terms.optional(
        terms.seq(terms.bytes(codes('eE')), terms.optional(terms.bytes(codes('+-'))), digits(1, 2)),
      ),
    );
    this.#comma = terms.seq(text(','), terms.optional(text(' ')));
    this.#character = characterTerm(terms);
  }

  value(schema: unknown, path: string, depth: number): Term {
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
      throw unsupported(path, `${JSON.stringify(schema)} is no schema with a type`);
    if (depth > maxDepth) throw unsupported(path, `it is nested deeper than ${maxDepth}`);
    if (this.#terms.size > maxTerms) throw unsupported(path, 'the schema is too large');
    const given = Object.fromEntries(
      Object.entries(schema).filter(([key, value]) => !annotations.has(key) && value !== undefined),
    );
    if ('anyOf' in given) {
      only(given, ['anyOf'], path);
      const branches = list(given.anyOf, `${path}.anyOf`);
      return this.#terms.any(branches.map((one, n) => this.value(one, `${path}.anyOf[${n}]`, depth + 1)));
    }
    if ('const' in given) return this.#values(given, 'const', [given.const], path);
    if ('enum' in given) return this.#values(given, 'enum', list(given.enum, `${path}.enum`), path);
    const types = typesOf(given, path);
    only(given, ['type', ...types.flatMap(type => keywordsOf[type])], path);
    return this.#terms.alt(...types.map(type => this.#typed(type, given, path, depth)));
  }

  #values(given: Given, keyword: string, values: readonly unknown[], path: string): Term {
    only(given, ['type', keyword], path);
    const types = 'type' in given ? typesOf(given, path) : undefined;
    for (const value of values) {
      if (types !== undefined && !types.some(type => isOf(value, type)))
        throw unsupported(path, `${JSON.stringify(value)} is of none of its types`);
      if (JSON.stringify(value) === undefined) throw unsupported(path, 'a value is none of JSON');
    }
    return this.#terms.any(values.map(value => textTerm(this.#terms, JSON.stringify(value), path)));
  }

  #typed(type: TypeName, given: Given, path: string, depth: number): Term {
    const terms = this.#terms;
    switch (type) {
      case 'null':
        return terms.text('null');
      case 'boolean':
        return terms.alt(terms.text('true'), terms.text('false'));
      case 'number':
        return this.#number;
      case 'integer':
        return this.#integer;
      case 'string': {
        const [min, max] = bounds(given, 'minLength', 'maxLength', path);
        const quote = terms.text('"');
        return terms.seq(quote, terms.repeat(this.#character, min, max), quote);
      }
      case 'array': {
        const [min, max] = bounds(given, 'minItems', 'maxItems', path);
        if (max === 0) return terms.text('[]');
        const item = this.value(given.items, `${path}.items`, depth + 1);
        const more = terms.repeat(terms.seq(this.#comma, item), Math.max(0, min - 1), max - 1);
        const items = terms.seq(item, more);
        return terms.seq(terms.text('['), min === 0 ? terms.optional(items) : items, terms.text(']'));
      }
      case 'object':
        return this.#object(given, path, depth);
    }
  }

  /** Properties in the schema's order; those that are not required may be left out. */
  #object(given: Given, path: string, depth: number): Term {
    const terms = this.#terms;
    const { properties = {}, required = [], additionalProperties } = given;
    if (typeof properties !== 'object' || properties === null || Array.isArray(properties))
      throw unsupported(`${path}.properties`, 'it is no object');
    if (additionalProperties !== undefined && typeof additionalProperties !== 'boolean')
      throw unsupported(`${path}.additionalProperties`, 'only true and false are known');
    if (!Array.isArray(required) || !required.every(name => typeof name === 'string'))
      throw unsupported(`${path}.required`, 'it is no list of names');
    for (const name of required as string[]) {
      if (!Object.hasOwn(properties, name))
        throw unsupported(`${path}.required`, `${JSON.stringify(name)} is none of the properties`);
    }
    // From the last to the first: what may follow where nothing has been written yet, and where something has.
    let first = terms.text('}');
    let later = first;
    for (const [name, schema] of Object.entries(properties).reverse()) {
      const property = terms.seq(
        textTerm(terms, `${JSON.stringify(name)}:`, `${path}.properties`),
        terms.optional(terms.text(' ')),
        this.value(schema, `${path}.properties.${name}`, depth + 1),
        later,
      );
      const next = terms.seq(this.#comma, property);
      const isRequired = (required as string[]).includes(name);
      first = isRequired ? property : terms.alt(property, first);
      later = isRequired ? next : terms.alt(next, later);
    }
    return terms.seq(terms.text('{'), first);
  }
}

type Given = Readonly<Record<string, unknown>>;

/** One character of a JSON string: as it is in UTF-8 (RFC 3629), or escaped (RFC 8259); no surrogate stands alone. */
function characterTerm(terms: Terms): Term {
  const tail = terms.range(0x80, 0xbf);
  const hex = terms.bytes(codes('0123456789abcdefABCDEF'));
  return terms.alt(
    terms.bytes(
      Array.from({ length: 0x60 }, (_, n) => 0x20 + n).filter(
        byte => !'"\\\x7f'.includes(String.fromCharCode(byte)),
      ),
    ),
    terms.seq(terms.range(0xc2, 0xdf), tail),
    terms.seq(terms.bytes([0xe0]), terms.range(0xa0, 0xbf), tail),
    terms.seq(terms.alt(terms.range(0xe1, 0xec), terms.range(0xee, 0xef)), tail, tail),
    terms.seq(terms.bytes([0xed]), terms.range(0x80, 0x9f), tail),
    terms.seq(terms.bytes([0xf0]), terms.range(0x90, 0xbf), tail, tail),
    terms.seq(terms.range(0xf1, 0xf3), tail, tail, tail),
    terms.seq(terms.bytes([0xf4]), terms.range(0x80, 0x8f), tail, tail),
    terms.seq(terms.text('\\'), terms.bytes(codes('"\\/bfnrt'))),
    terms.seq(terms.text('\\u'), terms.bytes(codes('0123456789abcefABCEF')), hex, hex, hex),
    terms.seq(terms.text('\\u'), terms.bytes(codes('dD')), terms.range(0x30, 0x37), hex, hex),
  );
}

const codes = (text: string): number[] => Array.from(text, one => one.charCodeAt(0));

function typesOf(given: Given, path: string): TypeName[] {
  const types = Array.isArray(given.type) ? given.type : [given.type];
  for (const type of types) {
    if (typeof type !== 'string' || !Object.hasOwn(keywordsOf, type))
      throw unsupported(path, `the type ${JSON.stringify(type ?? null)} is not known`);
  }
  if (types.length === 0) throw unsupported(path, 'it has no type');
  return types as TypeName[];
}

function isOf(value: unknown, type: TypeName): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

function only(given: Given, known: readonly string[], path: string): void {
  const strange = Object.keys(given).find(keyword => !known.includes(keyword));
  if (strange !== undefined) throw unsupported(path, `${JSON.stringify(strange)} is not supported here`);
}

function list(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw unsupported(path, 'it is no list with members');
  if (value.length > maxTerms) throw unsupported(path, 'there are too many');
  return value;
}

function bounds(given: Given, least: string, most: string, path: string): [number, number] {
  const { [least]: min = 0, [most]: max = Number.POSITIVE_INFINITY } = given;
  const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
  if (!isCount(min) || min > maxCount) throw unsupported(path, `${least} is no count up to ${maxCount}`);
  if (max !== Number.POSITIVE_INFINITY && (!isCount(max) || max > maxCount))
    throw unsupported(path, `${most} is no count up to ${maxCount}`);
  if ((max as number) < min) throw unsupported(path, `${most} is less than ${least}`);
  return [min, max as number];
}

export const unsupported = (path: string, why: string, cause?: unknown): SkeinError =>
  new SkeinError('schema/unsupported', `${path}: ${why}.`, { data: { path }, cause });
