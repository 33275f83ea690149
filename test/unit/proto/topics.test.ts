// Topics: what the table lists parses to itself, all else is no topic of ours.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  allTopic,
  deviceFilters,
  downTopic,
  type Kind,
  kinds,
  parseTopic,
  upTopic,
} from '../../../proto/topics.js';

const all = Object.entries(kinds) as [Kind, (typeof kinds)[Kind]][];

test('each kind parses in its own directions and in no other', () => {
  for (const [kind, { directions }] of all) {
    const has = (direction: string) => (directions as readonly string[]).includes(direction);
    const at = { fleet: 'f', device: 'd', kind };
    expect(parseTopic(upTopic('f', 'd', kind))).toEqual(has('up') ? { ...at, direction: 'up' } : undefined);
    expect(parseTopic(downTopic('f', 'd', kind))).toEqual(
      has('down') ? { ...at, direction: 'down' } : undefined,
    );
    expect(parseTopic(allTopic('f', kind))).toEqual(
      has('all') ? { ...at, device: undefined, direction: 'all' } : undefined,
    );
  }
});

test('limits of portable brokers: at most 7 slashes, 8 filters, 128 kB', () => {
  const name = 'n'.repeat(63);
  for (const [kind, { maxBytes }] of all) {
    expect(upTopic(name, name, kind).split('/').length - 1).toBeLessThanOrEqual(7);
    expect(maxBytes).toBeLessThan(128_000);
  }
  expect(deviceFilters('f', 'd').length).toBeLessThanOrEqual(8);
});

test.each([
  '',
  'skein',
  'skein/1/f/d/d/up/presence/x',
  'skein/2/f/d/d/up/presence',
  'skein/1/f/d/d/sideways/presence',
  'skein/1/f/d/+/up/presence',
  'skein/1/f/d/d/up/#',
  'skein/1/F/d/d/up/presence',
  'skein/1/f/d//up/presence',
  'skein/1/f/all/presence',
  'skein/1/f/d/d/up/constructor',
  '$SYS/broker/clients',
  `skein/1/f/d/${'d'.repeat(300)}/up/presence`,
])('%j is no topic', topic => {
  expect(parseTopic(topic)).toBeUndefined();
});

test('arbitrary text is parsed to a row of the table or to nothing', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      const parsed = parseTopic(text);
      if (parsed !== undefined) expect(Object.keys(kinds)).toContain(parsed.kind);
    }),
  );
});
