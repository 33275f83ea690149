// One run at a time, in order, and none for those who have gone meanwhile.

import { expect, it } from 'vitest';
import { RunQueue } from '../../../model/engine/runQueue.js';

it('runs in order, goes on after a failure, and does not begin what was cancelled while it waited', async () => {
  const queue = new RunQueue();
  const began: string[] = [];
  const cancel = new AbortController();
  const run = (name: string, signal?: AbortSignal): Promise<string> =>
    queue.run(async () => {
      began.push(name);
      await new Promise(resolve => setImmediate(resolve));
      if (name === 'bad') throw new Error(name);
      return name;
    }, signal);
  const results = Promise.allSettled([run('first'), run('bad'), run('gone', cancel.signal), run('last')]);
  cancel.abort();
  expect(
    (await results).map(one =>
      one.status === 'fulfilled' ? one.value : (one.reason.code ?? one.reason.message),
    ),
  ).toEqual(['first', 'bad', 'cancelled', 'last']);
  expect(began).toEqual(['first', 'bad', 'last']);
});
