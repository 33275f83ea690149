// skein-agent status: identity, records, release, work under way.

import type { StatusView } from '../answering/requests.js';
import { askAgent } from './askAgent.js';
import { type CommonOptions, examples, print, type Register, withCommonOptions } from './context.js';

export const registerStatus: Register = (program, { signal }) => {
  withCommonOptions(program.command('status'))
    .description('what this device is, holds and does')
    .addHelpText('after', examples('skein-agent status', 'skein-agent status --json'))
    .action(async (options: CommonOptions) => {
      print(options, await askAgent(options, 'status', {}, { signal }), draw);
    });
};

function draw(view: StatusView): string {
  const { device, fleet, running, online, offlineReason, records, release, assignment } = view;
  const line = online ? 'connected' : `not connected ${offlineReason && `(${offlineReason})`}`.trim();
  const daemon = running ? `running, ${line}` : 'not running';
  return [
    `device    ${device === '' ? 'not enrolled' : `${device} of the fleet ${fleet}`}`,
    `daemon    ${daemon}`,
    `records   ${records.count}: ${records.training} to learn from, ${records.heldOut} to measure on`,
    `release   ${release === null ? 'none: the base model' : `${release.hash.slice(0, 12)} of ${release.task}, round ${release.round}`}`,
    `learning  ${assignment === null ? 'nothing yet' : `${assignment.task}, round ${assignment.round}: ${assignment.state} ${assignment.reason}`.trim()}`,
  ].join('\n');
}
