// A text as one vector: the final norm's output over its tokens, pooled and brought to length 1.

import { SkeinError } from '../../core/errors.js';
import type { Inference } from './inference.js';
import type { EmbedOptions } from './types.js';

export async function embed(
  inference: Inference,
  ids: readonly number[],
  options: EmbedOptions = {},
): Promise<Float32Array> {
  const { pooling = 'mean', signal } = options;
  if (pooling !== 'mean' && pooling !== 'last') {
    throw new SkeinError('engine/request', `pooling is ${String(pooling)}, and must be mean or last.`);
  }
  const { hidden } = inference.config;
  const sum = new Float64Array(hidden);
  // The mean is over every token, so that none may be left to an earlier request's cache.
  const run = inference.begin(ids, ids.length, options, { form: 'hidden', fresh: pooling === 'mean' });
  try {
    const labels = (count: number): number[] =>
      pooling === 'mean' ? Array.from({ length: count }, (_, index) => index) : [count - 1];
    await run.prefill(
      ids,
      signal,
      (chunk, past) => ({ ids: chunk, past: [past], labels: labels(chunk.length) }),
      states => {
        if (pooling === 'last') sum.fill(0);
        for (const [at, value] of states.entries()) sum[at % hidden] = (sum[at % hidden] as number) + value;
      },
    );
  } finally {
    run.close();
  }
  const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0));
  if (!Number.isFinite(length))
    throw new SkeinError('engine/not-finite', `The embedding has the length ${length}.`);
  return Float32Array.from(sum, value => (length === 0 ? 0 : value / length));
}
