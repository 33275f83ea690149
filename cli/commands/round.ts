// skein round: follows rounds while they happen.

import { formatDuration, SkeinError, sleep, systemClock } from '../../core/index.js';
import type { RoundDeviceView, RoundView } from '../../proto/api.js';
import type { FleetClient } from '../client.js';
import { examples, type Register, terminalOf } from '../context.js';
import { connect, type FleetOptions, withFleetOptions } from '../fleet.js';
import { percent, shortHash, size } from '../ui/format.js';
import { bar, Live, tenths } from '../ui/live.js';
import type { Channel } from '../ui/terminal.js';

type Options = FleetOptions & { readonly json?: boolean; readonly task?: string };

export const registerRound: Register = (program, { signal }) => {
  const round = program.command('round').description('follow rounds');

  withFleetOptions(round.command('watch'))
    .description('show rounds as they happen, until the task ends; --json prints one JSON document a line')
    .option('--task <id>', 'which task (default: the running one, or the next)')
    .addHelpText('after', examples('skein round watch', 'skein round watch --task tickets --json'))
    .action(async (options: Options) => {
      const client = await connect(options, signal);
      const { out, json } = terminalOf(options);
      const live = new Live(out);
      try {
        for await (const rounds of watchRounds(client, options.task, signal)) {
          const latest = rounds.at(-1);
          if (latest === undefined) continue;
          if (json) out.line(JSON.stringify(latest));
          else live.update(roundLines(rounds, out), roundPlain(rounds));
        }
      } finally {
        live.end();
      }
    });
};

const pollMs = 500;

/**
 * The rounds of a task, oldest first, at once and again with every change, until the task is over. It asks again and again:
 * that needs no connection to stay, and one small answer from the same network twice a second costs nothing.
 */
export async function* watchRounds(
  client: FleetClient,
  task: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<readonly RoundView[]> {
  let watched = task;
  let last = '';
  for (;;) {
    const tasks = await client.tasks();
    watched ??= tasks.find(({ state }) => state === 'running')?.id;
    const state = tasks.find(({ id }) => id === watched)?.state;
    if (task !== undefined && state === undefined) {
      throw new SkeinError('task/not-found', `There is no task ${task}.`);
    }
    const rounds = watched === undefined ? [] : await client.rounds(watched);
    const now = JSON.stringify(rounds);
    if (now !== last && rounds.length > 0) yield rounds;
    last = now;
    if (state !== undefined && state !== 'running') return;
    await sleep(systemClock, pollMs, signal);
  }
}

const phaseColour: Readonly<Partial<Record<RoundDeviceView['phase'], Parameters<Channel['style']>[0]>>> = {
  counted: 'green',
  refused: 'red',
  failed: 'red',
  declined: 'yellow',
};

/** Finished rounds as one line each, the running one with a line a device. */
export function roundLines(rounds: readonly RoundView[], out: Channel): string[] {
  return rounds.flatMap(round => [
    roundLine(round, out),
    ...(round.closedMs === null ? round.devices.map(device => deviceLine(device, out)) : []),
  ]);
}

function roundLine(round: RoundView, out: Channel): string {
  const name = out.style('bold', `round ${round.round}`);
  const bytes = `${size(round.bytesUp)} up, ${size(round.bytesDown)} down`;
  if (round.closedMs === null) return `${name}  ${round.state}  ${bytes}`;
  const took = formatDuration(round.closedMs - round.openedMs);
  if (round.state !== 'released')
    return `${name}  ${out.style('red', round.state)}  ${round.reason}  ${took}`;
  // The release's name is what `skein release` takes, so it stands where no terminal cuts it; the aggregate's tells whether
  // two runs learned the same.
  const released = out.style('green', 'released');
  const aggregate = out.style('dim', `aggregate ${shortHash(round.aggregate)}`);
  return `${name}  ${released}  release ${shortHash(round.release)}  root accuracy ${percent(round.accuracy)}  ${took}  ${bytes}  ${aggregate}`;
}

function deviceLine(device: RoundDeviceView, out: Channel): string {
  const share = device.steps === 0 ? 0 : device.step / device.steps;
  const style = phaseColour[device.phase];
  const phase = device.phase.padEnd(9);
  const progress =
    device.phase === 'training' ? `${bar(share, 16)} ${device.step}/${device.steps}` : device.reason;
  return `  ${device.device.padEnd(12)} ${style === undefined ? phase : out.style(style, phase)} ${progress}`;
}

/** The same as lines of a log: each round's and each device's text when it changes. */
export function roundPlain(rounds: readonly RoundView[]): Record<string, string> {
  const out: Record<string, string> = {};
  const plain: Pick<Channel, 'style'> = { style: (_, text) => text };
  for (const round of rounds) {
    for (const device of round.devices) {
      const share = device.steps === 0 ? 0 : device.step / device.steps;
      const progress =
        device.phase === 'training' ? ` ${tenths(share)}` : device.reason === '' ? '' : ` (${device.reason})`;
      out[`${round.round} ${device.device}`] =
        `round ${round.round}: ${device.device} ${device.phase}${progress}`;
    }
    if (round.closedMs !== null) out[String(round.round)] = roundLine(round, plain as Channel);
    else out[`${round.round} state`] = `round ${round.round}: ${round.state}`;
  }
  return out;
}
