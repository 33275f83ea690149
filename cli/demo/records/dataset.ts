// What the demo learns: the notes that it makes itself, or a folder of the user's own (`--data`).

import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { maxFileBytes, parseRecords, refuseProblems } from '../../../agent/records/parse.js';
import { SkeinError, toSkeinError } from '../../../core/index.js';
import { readBounded } from '../../../platform/files.js';
import type { LabelledText } from '../../../platform/worker/types.js';
import { generateNotes, maxDevices, notesTemplate } from './generate.js';

export interface DemoData {
  readonly template: string;
  /** A closed set, or empty for free text. */
  readonly labels: readonly string[];
  readonly learningRate: number;
  readonly devices: readonly { readonly id: string; readonly records: readonly LabelledText[] }[];
  readonly holdout: readonly LabelledText[];
  readonly root: readonly LabelledText[];
  /** Phrases that mark one private record each; none where the records are the user's own. */
  readonly canaries: readonly string[];
  /** What the control sends on purpose; it stands in no record. */
  readonly control: string;
}

const maxClosedLabels = 50;
// Measured: 3e-3 learns the notes too slowly for five rounds, at 8e-3 devices drift apart between averages.
const notesRate = 5e-3;
const topicsRate = 2e-3;
const sizes = { perDevice: 60, holdoutPerTeam: 12, rootPerTeam: 4 } as const;

export function notesData(devices: number, seed: number): DemoData {
  if (devices > maxDevices(sizes)) {
    throw new SkeinError('usage', `The demo has notes for at most ${maxDevices(sizes)} devices.`);
  }
  const notes = generateNotes({ devices, seed, ...sizes });
  return {
    template: notesTemplate,
    labels: [],
    learningRate: notesRate,
    devices: notes.devices,
    holdout: notes.holdout,
    root: notes.root,
    canaries: notes.devices.flatMap(device => device.records.map(record => record.canary)),
    control: notes.control,
  };
}

/** Reads device-*.jsonl (the first `devices` of them), holdout.jsonl and root.jsonl of `{"text","label"}`. */
export async function folderData(folder: string, devices: number | undefined): Promise<DemoData> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    throw toSkeinError(error);
  }
  const files = names.filter(name => /^device-.+\.jsonl$/.test(name)).sort(inNumberOrder);
  if (files.length === 0) throw new SkeinError('io/not-found', `${folder} holds no device-*.jsonl.`);
  if (devices !== undefined && devices > files.length) {
    throw new SkeinError('usage', `${folder} holds records of ${files.length} devices, not ${devices}.`);
  }
  const used = files.slice(0, devices ?? files.length);
  const read = (name: string): Promise<readonly LabelledText[]> => readRecords(path.join(folder, name));
  const privateSets = await Promise.all(used.map(read));
  const [holdout, root] = await Promise.all([read('holdout.jsonl'), read('root.jsonl')]);
  const labels = [
    ...new Set([...privateSets.flat(), ...holdout, ...root].map(record => record.label)),
  ].sort();
  const closed = labels.length <= maxClosedLabels;
  return {
    template: closed ? 'Request: {text}\nTopic:' : notesTemplate,
    labels: closed ? labels : [],
    learningRate: closed ? topicsRate : notesRate,
    devices: used.map((name, index) => ({ id: deviceName(name), records: privateSets[index] ?? [] })),
    holdout,
    root,
    canaries: [],
    control: 'skein control phrase that nobody wrote down',
  };
}

/** One JSON object a line; `record/invalid` names file and lines. */
export async function readRecords(file: string): Promise<readonly LabelledText[]> {
  const { records, problems } = parseRecords(await readBounded(file, maxFileBytes));
  refuseProblems(file, problems);
  if (records.length === 0) throw new SkeinError('record/invalid', `${file} holds no records.`);
  return records;
}

const inNumberOrder = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** `device-North 1.jsonl` becomes `device-north-1`: a name that topics and certificates can carry. */
const deviceName = (file: string): string =>
  file
    .replace(/\.jsonl$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
