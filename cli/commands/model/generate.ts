// skein model generate: lets the model go on with a text.

import { Option } from 'commander';
import type { Constraint, JsonSchema } from '../../../model/index.js';
import { examples, type Register, terminalOf } from '../../context.js';
import { atLeastOne, place } from './options.js';
import {
  type AdapterOptions,
  capacityFor,
  checkPromptOptions,
  type PromptOptions,
  promptIds,
  readChoices,
  readJson,
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
  readonly schema?: string;
  readonly choices?: string;
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
    .addOption(
      new Option('--schema <file>', 'make JSON of this JSON schema and nothing else')
        .argParser(place)
        .conflicts('choices'),
    )
    .option('--choices <file>', 'make one of these and nothing else: one a line, or a JSON list', place)
    .option('--stream', 'with --json: a document for every token as it is made, before the last one')
    .addHelpText(
      'after',
      examples(
        'skein model generate --prompt "Name three fruits." --chat',
        'skein model generate --prompt "Once" --temperature 0.8 --top-p 0.95 --seed 7 --stop "The end"',
        'skein model generate --prompt "Bed 4 is wet, urgent" --chat --schema ticket.json',
        'skein model generate --ids 504,3575,282,4649,314 --max-tokens 16 --mode exact --json',
      ),
    )
    .action(async (options: GenerateOptions) => {
      checkPromptOptions(options);
      const at = terminalOf(options);
      const constraint = await constraintOf(options);
      const capacity = capacityFor(options, options.maxTokens);
      await withModelAndAdapter(
        { ...options, capacity, warm: options.adapter === undefined },
        at.progress,
        signal,
        async (model, adapter) => {
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
            ...(constraint !== undefined && { constraint }),
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
          const shown =
            end === 'text' ? text : model.tokenizer.decode(made, { special: true, continued: true });
          at.out.line(JSON.stringify({ ids: made, text: shown, end, ...(seed !== undefined && { seed }) }));
        },
      );
    });
};

/** What the text must be; whether the schema can be held to is for the engine to say. */
async function constraintOf({ schema, choices }: GenerateOptions): Promise<Constraint | undefined> {
  if (schema !== undefined) return { schema: (await readJson(schema)) as JsonSchema };
  if (choices !== undefined) return { choices: await readChoices(choices) };
  return undefined;
}
