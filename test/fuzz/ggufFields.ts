// Where each number and name of a sound GGUF file stands: what a damage with a purpose changes. A reader of its own, so
// that it does not inherit a mistake of the one under test.

import type { SeededRandom } from '../../core/random.js';
import { hostile, pick, readNumber, writeNumber } from './mutations.js';

interface Field {
  readonly kind: 'count' | 'length' | 'type' | 'value' | 'dimension' | 'offset';
  readonly at: number;
  readonly width: 1 | 2 | 4 | 8;
}
interface Span {
  readonly at: number;
  readonly end: number;
}
export interface GgufFields {
  readonly numbers: readonly Field[];
  /** Of keys and of tensors, without their lengths. */
  readonly keys: readonly Span[];
  readonly names: readonly Span[];
  /** End of the header. */
  readonly end: number;
}

const widths: Readonly<Record<number, 1 | 2 | 4 | 8>> = {
  ...{ 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 },
};

export function ggufFields(bytes: Uint8Array): GgufFields {
  const numbers: Field[] = [];
  const keys: Span[] = [];
  const names: Span[] = [];
  let at = 4;
  const number = (kind: Field['kind'], width: Field['width']): number => {
    numbers.push({ kind, at, width });
    at += width;
    return Number(readNumber(bytes, at - width, width));
  };
  const text = (into?: Span[]): void => {
    const length = number('length', 8);
    into?.push({ at, end: at + length });
    at += length;
  };
  const value = (type: number): void => {
    if (type === 8) {
      text();
      return;
    }
    const width = widths[type];
    if (width !== undefined) {
      number('value', width);
      return;
    }
    const element = number('type', 4);
    for (let left = number('count', 8); left > 0; left--) value(element);
  };
  number('value', 4);
  const tensors = number('count', 8);
  for (let left = number('count', 8); left > 0; left--) {
    text(keys);
    value(number('type', 4));
  }
  for (let left = tensors; left > 0; left--) {
    text(names);
    for (let dimensions = number('count', 4); dimensions > 0; dimensions--) number('dimension', 8);
    number('type', 4);
    number('offset', 8);
  }
  return { numbers, keys, names, end: at };
}

/** One number becomes hostile or another of its kind, or one name another of its length. */
export function mutateFields(bytes: Uint8Array, fields: GgufFields, random: SeededRandom): Uint8Array {
  const out = bytes.slice();
  if (random.below(4) === 0) {
    const spans = pick(random, [fields.keys, fields.names]);
    const from = pick(random, spans);
    const same = spans.filter(span => span.at !== from.at && span.end - span.at === from.end - from.at);
    if (same.length > 0) {
      out.set(bytes.subarray(from.at, from.end), pick(random, same).at);
      return out;
    }
  }
  // By kind first: there are a hundred lengths of tokens for each offset.
  const kind = pick(random, ['count', 'length', 'type', 'value', 'dimension', 'offset'] as const);
  const ofKind = fields.numbers.filter(field => field.kind === kind);
  const { at, width } = pick(random, ofKind);
  const before = readNumber(bytes, at, width);
  const other = pick(random, ofKind);
  const after =
    kind === 'type' && random.below(2) === 0
      ? BigInt(random.below(40))
      : random.below(4) === 0
        ? readNumber(bytes, other.at, other.width)
        : hostile(random, before, bytes.length);
  writeNumber(out, at, width, after);
  return out;
}
