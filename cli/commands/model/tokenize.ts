// skein model tokenize: a text as the model's tokens.

import { tokenizerOf } from '../../../model/text/tokenizerOf.js';
import { examples, type Register, terminalOf } from '../../context.js';
import { table } from '../../ui/table.js';
import { type ModelOptions, withHeader, withModelOption } from './options.js';
import { type TextOptions, textBytes, withTextOptions } from './requests.js';

export const registerTokenize: Register = (program, { signal }) => {
  withTextOptions(withModelOption(program.command('tokenize')))
    .description('show a text as tokens')
    .option('--plain', 'take special tokens for text, and put no first token')
    .addHelpText(
      'after',
      examples(
        'skein model tokenize --text "Bed 4 has a fever"',
        'skein model tokenize --text "<|im_start|>" --plain --json',
        'skein model tokenize --file note.txt --json',
      ),
    )
    .action(async (options: ModelOptions & TextOptions & { readonly plain?: boolean }) => {
      const at = terminalOf(options);
      const text = await textBytes(options);
      const parsed = options.plain !== true;
      const { ids, texts } = await withHeader(options, at.progress, signal, model => {
        const tokenizer = tokenizerOf(model);
        const ids = tokenizer.encode(text, { special: parsed, bos: parsed });
        return { ids, texts: ids.map(id => tokenizer.decode([id], { special: true })) };
      });
      if (at.json) at.out.line(JSON.stringify({ ids }));
      else {
        const rows = ids.map((id, i) => [String(id), JSON.stringify(texts[i])]);
        at.out.line(table(at.out, [{ head: 'id', align: 'right' }, { head: 'text' }], rows, 'no tokens'));
      }
    });
};
