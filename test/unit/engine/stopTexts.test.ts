// Stop strings: the text ends before the first one, however it is cut into pieces, and no part of it is let out before.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stopTexts } from '../../../model/engine/stopTexts.js';

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
const stopsOf = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 }), {
  maxLength: 3,
});

it('lets out what stands before the first stop string, for every division into pieces', () => {
  fc.assert(
    fc.property(letters, stopsOf, fc.array(fc.nat({ max: 30 })), (text, stops, cuts) => {
      const places = stops.map(stop => text.indexOf(stop)).filter(place => place >= 0);
      const whole = places.length === 0 ? text : text.slice(0, Math.min(...places));
      const borders = [0, ...cuts.filter(cut => cut < text.length).sort((a, b) => a - b), text.length];
      const gate = stopTexts(stops);
      let out = '';
      let hit = false;
      for (let n = 1; n < borders.length && !hit; n++) {
        const passed = gate.push(text.slice(borders[n - 1], borders[n]));
        out += passed.text;
        hit = passed.hit;
        expect(whole.startsWith(out)).toBe(true);
      }
      if (!hit) {
        const rest = gate.end('');
        out += rest.text;
        hit = rest.hit;
      }
      expect(hit).toBe(places.length > 0);
      expect(out).toBe(whole);
    }),
  );
});

it('holds nothing back that cannot become a stop string', () => {
  const gate = stopTexts(['###']);
  expect(gate.push('one #')).toEqual({ text: 'one ', hit: false });
  expect(gate.push(' two')).toEqual({ text: '# two', hit: false });
  expect(gate.push('##')).toEqual({ text: '', hit: false });
  expect(gate.push('#!')).toEqual({ text: '', hit: true });
  expect(() => stopTexts([''])).toThrowError(expect.objectContaining({ code: 'engine/request' }));
});

it('ends before the stop string that comes first in the text, not in the list', () => {
  expect(stopTexts(['late', 'early']).push('so early is not late')).toEqual({ text: 'so ', hit: true });
  expect(stopTexts(['late', 'early']).end('so early is not late')).toEqual({ text: 'so ', hit: true });
});
