// skein model generate: lets the model go on with a text, greedily.

import { Option } from 'commander';
import { readAdapterFolder } from '../../../agent/releases/adapterFolder.js';
import { SkeinError } from '../../../core/index.js';
import type { Model } from '../../../model/index.js';
import { renderChat } from '../../../model/text/chatTemplate.js';
import { examples, type Register, terminalOf } from '../../context.js';
import { atLeastOne, checkIds, idList, type RunOptions, withModel, withRunOptions } from './options.js';

interface GenerateOptions extends RunOptions {
  readonly ids?: number[];
  readonly prompt?: string;
  readonly chat?: boolean;
  readonly maxTokens: number;
  readonly capacity?: number;
  readonly adapter?: string;
}

export const registerGenerate: Register = (program, { signal }) => {
  withRunOptions(program.command('generate'))
    .description('let the model go on with a text')
    .addOption(new Option('--prompt <text>', 'the text to go on with').conflicts('ids'))
    .addOption(new Option('--ids <ids>', 'the tokens to go on with, with commas between').argParser(idList))
    .option('--chat', "put the prompt into the model's chat template, as what a user says")
    .option('--max-tokens <n>', 'end after this many new tokens', atLeastOne, 128)
    .option('--greedy', 'always the likeliest token (the default, and the only way)')
    .option(
      '--capacity <n>',
      'tokens that the context holds (default: what the text can need, at least 2048)',
      atLeastOne,
    )
    .option('--adapter <dir>', 'a PEFT folder with a LoRA adapter for this model')
    .addHelpText(
      'after',
      examples(
        'skein model generate --prompt "Name three fruits." --chat',
        'skein model generate --ids 504,3575,282,4649,314 --max-tokens 16 --mode exact --json',
      ),
    )
    .action(async (options: GenerateOptions) => {
      if (options.ids === undefined && options.prompt === undefined)
        throw new SkeinError('usage', 'One of --prompt and --ids is needed.');
      if (options.chat === true && options.prompt === undefined)
        throw new SkeinError('usage', '--chat needs --prompt.');
      const at = terminalOf(options);
      const adapter = options.adapter === undefined ? undefined : await readAdapterFolder(options.adapter);
      await withModel({ ...options, capacity: capacityFor(options) }, at.err, signal, async model => {
        const ids = options.ids ?? model.tokenizer.encode(promptText(model, options));
        checkIds(ids, model.info.vocabulary);
        const text = model.tokenizer.stream();
        const made: number[] = [];
        const loaded = adapter === undefined ? {} : { adapter: model.loadAdapter(adapter) };
        for await (const id of model.generate({ ids, maxTokens: options.maxTokens, signal, ...loaded })) {
          made.push(id);
          if (!at.json) at.out.write(text.push(id));
        }
        if (at.json)
          at.out.line(JSON.stringify({ ids: made, text: model.tokenizer.decode(made, { special: true }) }));
        else at.out.line(text.end());
      });
    });
};

/** A text has at most as many tokens as bytes; the chat template adds some. The model's own context bounds it besides. */
function capacityFor({ ids, prompt = '', maxTokens, capacity }: GenerateOptions): number {
  const before = ids?.length ?? Buffer.byteLength(prompt) + 512;
  return capacity ?? Math.max(2048, before + maxTokens);
}

function promptText(
  { chatTemplate, tokenizer }: Model,
  { prompt = '', chat = false }: GenerateOptions,
): string {
  if (!chat) return prompt;
  if (chatTemplate === undefined)
    throw new SkeinError('template/invalid', 'The model has no chat template: leave --chat out.');
  const special = (id: number | undefined): string =>
    id === undefined ? '' : tokenizer.decode([id], { special: true });
  return renderChat(chatTemplate, [{ role: 'user', content: prompt }], {
    bos: special(tokenizer.bos),
    eos: special(tokenizer.eos),
  });
}
