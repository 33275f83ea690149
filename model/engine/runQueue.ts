// One run at a time on a model: runs wait for each other in the order in which they were asked for.

import { SkeinError } from '../../core/errors.js';

export class RunQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Calls `work` when every run before has ended; `cancelled` without calling it where the signal has fired by then. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last.then(() => {
      if (signal?.aborted === true) throw new SkeinError('cancelled', 'The run was cancelled.');
      return work();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
