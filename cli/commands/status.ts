// skein status: the fleet at a glance.

import type { StatusView } from '../../proto/api.js';
import { examples, type Register, terminalOf } from '../context.js';
import { connect, type FleetOptions, withFleetOptions } from '../fleet.js';
import { percent, shortHash, size, time } from '../ui/format.js';
import { type Channel, printResult } from '../ui/terminal.js';

export const registerStatus: Register = (program, { signal }) => {
  withFleetOptions(program.command('status'))
    .description('show the fleet, the running task and the live release')
    .addHelpText(
      'after',
      examples('skein status', 'skein status --json', 'skein status --url http://127.0.0.1:8080'),
    )
    .action(async (options: FleetOptions & { readonly json?: boolean }) => {
      printResult(terminalOf(options), await (await connect(options, signal)).status(), statusText);
    });
};

export function statusText(status: StatusView, out: Channel): string {
  const { devices, task, round, release } = status;
  const refused = Object.entries(status.refused).map(([code, count]) => `${code} ${count}`);
  const rows: readonly (readonly [string, string])[] = [
    ['fleet', `${status.fleet}, coordinator ${status.version}, up since ${time(status.startedMs)}`],
    ['devices', `${devices.online} online of ${devices.enrolled} enrolled, ${devices.revoked} revoked`],
    [
      'task',
      task === null ? 'none' : `${task.id}: ${task.state}, ${task.roundsDone} of ${task.rounds} rounds`,
    ],
    ['round', round === null ? 'none' : `${round.round} of ${round.task}: ${round.state}`],
    [
      'release',
      release === null
        ? 'none: devices use the base model'
        : `${shortHash(release.hash)} from round ${release.round}, root accuracy ${percent(release.accuracy)}`,
    ],
    ['bytes', `${size(status.bytesUp)} up, ${size(status.bytesDown)} down`],
    ['refused', refused.length === 0 ? 'nothing' : refused.join(', ')],
    ['privacy', status.privacy],
  ];
  return rows.map(([name, value]) => `${out.style('dim', name.padEnd(9))} ${value}`).join('\n');
}
