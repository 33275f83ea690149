// Tables: thin rules, no verticals, numbers to the right.

import Table from 'cli-table3';
import type { Channel } from './terminal.js';

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
}

const noRules = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Rows of cells below a head; an empty table says so in `empty`. */
export function table(
  out: Channel,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  empty = 'none',
): string {
  if (rows.length === 0) return out.style('dim', empty);
  const drawn = new Table({
    head: columns.map(column => out.style('bold', column.head)),
    colAligns: columns.map(column => column.align ?? 'left'),
    chars: noRules,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  drawn.push(...rows.map(row => [...row]));
  return drawn
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n');
}
