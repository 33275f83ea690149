// docs/reference/errors.md and exit-codes.md, from the registries.

import { errorCodes, exit } from '../../core/index.js';
import { code, heading, markdownTable, page } from './markdown.js';

const entries = Object.entries(errorCodes);

export function errorsPage(): string {
  const groups = new Map<string, typeof entries>();
  for (const entry of entries) {
    const name = entry[0].includes('/') ? (entry[0].split('/')[0] as string) : 'general';
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  return page(
    'Error codes',
    'Every error of the three programs has one of these codes. With `--json` a failed command prints `{"error":{"code","message","data"}}` on standard output. A code never changes its meaning.',
    ...[...groups].flatMap(([name, rows]) => [
      heading(2, name),
      markdownTable(
        ['code', 'what happened', 'what to do', 'exit code'],
        rows.map(([id, { summary, remedy, exit: number }]) => [code(id), summary, remedy, String(number)]),
      ),
    ]),
  );
}

export function exitCodesPage(): string {
  const rows = Object.entries(exit)
    .sort(([, a], [, b]) => a - b)
    .map(([name, number]) => {
      const codes = entries.filter(([, entry]) => entry.exit === number).map(([id]) => code(id));
      return [String(number), name, number === 0 ? 'done' : codes.join(', ')];
    });
  return page(
    'Exit codes',
    'All three programs end with these. 1 to 9 are general, 10 to 19 are about this machine, 20 to 29 about the fleet; a program that a signal ended returns 128 and the number of the signal.',
    markdownTable(['exit code', 'name', 'error codes'], rows),
  );
}
