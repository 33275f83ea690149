// skein model generate: lets the model go on with a text.

import { examples, type Register, terminalOf } from '../../context.js';
import { atLeastOne } from './options.js';
import {
  type AdapterOptions,
  capacityFor,
  checkPromptOptions,
  type PromptOptions,
  promptIds,
  type SamplingOptions,
  samplingOf,
  withAdapterOptions,
  withCapacityOption,
  withModelAndAdapter,
  withPromptOptions,
  withSamplingOptions,
} from './requests.js';

interface GenerateOptions extends AdapterOptions, PromptOptions, SamplingOptions {
  readonly maxTokens: number;
  readonly stream?: boolean;
}

export const registerGenerate: Register = (program, { signal }) => {
  const command = withPromptOptions(withAdapterOptions(program.command('generate')));
  withCapacityOption(
    withSamplingOptions(
      command
        .description('let the model go on with a text')
        .option('--max-tokens <n>', 'end after this many new tokens', atLeastOne, 128),
    ),
  )
    .option('--stream', 'with --json: a document for every token as it is made, before the last one')
    .addHelpText(
      'after',
      examples(
        'skein model generate --prompt "Name three fruits." --chat',
        'skein model generate --prompt "Once" --temperature 0.8 --top-p 0.95 --seed 7 --stop "The end"',
        'skein model generate --ids 504,3575,282,4649,314 --max-tokens 16 --mode exact --json',
      ),
    )
    .action(async (options: GenerateOptions) => {
      checkPromptOptions(options);
      const at = terminalOf(options);
      const capacity = capacityFor(options, options.maxTokens);
      await withModelAndAdapter({ ...options, capacity }, at.err, signal, async (model, adapter) => {
        const ids = promptIds(model, options);
        const sampling = samplingOf(options);
        const made: number[] = [];
        let text = '';
        let end = '';
        for await (const one of model.stream({
          ids,
          maxTokens: options.maxTokens,
          stopTexts: options.stop ?? [],
          signal,
          ...adapter,
          ...(sampling !== undefined && { sampling }),
        })) {
          made.push(one.id);
          text += one.text;
          end = one.end ?? end;
          if (!at.json) at.out.write(one.text);
          else if (options.stream === true) at.out.line(JSON.stringify({ id: one.id, text: one.text }));
        }
        if (!at.json) return at.out.line();
        const seed = sampling?.seed;
        // A text that no stop string cut is that of all its tokens, special ones included.
        const shown = end === 'text' ? text : model.tokenizer.decode(made, { special: true });
        at.out.line(JSON.stringify({ ids: made, text: shown, end, ...(seed !== undefined && { seed }) }));
      });
    });
};
