// skein-agent answer: the model's answer to a text, on this device, with the live release.

import { InvalidArgumentError } from 'commander';
import { askAgent } from './askAgent.js';
import { type CommonOptions, examples, print, type Register, withModelOptions } from './context.js';

interface Options extends CommonOptions {
  readonly maxTokens?: number;
}

export const registerAnswer: Register = (program, { signal }) => {
  withModelOptions(program.command('answer <text>'))
    .description(
      'answer a text on this device, with the live release where there is one; no network is needed',
    )
    .option('--max-tokens <count>', 'longest answer, for free text', count)
    .addHelpText(
      'after',
      examples(
        'skein-agent answer "Pump 3 on ward 4 beeps, please come at once"',
        'skein-agent answer "…" --json',
      ),
    )
    .action(async (text: string, options: Options) => {
      const request = { text, maxNewTokens: options.maxTokens };
      print(options, await askAgent(options, 'answer', request, { signal }), answer => answer.text);
    });
};

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1024)
    throw new InvalidArgumentError('expected 1 to 1024');
  return value;
}
