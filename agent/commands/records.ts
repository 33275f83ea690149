// skein-agent records: imports, lists and forgets the device's own records.

import { type Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../../core/clock.js';
import { SkeinError } from '../../core/errors.js';
import { parseDuration } from '../../core/units.js';
import type { Forget, Records } from '../records/records.js';
import { openWorkbench } from '../workbench.js';
import {
  type CommonOptions,
  configOf,
  examples,
  print,
  type Register,
  withCommonOptions,
} from './context.js';

interface ForgetOptions extends CommonOptions {
  readonly all?: boolean;
  readonly olderThan?: number;
}

async function withRecords<T>(options: CommonOptions, work: (records: Records) => Promise<T>): Promise<T> {
  const bench = await openWorkbench(await configOf(options), systemClock);
  try {
    return await work(bench.records);
  } finally {
    await bench.close();
  }
}

export const registerRecords: Register = program => {
  const records = program.command('records').description("import, list and forget the device's own records");
  registerImport(records);
  registerList(records);
  registerForget(records);
};

function registerImport(records: Command): void {
  withCommonOptions(records.command('import <file>'))
    .description('import JSON lines of {"text","label"}; nothing is imported where a line is bad')
    .option('--skip-bad', 'import the good lines of a file with bad ones')
    .addHelpText(
      'after',
      examples('skein-agent records import notes.jsonl', 'skein-agent records import notes.jsonl --skip-bad'),
    )
    .action(async (file: string, options: CommonOptions & { skipBad?: boolean }) => {
      const result = await withRecords(options, async store => ({
        ...(await store.importFile(file, { skipBad: options.skipBad === true })),
        ...(await store.counts()),
      }));
      print(options, result, ({ imported, duplicates, skipped, count }) =>
        [
          `${imported} imported, ${duplicates} were there already; ${count} records in all.`,
          ...skipped.map(({ line, reason }) => `  line ${line} left out: ${reason}`),
        ].join('\n'),
      );
    });
}

function registerList(records: Command): void {
  withCommonOptions(records.command('list'))
    .description('count the records; with --text, show them')
    .option('--text', 'show id, text and label of each')
    .addHelpText('after', examples('skein-agent records list', 'skein-agent records list --text --json'))
    .action(async (options: CommonOptions & { text?: boolean }) => {
      const result = await withRecords(options, async store => ({
        ...(await store.counts()),
        ...(options.text === true && { records: await store.list() }),
      }));
      print(options, result, ({ count, training, heldOut, records: shown = [] }) =>
        [
          ...shown.map(
            record => `${record.id}\t${JSON.stringify(record.text)}\t${JSON.stringify(record.label)}`,
          ),
          `${count} records: ${training} to learn from, ${heldOut} kept out of training to measure on.`,
        ].join('\n'),
      );
    });
}

function registerForget(records: Command): void {
  withCommonOptions(records.command('forget [ids...]'))
    .description('forget records for good; adapters trained on them stay')
    .option('--all', 'forget all of them')
    .option('--older-than <duration>', 'forget those imported longer ago than 30d, 12h, …', duration)
    .addHelpText(
      'after',
      examples('skein-agent records forget 17 18', 'skein-agent records forget --older-than 90d'),
    )
    .action(async (ids: string[], options: ForgetOptions) => {
      const forgotten = await withRecords(options, store => store.forget(whichRecords(ids, options)));
      print(options, { forgotten }, () => `${forgotten} records forgotten.`);
    });
}

function whichRecords(ids: readonly string[], { all, olderThan }: ForgetOptions): Forget {
  const given = [ids.length > 0, all === true, olderThan !== undefined].filter(Boolean).length;
  if (given !== 1)
    throw new SkeinError('usage', 'Give ids, or --all, or --older-than, and one of them only.');
  if (all === true) return { all };
  if (olderThan !== undefined) return { olderThanMs: olderThan };
  const numbers = ids.map(Number);
  if (!numbers.every(id => Number.isSafeInteger(id) && id > 0))
    throw new SkeinError('usage', 'An id is a whole number.');
  return { ids: numbers };
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('expected a duration such as 30d or 12h');
  return ms;
}
