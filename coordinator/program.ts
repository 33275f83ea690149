// The `skein-coordinator` command line: one command that runs until it is stopped.

import { Command, CommanderError } from 'commander';
import { systemClock } from '../core/clock.js';
import { SkeinError } from '../core/errors.js';
import { exit } from '../core/exitCodes.js';
import { systemRandom } from '../core/random.js';
import { createLog } from '../platform/log.js';
import { packageVersion } from '../platform/version.js';
import { type ConfigArguments, loadCoordinatorConfig } from './config.js';
import { startCoordinator } from './coordinator.js';

export interface Context {
  readonly signal: AbortSignal;
}

export function buildProgram({ signal }: Context): Command {
  const command = new Command('skein-coordinator')
    .description("The operator's server of a Skein fleet: broker, rounds, releases, dashboard.")
    .version(packageVersion(), '-V, --version')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => {} })
    .addHelpText(
      'after',
      `
Examples:
  $ skein init --fleet ./fleet             make a fleet first
  $ skein-coordinator run --fleet ./fleet  run it with ./fleet/skein-coordinator.yaml
  $ skein-coordinator run --config coordinator.yaml --model model.gguf

Exit codes: 0 stopped by SIGINT or SIGTERM, 2 usage, 3 configuration, 10 files, 11 network (a busy port), 12 model,
20 no fleet in the folder, 130 and 143 interrupted while it starts (docs/reference/exit-codes.md).`,
    );
  command
    .command('run')
    .description(
      'run until SIGINT or SIGTERM; the addresses are printed, and kept in coordinator.json of the folder',
    )
    .option('--config <file>', 'configuration, YAML (default: skein-coordinator.yaml in the folder)')
    .option('--fleet <dir>', 'folder of the fleet (default: $SKEIN_FLEET, else the data folder)')
    .option('--model <file>', 'base model, GGUF (default: the one that `skein model get` keeps)')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .action((options: ConfigArguments) => run(options, signal));
  return command;
}

/** Runs one command line; help and version are successes, everything commander refuses is a `usage` error. */
export async function runCommand(argv: readonly string[], context: Context): Promise<number> {
  try {
    await buildProgram(context).parseAsync(argv, { from: 'user' });
    return exit.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exit.ok;
    if (error.code === 'commander.help') return exit.usage;
    throw new SkeinError('usage', error.message.replace(/^error: /, ''), { cause: error });
  }
}

async function run(options: ConfigArguments, signal: AbortSignal): Promise<void> {
  const config = await loadCoordinatorConfig(options);
  const { level, file } = config.log;
  const log = createLog({ name: 'coordinator', level, ...(file !== undefined && { file }) });
  const coordinator = await startCoordinator(config, {
    clock: systemClock,
    random: systemRandom,
    log,
    signal,
  });
  try {
    const { fleet, operatorUrl, mqtt, enroll } = coordinator.addresses;
    process.stdout.write(
      [
        `Fleet ${fleet}`,
        `  devices    mqtts://${mqtt.host}:${mqtt.port}, enrolment https://${enroll.host}:${enroll.port}`,
        `  dashboard  ${operatorUrl}/#token=${coordinator.operatorToken}`,
        '',
      ].join('\n'),
    );
    await new Promise<void>(resolve => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    log.info('stopping');
  } finally {
    await coordinator.stop();
  }
}
