// Makes the demo's records from a seed: private notes of each device, the shared holdout, the coordinator's root set.

import { SeededRandom } from '../../../core/index.js';
import type { LabelledText } from '../../../platform/worker/types.js';
import { codeFirst, codeSecond, people, places, relaxed, sentences, teams, urgent } from './vocabulary.js';

export interface NotesOptions {
  readonly devices: number;
  readonly seed: number;
  /** Records a device. */
  readonly perDevice: number;
  /** Records a team in the holdout and in the root set. */
  readonly holdoutPerTeam: number;
  readonly rootPerTeam: number;
}

export interface MarkedText extends LabelledText {
  /** A phrase that stands in this text and in no other. */
  readonly canary: string;
}

export interface Notes {
  readonly devices: readonly { readonly id: string; readonly records: readonly MarkedText[] }[];
  readonly holdout: readonly MarkedText[];
  readonly root: readonly MarkedText[];
  /** A phrase like the others that no record carries: what the control sends on purpose. */
  readonly control: string;
}

export const notesTemplate = 'Note: {text}\nTicket:';

/** The same seed gives the same notes on every machine. No text occurs twice, no code phrase either. */
export function generateNotes(options: NotesOptions): Notes {
  const random = new SeededRandom(options.seed);
  const codes = random.shuffle(codeFirst.flatMap(first => codeSecond.map(second => `${first} ${second}`)));
  const seen = new Set<string>();
  const nextCode = (): string => {
    const code = codes.pop();
    if (code === undefined) throw new RangeError('More records than code phrases.');
    return code;
  };
  const many = (teamIndexes: readonly number[], count: number): MarkedText[] => {
    const out: MarkedText[] = [];
    for (let i = 0; out.length < count; i++) {
      const note = draw(random, teamIndexes[i % teamIndexes.length] ?? 0, Math.floor(i / teamIndexes.length));
      if (seen.has(note.text)) continue;
      seen.add(note.text);
      const canary = nextCode();
      const marked = random.below(2) === 0 ? `${note.text} Code ${canary}.` : `Code ${canary}. ${note.text}`;
      out.push({ text: marked, label: note.label, canary });
    }
    return random.shuffle(out);
  };
  const all = teams.map((_, index) => index);
  const control = nextCode();
  const root = many(all, options.rootPerTeam * teams.length);
  const holdout = many(all, options.holdoutPerTeam * teams.length);
  const devices = Array.from({ length: options.devices }, (_, index) => ({
    id: `ward-${index + 1}`,
    records: many([(2 * index) % teams.length, (2 * index + 1) % teams.length], options.perDevice),
  }));
  return { devices, holdout, root, control };
}

/** The largest `devices` for which there are code phrases enough. */
export function maxDevices(options: Omit<NotesOptions, 'devices' | 'seed'>): number {
  const shared = 1 + (options.holdoutPerTeam + options.rootPerTeam) * teams.length;
  return Math.floor((codeFirst.length * codeSecond.length - shared) / options.perDevice);
}

function draw(random: SeededRandom, teamIndex: number, turn: number): LabelledText {
  const team = teams[teamIndex] as (typeof teams)[number];
  // In turn, not by chance: sixty records are few, and every thing should be among them.
  const thing = team.things[turn % team.things.length] as string;
  const isUrgent = random.below(2) === 0;
  const place = drawPlace(random);
  const values: Readonly<Record<string, string>> = {
    thing,
    place,
    matter: random.pick(team.matters),
    person: random.pick(people),
    pace: random.pick(isUrgent ? urgent : relaxed),
  };
  const text = random.pick(sentences).replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
  const label = [team.name, thing, place.replace(/^the /, ''), isUrgent ? 'yes' : 'no'].join('; ');
  return { text: capitalise(text), label };
}

function drawPlace(random: SeededRandom): string {
  const kind = random.below(4);
  if (kind === 0) return random.pick(places);
  if (kind === 1) return `ward ${1 + random.below(9)}`;
  return `room ${100 + random.below(400)}`;
}

const capitalise = (text: string): string =>
  text.replace(/(^|\. )([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase());
