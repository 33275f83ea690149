// Ways to damage files: bytes without knowing what they are, and JSON by its structure. All choices come from a seed.

import { fromUtf8, utf8 } from '../../core/bytes.js';
import type { SeededRandom } from '../../core/random.js';

export const pick = <T>(random: SeededRandom, from: readonly T[]): T => from[random.below(from.length)] as T;

/** Where sizes, signs and widths end. */
const edges = [
  ...[0n, 1n, 2n, 3n, 7n, 8n, 31n, 32n, 33n, 64n, 127n, 128n, 255n, 256n, 65_535n, 65_536n, 1n << 24n],
  ...[31n, 32n, 53n, 62n, 63n, 64n].flatMap(bits => [(1n << bits) - 1n, (1n << bits) & ((1n << 64n) - 1n)]),
];

/** A number that a reader may not expect where `before` stood. */
export function hostile(random: SeededRandom, before: bigint, fileSize: number): bigint {
  switch (random.below(6)) {
    case 0:
      return before + 1n;
    case 1:
      return before - 1n;
    case 2:
      return before * BigInt(2 + random.below(7));
    case 3:
      return BigInt(fileSize - random.below(64));
    default:
      return pick(random, edges);
  }
}

export function writeNumber(bytes: Uint8Array, at: number, width: number, value: bigint): void {
  for (let i = 0; i < width && at + i < bytes.length; i++)
    bytes[at + i] = Number((value >> BigInt(8 * i)) & 255n);
}

export function readNumber(bytes: Uint8Array, at: number, width: number): bigint {
  let value = 0n;
  for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return value;
}

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** One change within the first `reach` bytes, where headers stand. */
export function mutateBytes(bytes: Uint8Array, random: SeededRandom, reach = bytes.length): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(random.below(256));
  const at = random.below(Math.min(reach, bytes.length));
  const count = 1 + random.below(Math.min(64, bytes.length - at));
  const out = bytes.slice();
  switch (random.below(8)) {
    case 0:
      out[at] = (out[at] as number) ^ (1 << random.below(8));
      return out;
    case 1:
      out[at] = random.below(256);
      return out;
    case 2: {
      const width = pick(random, [1, 2, 4, 8]);
      writeNumber(out, at, width, hostile(random, readNumber(bytes, at, width), bytes.length));
      return out;
    }
    case 3:
      return out.slice(0, at);
    case 4:
      return joined(bytes.subarray(0, at), bytes.subarray(at + count));
    case 5:
      return joined(bytes.subarray(0, at), randomBytes(random, count), bytes.subarray(at));
    case 6:
      return joined(bytes.subarray(0, at), bytes.subarray(at, at + count), bytes.subarray(at));
    default:
      out.copyWithin(at, random.below(bytes.length), bytes.length - count);
      return out;
  }
}

export const randomBytes = (random: SeededRandom, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, () => random.below(256));

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Stands in a tree for thousands of nested lists, which no program could write from one. */
const deep = '\u0001deep\u0001';
const strangers: readonly Json[] = [
  ...[
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    0.5,
    1e-300,
    1e300,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    2 ** 53 + 2,
    -(2 ** 63),
  ],
  ...[
    '',
    'x',
    '0',
    '\u0000',
    '\ud800',
    '../../x',
    '__proto__',
    'constructor',
    'F32',
    'F16',
    'I64',
    'x'.repeat(5_000),
  ],
  ...[[], {}, [[]], [null], [-1, 4], { type: 'x' }, { __proto__: null }, deep],
];

interface Place {
  readonly parent: Json[] | { [key: string]: Json };
  readonly key: string | number;
}

function places(tree: Json, random: SeededRandom): Place | undefined {
  // A walk down from the root: every level is as likely to end as to go on, so that no long list takes all.
  let place: Place | undefined;
  for (let at = tree; typeof at === 'object' && at !== null; ) {
    const keys: (string | number)[] = Array.isArray(at) ? [...at.keys()] : Object.keys(at);
    if (keys.length === 0 || (place !== undefined && random.below(3) === 0)) return place;
    const key = pick(random, keys);
    place = { parent: at, key };
    at = (at as Record<string | number, Json>)[key] as Json;
  }
  return place;
}

/** A changed copy of the tree. */
export function mutateTree(tree: Json, random: SeededRandom): Json {
  const copy = structuredClone(tree);
  const place = places(copy, random);
  if (place === undefined) return pick(random, strangers);
  const parent = place.parent as Record<string | number, Json>;
  const { key } = place;
  switch (random.below(7)) {
    case 0:
      if (Array.isArray(parent)) parent.splice(key as number, 1);
      else delete parent[key];
      break;
    case 1: {
      const other = places(copy, random);
      // A copy: a tree that holds itself has no text.
      if (other)
        parent[key] = structuredClone((other.parent as Record<string | number, Json>)[other.key] as Json);
      break;
    }
    case 2:
      if (Array.isArray(parent)) parent.push(structuredClone(parent[key as number] as Json));
      else parent[pick(random, ['x', '', '__proto__', `${key} `])] = structuredClone(parent[key] as Json);
      break;
    case 3:
      if (typeof parent[key] === 'number')
        parent[key] = Number(hostile(random, BigInt(Math.trunc(parent[key])), 1e6));
      else parent[key] = pick(random, strangers);
      break;
    case 4:
      if (typeof parent[key] === 'string') parent[key] = fromUtf8(mutateBytes(utf8(parent[key]), random));
      else parent[key] = pick(random, strangers);
      break;
    default:
      parent[key] = pick(random, strangers);
  }
  return copy;
}

/** The text of a tree after one or more changes; sometimes its bytes are damaged too, or a key stands twice. */
export function mutateJson(tree: Json, random: SeededRandom): Uint8Array {
  let changed = tree;
  for (let n = random.below(3); n >= 0; n--) changed = mutateTree(changed, random);
  let text = JSON.stringify(changed) ?? 'null';
  if (text.includes(JSON.stringify(deep))) {
    const depth = 10 ** (1 + random.below(5));
    text = text.replace(JSON.stringify(deep), '['.repeat(depth) + ']'.repeat(depth));
  }
  if (random.below(20) === 0) text = text.replace(/("[^"]{1,100}":)/, '$1null,$1');
  return random.below(10) === 0 ? mutateBytes(utf8(text), random) : utf8(text);
}
