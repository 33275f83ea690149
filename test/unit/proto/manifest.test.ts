// The manifest: one content has one spelling, and nothing else is read.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../../core/bytes.js';
import { SkeinError } from '../../../core/errors.js';
import { canonicalJson, parseManifest, releaseHash } from '../../../proto/codec.js';
import type { ReleaseManifest } from '../../../proto/messages.js';

const hex = 'ab'.repeat(32);
const manifest: ReleaseManifest = {
  version: 1,
  fleet: 'f',
  task: 't',
  round: 2,
  serial: 5,
  baseModel: hex,
  parent: '',
  template: 'Note: {text}',
  labels: ['é', '\u2028"'],
  adapter: { mode: 'lora', rank: 8, alpha: 16, targets: ['q', 'v'] },
  aggregate: hex,
  files: [{ name: 'adapter_config.json', size: 10, sha256: hex }],
  rootAccuracy: 0.1 + 0.2,
  createdMs: 1_790_000_000_000,
};

test('a manifest comes back, and its spelling does not depend on the order of keys', () => {
  const bytes = canonicalJson(manifest);
  expect(parseManifest(bytes)).toEqual(manifest);
  expect(canonicalJson(Object.fromEntries(Object.entries(manifest).reverse()))).toEqual(bytes);
  expect(releaseHash(bytes)).toMatch(/^[0-9a-f]{64}$/);
});

test('RFC 8785: keys in UTF-16 order, numbers as ECMAScript', () => {
  const value = {
    '\u20ac': 1,
    '\r': 2,
    '1': 1e30,
    '\ud83d\ude00': 4.5,
    '\ufb33': 0.002,
    é: [1e-27, -0, null, true],
  };
  expect(fromUtf8(canonicalJson(value))).toBe(
    '{"\\r":2,"1":1e+30,"é":[1e-27,0,null,true],"\u20ac":1,"\ud83d\ude00":4.5,"\ufb33":0.002}',
  );
});

test('any JSON survives canonical JSON; what JSON cannot carry is refused', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      expect(JSON.parse(fromUtf8(canonicalJson(value)))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  for (const value of [undefined, { a: undefined }, [Number.NaN], () => 1, 1n]) {
    expect(() => canonicalJson(value)).toThrow(SkeinError);
  }
});

test('another spelling, other fields, other values: not a manifest', () => {
  const text = fromUtf8(canonicalJson(manifest));
  const broken = [
    ` ${text}`,
    text.replace('"round":2', '"round":2.0'),
    text.replace('"round":2', '"round":-2'),
    text.replace('{"adapter"', '{"aa":1,"adapter"'),
    text.replace('adapter_config.json', '../adapter_config.json'),
    text.replace('"version":1', '"version":2'),
    text.slice(1),
    '',
    'null',
    '{"__proto__":{}}',
  ];
  for (const other of broken) {
    expect(() => parseManifest(utf8(other)), other).toThrow(
      expect.objectContaining({ code: 'wire/malformed' }),
    );
  }
  fc.assert(
    fc.property(fc.uint8Array(), bytes => {
      expect(() => parseManifest(bytes)).toThrow(expect.objectContaining({ code: 'wire/malformed' }));
    }),
  );
});
