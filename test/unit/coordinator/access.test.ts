// Topic rules: a device's own, and nothing else, whatever the topic looks like.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPublication, checkSubscription } from '../../../coordinator/broker/access.js';
import { allTopic, deviceFilters, downTopic, type Kind, kinds, upTopic } from '../../../proto/topics.js';

const all = Object.keys(kinds) as Kind[];
const rows = Object.entries(kinds) as [Kind, { directions: readonly string[]; maxBytes: number }][];
const publish = (topic: string, over: object = {}) =>
  checkPublication('f', 'd', { topic, size: 10, qos: 1, retain: false, ...over });
const passes = (work: () => void): boolean => {
  try {
    work();
    return true;
  } catch {
    return false;
  }
};

test('a device publishes exactly the kinds that go up, on its own topic, up to their size', () => {
  for (const [kind, { directions, maxBytes }] of rows) {
    expect(passes(() => publish(upTopic('f', 'd', kind)))).toBe(directions.includes('up'));
    if (!directions.includes('up')) continue;
    publish(upTopic('f', 'd', kind), { size: maxBytes });
    expect(() => publish(upTopic('f', 'd', kind), { size: maxBytes + 1 })).toThrow(
      expect.objectContaining({ code: 'wire/oversized' }),
    );
  }
});

test('it reads exactly what is for it or for all', () => {
  for (const filter of deviceFilters('f', 'd')) checkSubscription('f', 'd', filter);
  for (const [kind, { directions }] of rows) {
    expect(passes(() => checkSubscription('f', 'd', downTopic('f', 'd', kind)))).toBe(
      directions.includes('down'),
    );
    expect(passes(() => checkSubscription('f', 'd', allTopic('f', kind)))).toBe(directions.includes('all'));
    expect(passes(() => checkSubscription('f', 'd', upTopic('f', 'd', kind)))).toBe(false);
  }
});

test('no topic of another device or fleet, in any spelling, is ever allowed', () => {
  const part = fc.constantFrom(
    'skein',
    '1',
    'f',
    'd',
    'd2',
    'g',
    'up',
    'down',
    'all',
    '+',
    '#',
    '',
    '$SYS',
    '..',
    ...all,
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 9 }), parts => {
      const topic = parts.join('/');
      if (passes(() => publish(topic))) expect(topic).toMatch(/^skein\/1\/f\/d\/d\/up\/[a-z]+$/);
      if (passes(() => checkSubscription('f', 'd', topic)))
        expect(topic).toMatch(/^skein\/1\/f\/(?:d\/d\/down|all)\/(?:\+|[a-z]+)$/);
    }),
    { numRuns: 5000 },
  );
});
