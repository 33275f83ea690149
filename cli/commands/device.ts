// skein device: makes enrolment tokens, lists the fleet, revokes devices.

import type { DeviceView } from '../../proto/api.js';
import { examples, type Register, terminalOf } from '../context.js';
import { connect, type FleetOptions, withFleetOptions } from '../fleet.js';
import { ago, shortHash, size } from '../ui/format.js';
import { table } from '../ui/table.js';
import { type Channel, printResult } from '../ui/terminal.js';

type Options = FleetOptions & { readonly json?: boolean };

export const registerDevice: Register = (program, { signal }) => {
  const device = program.command('device').description('add, list and revoke devices');

  withFleetOptions(device.command('add <id>'))
    .description('make a one-time token with which a device of this name enrols')
    .addHelpText(
      'after',
      examples('skein device add ward-1', 'skein device add ward-1 --json | jq -r .token'),
    )
    .action(async (id: string, options: Options) => {
      const added = await (await connect(options, signal)).addDevice(id);
      printResult(terminalOf(options), added, (value, out) =>
        [
          `Token for ${out.style('bold', value.id)}, good once until ${new Date(value.expiresMs).toISOString()}:`,
          '',
          value.token,
          '',
          `On the device: skein-agent enroll ${out.style('dim', 'TOKEN')}`,
        ].join('\n'),
      );
    });

  withFleetOptions(device.command('list'))
    .description('list devices')
    .addHelpText('after', examples('skein device list', 'skein device list --json'))
    .action(async (options: Options) => {
      const devices = await (await connect(options, signal)).devices();
      printResult(terminalOf(options), { devices }, ({ devices }, out) =>
        deviceTable(devices, out, Date.now()),
      );
    });

  withFleetOptions(device.command('revoke <id>'))
    .description('cut a device off at once and for good')
    .addHelpText('after', examples('skein device revoke ward-1'))
    .action(async (id: string, options: Options) => {
      const revoked = await (await connect(options, signal)).revokeDevice(id);
      printResult(terminalOf(options), revoked, value => `${value.id} is revoked.`);
    });
};

const state = (device: DeviceView): string => {
  if (device.revokedMs !== null) return 'revoked';
  if (device.enrolledMs === null) return 'invited';
  return device.online ? 'online' : 'offline';
};

const colours = { revoked: 'red', invited: 'yellow', online: 'green', offline: 'dim' } as const;

export function deviceTable(devices: readonly DeviceView[], out: Channel, nowMs: number): string {
  const columns = [
    { head: 'device' },
    { head: 'state' },
    { head: 'last seen' },
    { head: 'profile' },
    { head: 'release' },
    { head: 'up', align: 'right' },
    { head: 'down', align: 'right' },
  ] as const;
  const rows = devices.map(device => {
    const now = state(device) as keyof typeof colours;
    return [
      device.id,
      out.style(colours[now], now),
      ago(device.lastSeenMs, nowMs),
      device.profile === '' ? '–' : device.profile,
      shortHash(device.release),
      size(device.bytesUp),
      size(device.bytesDown),
    ];
  });
  return table(out, columns, rows, 'No devices yet. Make one with: skein device add ID');
}
