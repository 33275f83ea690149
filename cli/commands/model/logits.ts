// skein model logits: what the model expects after a sequence of tokens.

import { examples, type Register, terminalOf } from '../../context.js';
import { table } from '../../ui/table.js';
import { atLeastOne, checkIds, idList } from './options.js';
import { type AdapterOptions, withAdapterOptions, withModelAndAdapter } from './requests.js';

export const registerLogits: Register = (program, { signal }) => {
  withAdapterOptions(program.command('logits'))
    .description('show the tokens that the model expects next')
    .requiredOption('--ids <ids>', 'the tokens before, with commas between', idList)
    .option('--top <k>', 'how many to show', atLeastOne, 10)
    .addHelpText(
      'after',
      examples(
        'skein model logits --ids 504,3575,282,4649,314',
        'skein model logits --ids 504,3575 --top 5 --mode exact --json',
      ),
    )
    .action(async (options: AdapterOptions & { readonly ids: number[]; readonly top: number }) => {
      const at = terminalOf(options);
      await withModelAndAdapter(
        { ...options, capacity: Math.max(256, options.ids.length) },
        at.progress,
        signal,
        async (model, adapter) => {
          checkIds(options.ids, model.info.vocabulary);
          const logits = await model.logits(options.ids, { signal, ...adapter });
          const result = { top: top(logits, options.top), logsumexp: logSumExp(logits) };
          if (at.json) return at.out.line(JSON.stringify(result));
          const rows = result.top.map(({ id, logit }) => [
            String(id),
            JSON.stringify(model.tokenizer.decode([id], { special: true })),
            logit.toFixed(4),
            Math.exp(logit - result.logsumexp).toFixed(4),
          ]);
          at.out.line(
            table(
              at.out,
              [
                { head: 'id', align: 'right' },
                { head: 'text' },
                { head: 'logit', align: 'right' },
                { head: 'probability', align: 'right' },
              ],
              rows,
            ),
          );
        },
      );
    });
};

/** The `count` highest, the highest first; of equal ones the lower id. */
export function top(logits: Float32Array, count: number): { id: number; logit: number }[] {
  const entries = Array.from(logits, (logit, id) => ({ id, logit }));
  return entries.sort((a, b) => b.logit - a.logit || a.id - b.id).slice(0, count);
}

/** Natural logarithm of the sum of exponentials, in float64. */
export function logSumExp(logits: Float32Array): number {
  const most = logits.reduce((high, logit) => Math.max(high, logit), Number.NEGATIVE_INFINITY);
  return most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
}
