// skein model embed: a text as one vector.

import { Option } from 'commander';
import type { Pooling } from '../../../model/index.js';
import { examples, type Register, terminalOf } from '../../context.js';
import { printResult } from '../../ui/terminal.js';
import { checkIds } from './options.js';
import {
  type AdapterOptions,
  capacityFor,
  type TextOptions,
  textOf,
  withAdapterOptions,
  withCapacityOption,
  withModelAndAdapter,
  withTextOptions,
} from './requests.js';

export const registerEmbed: Register = (program, { signal }) => {
  withCapacityOption(withTextOptions(withAdapterOptions(program.command('embed'))))
    .description("show a text as a vector of length 1, from the model's final norm")
    .addOption(
      new Option('--pooling <how>', 'the mean over all tokens, or the last one')
        .choices(['mean', 'last'])
        .default('mean'),
    )
    .addHelpText(
      'after',
      examples(
        'skein model embed --text "Bed 4 has a fever" --json',
        'skein model embed --file note.txt --pooling last',
      ),
    )
    .action(async (options: AdapterOptions & TextOptions & { readonly pooling: Pooling }) => {
      const at = terminalOf(options);
      const text = await textOf(options);
      const capacity = capacityFor({ ...options, prompt: text }, 0);
      await withModelAndAdapter({ ...options, capacity }, at.err, signal, async (model, adapter) => {
        const ids = model.tokenizer.encode(text);
        checkIds(ids, model.info.vocabulary);
        const { pooling } = options;
        const embedding = await model.embed(ids, { pooling, signal, ...adapter });
        printResult(at, { embedding: [...embedding], tokens: ids.length, pooling }, result =>
          result.embedding.map(value => value.toFixed(6)).join(' '),
        );
      });
    });
};
