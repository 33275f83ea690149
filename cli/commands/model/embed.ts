// skein model embed: texts as vectors.

import { Option } from 'commander';
import { SkeinError, utf8 } from '../../../core/index.js';
import type { Pooling } from '../../../model/index.js';
import { examples, type Register, terminalOf } from '../../context.js';
import { printResult } from '../../ui/terminal.js';
import { checkIds, place } from './options.js';
import {
  type AdapterOptions,
  linesOf,
  textBytes,
  withAdapterOptions,
  withCapacityOption,
  withModelAndAdapter,
} from './requests.js';

interface EmbedCommand extends AdapterOptions {
  readonly text?: string[];
  readonly file?: string;
  readonly lines?: boolean;
  readonly pooling: Pooling;
}

export const registerEmbed: Register = (program, { signal }) => {
  withCapacityOption(
    withAdapterOptions(program.command('embed'))
      .description("show texts as vectors of length 1, from the model's final norm")
      .addOption(
        new Option('--text <text>', 'the text; may be given several times')
          .argParser((text: string, before: string[] | undefined) => [...(before ?? []), text])
          .conflicts('file'),
      )
      .option('--file <file>', 'a file with the text, in UTF-8', place)
      .option('--lines', 'each line of the file is a text of its own'),
  )
    .addOption(
      new Option('--pooling <how>', 'the mean over all tokens, or the last one')
        .choices(['mean', 'last'])
        .default('mean'),
    )
    .addHelpText(
      'after',
      examples(
        'skein model embed --text "Bed 4 has a fever" --json',
        'skein model embed --text "Bed 4 has a fever" --text "The patient is hot" --json',
        'skein model embed --file notes.txt --lines --pooling last --json',
      ),
    )
    .action(async (options: EmbedCommand) => {
      const at = terminalOf(options);
      const texts = await textsOf(options);
      const longest = texts.reduce((most, { length }) => Math.max(most, length), 0);
      const capacity = options.capacity ?? Math.max(2048, longest + 2);
      await withModelAndAdapter({ ...options, capacity }, at.progress, signal, async (model, adapter) => {
        const { pooling } = options;
        const sequences = texts.map(text => model.tokenizer.encode(text));
        for (const ids of sequences) checkIds(ids, model.info.vocabulary);
        const embeddings: number[][] = [];
        for (const ids of sequences)
          embeddings.push([...(await model.embed(ids, { pooling, signal, ...adapter }))]);
        const tokens = sequences.map(({ length }) => length);
        const result =
          texts.length === 1 && options.lines !== true
            ? { embedding: embeddings[0], tokens: tokens[0], pooling }
            : { embeddings, tokens, pooling };
        printResult(at, result, () =>
          embeddings.map(one => one.map(value => value.toFixed(6)).join(' ')).join('\n'),
        );
      });
    });
};

async function textsOf({ text, file, lines = false }: EmbedCommand): Promise<Uint8Array[]> {
  if (lines && file === undefined) throw new SkeinError('usage', '--lines needs --file.');
  if (text !== undefined) return text.map(utf8);
  if (!lines) return [await textBytes({ ...(file !== undefined && { file }) })];
  const texts = linesOf(await textBytes({ ...(file !== undefined && { file }) }));
  if (texts.length === 0) throw new SkeinError('usage', `${file} has no line with a text.`);
  return texts;
}
