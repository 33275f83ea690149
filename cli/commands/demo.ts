// skein demo: the main job on this machine, from nothing to a table.

import { InvalidArgumentError } from 'commander';
import { examples, type Register, terminalOf } from '../context.js';
import { type DemoOptions, runDemo } from '../demo/run.js';

export const registerDemo: Register = (program, { signal }) => {
  program
    .command('demo')
    .description(
      'see a fleet learn together here: a coordinator, devices as processes, real rounds, measured before and after',
    )
    .option('--devices <n>', 'devices (default: 4, or as many as --data has)', whole(1, 64))
    .option('--rounds <n>', 'rounds, and passes for each device alone', whole(1, 100), 8)
    .option(
      '--seed <n>',
      'of the records and of every public choice; the same seed gives the same aggregate',
      whole(0),
      1,
    )
    .option('--model <file>', 'a GGUF file or a Hugging Face folder (default: cached, else downloaded)')
    .option('--data <dir>', 'your own records: device-*.jsonl, holdout.jsonl, root.jsonl of {"text","label"}')
    .option('--once', 'end after the table; without it the dashboard stays open on a terminal', false)
    .option('--keep', 'keep the folder with configurations, logs and databases', false)
    .option('--json', 'print one JSON document on standard output; progress goes to standard error', false)
    .addHelpText(
      'after',
      examples('skein demo', 'skein demo --once --json', 'skein demo --data ./my-records --rounds 12'),
    )
    .action(async (options: DemoOptions & { readonly json: boolean }) => {
      await runDemo({ ...options }, terminalOf(options), signal);
    });
};

const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(
      most === Number.MAX_SAFE_INTEGER
        ? `Expected a whole number from ${least} on.`
        : `Expected ${least} to ${most}.`,
    );
  };
