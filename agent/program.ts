// The `skein-agent` command line, put together from one file a command.

import { Command, CommanderError } from 'commander';
import { SkeinError } from '../core/errors.js';
import { exit } from '../core/exitCodes.js';
import { packageVersion } from '../platform/version.js';
import { registerAnswer } from './commands/answer.js';
import type { Context, Register } from './commands/context.js';
import { registerEnroll } from './commands/enroll.js';
import { registerEvaluate } from './commands/evaluate.js';
import { registerReceipts } from './commands/receipts.js';
import { registerRecords } from './commands/records.js';
import { registerRun } from './commands/run.js';
import { registerStatus } from './commands/status.js';
import { registerTrain } from './commands/train.js';

const commands: readonly Register[] = [
  registerEnroll,
  registerRun,
  registerRecords,
  registerAnswer,
  registerTrain,
  registerEvaluate,
  registerReceipts,
  registerStatus,
];

export function buildProgram(context: Context): Command {
  const program = new Command('skein-agent')
    .description('The agent of one device: answers, learns from its own records, and lets no text out.')
    .version(packageVersion(), '-V, --version')
    .addHelpText('after', helpEnd);
  for (const register of commands) register(program, context);
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
    await buildProgram(context).parseAsync(argv, { from: 'user' });
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
  $ skein-agent enroll skein1.…                 join a fleet with a token from its operator
  $ skein-agent records import notes.jsonl      give the device something to learn from
  $ skein-agent run                             answer, learn and receive releases
  $ skein-agent answer "Pump 3 beeps"           ask the model here, with or without a network
  $ skein-agent evaluate                        how often is it right on records it never saw

Exit codes: 0 done, 2 usage, 3 configuration, 10 files, 11 network, 12 model, 13 records, 20 identity, 21 protocol,
22 refused, 23 not found, 130 cancelled (docs/reference/exit-codes.md).`;

const descendants = (command: Command): Command[] =>
  command.commands.flatMap(child => [child as Command, ...descendants(child as Command)]);
