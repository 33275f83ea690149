// Which examples stand in which optimiser step: a public function of the seed.

import { SeededRandom } from '../../core/random.js';

/** Indexes of the examples of every step, all epochs one after the other; the last batch of an epoch may be smaller. */
export function batchSchedule(
  examples: number,
  plan: { readonly localEpochs: number; readonly batchSize: number },
  seed: number,
): number[][] {
  const random = new SeededRandom(seed);
  const batches: number[][] = [];
  for (let epoch = 0; epoch < plan.localEpochs; epoch++) {
    const order = random.shuffle(Array.from({ length: examples }, (_, index) => index));
    for (let at = 0; at < order.length; at += plan.batchSize)
      batches.push(order.slice(at, at + plan.batchSize));
  }
  return batches;
}
