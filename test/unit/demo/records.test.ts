// The demo's records: the same from the same seed, unique, and such that a device cannot know the teams of others.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { folderData, notesData } from '../../../cli/demo/records/dataset.js';
import { generateNotes } from '../../../cli/demo/records/generate.js';
import { teams } from '../../../cli/demo/records/vocabulary.js';

const notes = generateNotes({ devices: 4, seed: 7, perDevice: 60, holdoutPerTeam: 12, rootPerTeam: 4 });
const everything = [...notes.devices.flatMap(device => device.records), ...notes.holdout, ...notes.root];
const teamOf = (label: string): string => label.split('; ')[0] ?? '';

describe('the notes', () => {
  it('are the same from the same seed and others from another', () => {
    const options = { devices: 4, perDevice: 60, holdoutPerTeam: 12, rootPerTeam: 4 };
    expect(generateNotes({ ...options, seed: 7 })).toEqual(notes);
    expect(generateNotes({ ...options, seed: 8 }).holdout).not.toEqual(notes.holdout);
  });

  it('carry each a phrase of their own, in the text and never in the label', () => {
    expect(new Set(everything.map(record => record.text)).size).toBe(everything.length);
    expect(new Set([...everything.map(record => record.canary), notes.control]).size).toBe(
      everything.length + 1,
    );
    for (const record of everything) {
      expect(record.text).toContain(record.canary);
      expect(record.label).not.toContain(record.canary.split(' ')[1]);
      expect(everything.filter(other => other.text.includes(record.canary))).toHaveLength(1);
    }
  });

  it('show each device two teams, all teams to the fleet, and all to the holdout and the root set', () => {
    const seen = notes.devices.map(device => new Set(device.records.map(record => teamOf(record.label))));
    expect(seen.map(set => set.size)).toEqual([2, 2, 2, 2]);
    expect(new Set(seen.flatMap(set => [...set])).size).toBe(8);
    expect(new Set(notes.holdout.map(record => teamOf(record.label))).size).toBe(8);
    expect(new Set(notes.root.map(record => teamOf(record.label))).size).toBe(8);
  });

  it('say the thing and the place in the text, but not the team', () => {
    for (const { text, label } of everything) {
      const [team, thing, place, pace] = label.split('; ');
      expect(text.toLowerCase()).toContain(thing);
      expect(text.toLowerCase()).toContain(place);
      expect(text.toLowerCase().split(/\W+/)).not.toContain(team);
      expect(['yes', 'no']).toContain(pace);
    }
  });

  it('give every thing to one team only', () => {
    const things = teams.flatMap(team => team.things);
    expect(new Set(things).size).toBe(things.length);
  });

  it('need more than words: the line of the most similar known note is nearly always wrong', () => {
    const words = (text: string): Set<string> => new Set(text.toLowerCase().split(/\W+/));
    const nearest = (text: string, known: readonly { text: string; label: string }[]): string => {
      const asked = words(text);
      const alike = known.map(record => [...words(record.text)].filter(word => asked.has(word)).length);
      return known[alike.indexOf(Math.max(...alike))]?.label ?? '';
    };
    const share = (
      known: readonly { text: string; label: string }[],
      same: (a: string, b: string) => boolean,
    ): number =>
      notes.holdout.filter(({ text, label }) => same(nearest(text, known), label)).length /
      notes.holdout.length;
    const all = notes.devices.flatMap(device => device.records);
    expect(share(all, (a, b) => a === b)).toBeLessThan(0.1);
    for (const { records } of notes.devices) {
      expect(share(records, (a, b) => teamOf(a) === teamOf(b))).toBeLessThanOrEqual(0.25);
    }
  });

  it('cannot be made for more devices than there are phrases', () => {
    expect(() => notesData(1000, 1)).toThrowError(expect.objectContaining({ code: 'usage' }));
  });
});

describe('a folder of records', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'skein-records-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (name: string, rows: readonly { text: string; label: string }[]): void =>
    writeFileSync(path.join(folder, name), rows.map(row => `${JSON.stringify(row)}\n`).join(''));

  it('closes the label set over all files where it is small', async () => {
    write('device-2.jsonl', [{ text: 'hello there', label: 'small talk' }]);
    write('device-10.jsonl', [{ text: 'pay my bill', label: 'bills' }]);
    write('holdout.jsonl', [{ text: 'book a table', label: 'food' }]);
    write('root.jsonl', [{ text: 'what is a word', label: 'language' }]);
    const data = await folderData(folder, undefined);
    expect(data.devices.map(device => device.id)).toEqual(['device-2', 'device-10']);
    expect(data.labels).toEqual(['bills', 'food', 'language', 'small talk']);
    expect((await folderData(folder, 1)).labels).toEqual(['food', 'language', 'small talk']);
    await expect(folderData(folder, 3)).rejects.toMatchObject({ code: 'usage' });
  });

  it('leaves it open where it is large', async () => {
    write(
      'holdout.jsonl',
      Array.from({ length: 60 }, (_, n) => ({ text: `text ${n}`, label: `label ${n}` })),
    );
    expect((await folderData(folder, undefined)).labels).toEqual([]);
  });

  it('refuses what is no folder of records', async () => {
    await expect(folderData(path.join(folder, 'none'), 1)).rejects.toMatchObject({ code: 'io/not-found' });
    write('holdout.jsonl', []);
    await expect(folderData(folder, 1)).rejects.toMatchObject({ code: 'record/invalid' });
  });
});
