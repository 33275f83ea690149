// skein-agent receipts: what has left this device, when, why and how large.

import { InvalidArgumentError } from 'commander';
import { systemClock } from '../../core/clock.js';
import { formatBytes } from '../../core/units.js';
import { EgressGate } from '../egress/gate.js';
import { loadIdentity } from '../identity/identityFolder.js';
import { openWorkbench } from '../workbench.js';
import {
  type CommonOptions,
  configOf,
  examples,
  print,
  type Register,
  withCommonOptions,
} from './context.js';

interface Options extends CommonOptions {
  readonly limit: number;
}

export const registerReceipts: Register = program => {
  withCommonOptions(program.command('receipts'))
    .description('what has left this device: a receipt for each thing with content, totals for the rest')
    .option('--limit <count>', 'how many, newest first', count, 20)
    .addHelpText('after', examples('skein-agent receipts', 'skein-agent receipts --limit 1000 --json'))
    .action(async (options: Options) => {
      const config = await configOf(options);
      const { fleet, device } = await loadIdentity(config.dataFolder);
      const bench = await openWorkbench(config, systemClock);
      try {
        const { bytesPerDay } = config.policy;
        const gate = new EgressGate({
          database: bench.database,
          fleet,
          device,
          bytesPerDay,
          clock: systemClock,
        });
        const result = {
          receipts: await gate.receipts({ limit: options.limit }),
          totals: await gate.totals(),
          bytesLeftToday: await gate.bytesLeftToday(),
        };
        print(options, result, ({ receipts, totals, bytesLeftToday }) =>
          [
            ...receipts.map(({ timeMs, kind, purpose, task, round, bytes, hash }) =>
              [
                new Date(timeMs).toISOString(),
                `${kind} for ${purpose}`,
                `${task} round ${round}`,
                formatBytes(bytes),
                hash.slice(0, 12),
              ].join('  '),
            ),
            `In all: ${formatBytes(totals.contentBytes)} with content, ${formatBytes(totals.controlBytes)} in ${totals.controlMessages} control messages; ${formatBytes(bytesLeftToday)} may leave today.`,
          ].join('\n'),
        );
      } finally {
        await bench.close();
      }
    });
};

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100_000)
    throw new InvalidArgumentError('expected 1 to 100000');
  return value;
}
