// Reads JSON objects that strangers wrote: bounded before they are parsed, and every field asked for by its kind.
// By hand, since a schema library would cost the engine 15 MB of memory.

import { fromUtf8 } from '../../core/bytes.js';
import type { SkeinError } from '../../core/errors.js';

export type JsonObject = Readonly<Record<string, unknown>>;
export type Refusal = (message: string, cause?: unknown) => SkeinError;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `what` names the text in the error. */
export function parseObject(bytes: Uint8Array, maxBytes: number, what: string, refuse: Refusal): JsonObject {
  if (bytes.length > maxBytes)
    throw refuse(`${what} has ${bytes.length} bytes, at most ${maxBytes} are read.`);
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(bytes));
  } catch (cause) {
    throw refuse(`${what} is not JSON.`, cause);
  }
  if (!isObject(value)) throw refuse(`${what} is not an object.`);
  return value;
}

/** A value from outside in a message: short, and never walked into. */
export const shown = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value.slice(0, 80))
    : isFlat(value)
      ? String(value)
      : 'a structure';

const isFlat = (value: unknown): boolean => typeof value !== 'object' || value === null;

type Get<T> = (key: string) => T | undefined;

export interface Fields {
  /** From 1 to `max`, 2^31 - 1 where none is given. */
  whole(key: string, max?: number): number | undefined;
  /** Finite and above 0. */
  positive: Get<number>;
  flag: Get<boolean>;
  text: Get<string>;
  object: Get<JsonObject>;
  texts: Get<readonly string[]>;
}

/** Typed access to the fields of `object`; missing and null fields are undefined, others of the wrong kind are refused. */
export function fieldsOf(object: JsonObject, what: string, refuse: Refusal): Fields {
  const reader =
    <T>(kind: string, is: (value: unknown) => value is T): Get<T> =>
    key => {
      const value = Object.hasOwn(object, key) ? object[key] : undefined;
      if (value === undefined || value === null) return undefined;
      if (is(value)) return value;
      throw refuse(`${what}: ${key} is ${shown(value)}, not ${kind}.`);
    };
  return {
    whole: (key, max = 2 ** 31 - 1) =>
      reader(
        `a whole number from 1 to ${max}`,
        (value): value is number =>
          typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= max,
      )(key),
    positive: reader(
      'a positive number',
      (value): value is number => typeof value === 'number' && Number.isFinite(value) && value > 0,
    ),
    flag: reader('true or false', value => typeof value === 'boolean'),
    text: reader('a text', value => typeof value === 'string'),
    object: reader('an object', isObject),
    texts: reader(
      'a list of texts',
      (value): value is readonly string[] =>
        Array.isArray(value) && value.every(item => typeof item === 'string'),
    ),
  };
}
