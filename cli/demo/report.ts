// What the demo found out: the JSON document that it prints, and the same as tables for people.

import { formatDuration } from '../../core/index.js';
import { percent, shortHash, size } from '../ui/format.js';
import { table } from '../ui/table.js';
import type { Channel } from '../ui/terminal.js';

/** Shares; null where there was nothing to measure on. */
export interface Three {
  readonly base: number | null;
  readonly alone: number | null;
  readonly together: number | null;
}

export interface DeviceResult {
  readonly id: string;
  readonly records: number;
  readonly accuracy: Three;
  readonly own: Three;
  /** Whole lines right; only where answers are free text, of which accuracy counts the fields. */
  readonly exact?: Three;
  readonly own_exact?: Three;
  readonly bytes_up: number;
  readonly bytes_down: number;
}

export interface RoundResult {
  readonly round: number;
  readonly bytes_up: number;
  readonly bytes_down: number;
  readonly seconds: number;
  readonly aggregate: string;
  /** Of the candidate on the coordinator's root set. */
  readonly accuracy: number | null;
  readonly devices: readonly {
    readonly id: string;
    readonly bytes_up: number;
    readonly bytes_down: number;
  }[];
}

export interface DemoResult {
  readonly devices: readonly DeviceResult[];
  readonly mean: Three;
  readonly own: Three;
  readonly exact?: Three;
  readonly rounds: readonly RoundResult[];
  readonly aggregate: string;
  readonly leaks: number;
  readonly control_leaks: number;
  readonly searched: { readonly bytes: number; readonly phrases: number; readonly too_short: number };
  readonly privacy: string;
  readonly seconds: number;
  readonly model: string;
}

export const honestLine =
  'No record text left; updates are not yet protected against reconstruction by the coordinator (no secure aggregation, epsilon unbounded).';

export function meanOf(values: readonly Three[]): Three {
  const mean = (of: keyof Three): number | null => {
    const known = values.map(value => value[of]).filter(value => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  return { base: mean('base'), alone: mean('alone'), together: mean('together') };
}

export function resultText(result: DemoResult, out: Channel): string {
  return [
    '',
    out.style('bold', 'How well each device answers'),
    accuracyTable(result, out),
    '',
    out.style('bold', 'Rounds'),
    roundTable(result, out),
    '',
    out.style('bold', 'What left the devices'),
    ...leakLines(result, out),
    '',
    `${result.model}, ${result.devices.length} devices, ${formatDuration(1000 * result.seconds)} in all.`,
  ].join('\n');
}

function accuracyTable({ devices, mean, own, exact }: DemoResult, out: Channel): string {
  const right = (head: string) => ({ head, align: 'right' }) as const;
  const columns = [
    { head: 'device' },
    right('records'),
    ...['base', 'alone', 'together'].map(name => right(`shared ${name}`)),
    ...['base', 'alone', 'together'].map(name => right(`own ${name}`)),
    ...(exact === undefined ? [] : ['alone', 'together'].map(name => right(`lines ${name}`))),
    right('up'),
    right('down'),
  ];
  const rows = devices.map(device => [
    device.id,
    String(device.records),
    ...threeCells(device.accuracy, out),
    ...threeCells(device.own, out),
    ...(device.exact === undefined ? [] : [percent(device.exact.alone), percent(device.exact.together)]),
    size(device.bytes_up),
    size(device.bytes_down),
  ]);
  const last = [
    out.style('bold', 'mean'),
    '',
    ...threeCells(mean, out),
    ...threeCells(own, out),
    ...(exact === undefined ? [] : [percent(exact.alone), percent(exact.together)]),
    '',
    '',
  ];
  return table(out, columns, [...rows, last]);
}

const threeCells = ({ base, alone, together }: Three, out: Channel): string[] => [
  percent(base),
  percent(alone),
  (together ?? 0) > (alone ?? 1) ? out.style('green', percent(together)) : percent(together),
];

const maxDeviceColumns = 6;

function roundTable({ rounds, devices }: DemoResult, out: Channel): string {
  const shown = devices.length <= maxDeviceColumns ? devices : [];
  const columns = [
    { head: 'round', align: 'right' },
    { head: 'took', align: 'right' },
    { head: 'root set', align: 'right' },
    { head: 'aggregate' },
    ...shown.map(({ id }) => ({ head: `${id} up / down`, align: 'right' }) as const),
    { head: 'all up / down', align: 'right' },
  ] as const;
  const both = (bytes: { bytes_up: number; bytes_down: number } | undefined): string =>
    bytes === undefined ? '–' : `${size(bytes.bytes_up)} / ${size(bytes.bytes_down)}`;
  const rows = rounds.map(round => [
    String(round.round),
    formatDuration(1000 * round.seconds),
    percent(round.accuracy),
    shortHash(round.aggregate),
    ...shown.map(({ id }) => both(round.devices.find(device => device.id === id))),
    both(round),
  ]);
  return table(out, columns, rows);
}

function leakLines({ leaks, control_leaks, searched, privacy }: DemoResult, out: Channel): string[] {
  const short = searched.too_short === 0 ? '' : ` (${searched.too_short} records are too short to look for)`;
  const found = leaks === 0 ? out.style('green', '0') : out.style(['bold', 'red'], String(leaks));
  return [
    `${found} private phrases found in the ${size(searched.bytes)} that reached the coordinator's sockets: ${searched.phrases} canaries and five-word runs, raw and decoded${short}.`,
    `${control_leaks} of 2 found of a phrase that was sent on purpose, over MQTT and over HTTPS: the search sees what is there.`,
    privacy,
  ];
}
