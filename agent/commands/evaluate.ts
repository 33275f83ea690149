// skein-agent evaluate: how often the base model, the adapter trained alone, or the live release is right.

import { Option } from 'commander';
import { readBounded } from '../../platform/files.js';
import { maxFileBytes, parseRecords, refuseProblems } from '../records/parse.js';
import { askAgent } from './askAgent.js';
import {
  type CommonOptions,
  examples,
  print,
  progressLine,
  type Register,
  withModelOptions,
} from './context.js';
import { type PromptOptions, readTask, withPromptOptions } from './learningTask.js';

interface Options extends CommonOptions, PromptOptions {
  readonly adapter: 'base' | 'alone' | 'live';
  readonly on?: string;
}

export const registerEvaluate: Register = (program, { signal }) => {
  withPromptOptions(withModelOptions(program.command('evaluate')))
    .description('measure on a file, or on the records that the device keeps out of training')
    .addOption(
      new Option('--adapter <which>', 'what is measured').choices(['base', 'alone', 'live']).default('live'),
    )
    .option('--on <file>', 'JSON lines of {"text","label"}; default: the records kept out of training')
    .addHelpText(
      'after',
      examples(
        'skein-agent evaluate',
        'skein-agent evaluate --on holdout.jsonl --adapter base --task task.yaml --json',
      ),
    )
    .action(async (options: Options) => {
      const line = progressLine();
      const { template, labels } = await readTask(options);
      const records = options.on === undefined ? undefined : await readRecords(options.on);
      const request = { adapter: options.adapter, records, template, labels };
      const result = await askAgent(options, 'evaluate', request, {
        signal,
        onProgress: ({ done, count }) => line.show(`${done} of ${count}`),
      }).finally(() => line.clear());
      print(
        options,
        result,
        ({ adapter, count, accuracy, exact }) =>
          `${adapter}: accuracy ${percent(accuracy)}, whole lines ${percent(exact)}, on ${count} records.`,
      );
    });
};

async function readRecords(file: string) {
  const { records, problems } = parseRecords(await readBounded(file, maxFileBytes));
  refuseProblems(file, problems);
  return records.map(record => ({ ...record }));
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
