// skein model score: how likely the model finds each of some continuations of a text.

import { examples, type Register, terminalOf } from '../../context.js';
import { table } from '../../ui/table.js';
import { printResult } from '../../ui/terminal.js';
import { place } from './options.js';
import {
  type AdapterOptions,
  capacityFor,
  checkPromptOptions,
  type PromptOptions,
  promptIds,
  readChoices,
  withAdapterOptions,
  withCapacityOption,
  withModelAndAdapter,
  withPromptOptions,
} from './requests.js';

interface ScoreOptions extends AdapterOptions, PromptOptions {
  readonly choices: string;
}

export const registerScore: Register = (program, { signal }) => {
  withCapacityOption(
    withPromptOptions(withAdapterOptions(program.command('score')))
      .description('show how likely the model finds each of some continuations')
      .requiredOption(
        '--choices <file>',
        'the continuations: one a line, spaces counting, or a JSON list',
        place,
      ),
  )
    .addHelpText(
      'after',
      examples(
        'skein model score --prompt "The sky is" --choices colours.txt',
        'skein model score --prompt "Is ice cold?" --chat --choices answers.json --json',
      ),
    )
    .action(async (options: ScoreOptions) => {
      checkPromptOptions(options);
      const at = terminalOf(options);
      const choices = await readChoices(options.choices);
      const longest = Math.max(...choices.map(choice => Buffer.byteLength(choice)));
      // The continuations run together, as a tree after the prompt.
      const capacity = capacityFor(options, longest + 128);
      await withModelAndAdapter({ ...options, capacity }, at.progress, signal, async (model, adapter) => {
        const ids = promptIds(model, options);
        const continuations = choices.map(choice =>
          model.tokenizer.encode(choice, { special: false, bos: false }),
        );
        const scores = await model.score({ ids, continuations, signal, ...adapter });
        const scored = choices.map((text, n) => ({
          text,
          ids: continuations[n] as number[],
          logprob: scores[n] as number,
        }));
        const best = scored.reduce((a, b) => (b.logprob > a.logprob ? b : a)).text;
        const columns = [
          { head: 'continuation' },
          { head: 'tokens', align: 'right' },
          { head: 'log-probability', align: 'right' },
        ] as const;
        printResult(at, { choices: scored, best }, (result, out) =>
          table(
            out,
            columns,
            result.choices
              .toSorted((a, b) => b.logprob - a.logprob)
              .map(one => [JSON.stringify(one.text), String(one.ids.length), one.logprob.toFixed(4)]),
          ),
        );
      });
    });
};
