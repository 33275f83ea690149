// The `skein` command line, put together from one file a command.

import { Command, CommanderError } from 'commander';
import { exit, SkeinError } from '../core/index.js';
import { packageVersion } from '../platform/version.js';
import { type Commands, type Context, registerNamed } from './context.js';

/** Each is loaded when it is asked for: starting a model is not to wait for the modules of a fleet. */
const commands: Commands = {
  demo: async () => (await import('./commands/demo.js')).registerDemo,
  init: async () => (await import('./commands/init.js')).registerInit,
  device: async () => (await import('./commands/device.js')).registerDevice,
  task: async () => (await import('./commands/task.js')).registerTask,
  round: async () => (await import('./commands/round.js')).registerRound,
  release: async () => (await import('./commands/release.js')).registerRelease,
  status: async () => (await import('./commands/status.js')).registerStatus,
  model: async () => (await import('./commands/model/index.js')).registerModelCommands,
};

export async function buildProgram(context: Context): Promise<Command> {
  const program = new Command('skein')
    .description('Small language models on devices learn together; the text stays where it is.')
    .version(packageVersion(), '-V, --version')
    .addHelpText('after', helpEnd);
  await registerNamed(commands, program, context);
  for (const command of [program, ...descendants(program)]) {
    command
      .exitOverride()
      .showSuggestionAfterError()
      .configureOutput({ outputError: () => {} });
  }
  return program;
}

/** Runs one command line; help and version are successes, everything commander refuses is a `usage` error. */
export async function runCommand(argv: readonly string[], context: Context): Promise<number> {
  try {
    const program = await buildProgram({ ...context, words: argv });
    await program.parseAsync(argv, { from: 'user' });
    return exit.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exit.ok;
    if (error.code === 'commander.help') return exit.usage;
    throw new SkeinError('usage', error.message.replace(/^error: /, ''), { cause: error });
  }
}

const helpEnd = `
Examples:
  $ skein demo                         see a fleet learn together on this machine
  $ skein init                         make a fleet of your own here
  $ skein device add ward-1            invite a device
  $ skein task submit tickets.yaml     say what to learn
  $ skein round watch                  see it happen

Exit codes: 0 done, 2 usage, 3 configuration, 10 files, 11 network, 12 model, 13 records, 20 identity, 21 protocol,
22 refused, 23 not found, 24 round failed, 130 cancelled (docs/reference/exit-codes.md).`;

const descendants = (command: Command): Command[] =>
  command.commands.flatMap(child => [child as Command, ...descendants(child as Command)]);
