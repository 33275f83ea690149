// Takes away, in the background, what nobody needs any more: at the start and every few hours, one job after the other.

import type { Clock } from '../core/clock.js';
import { toSkeinError } from '../core/errors.js';
import type { Log } from './log.js';

export interface UpkeepJob {
  /** What is taken away, for the log. */
  readonly what: string;
  /** Resolves with how many. */
  run(): Promise<number>;
}

export interface UpkeepOptions {
  readonly jobs: readonly UpkeepJob[];
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs?: number;
}

export const hourMs = 3_600_000;

export class Upkeep {
  readonly #options: UpkeepOptions;
  #cancel: () => void = () => undefined;
  #working: Promise<void> = Promise.resolve();
  #running = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** Resolves after the first time. */
  async start(): Promise<void> {
    this.#running = true;
    this.#working = this.#work();
    await this.#working;
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#cancel();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { jobs, clock, log, everyMs = hourMs } = this.#options;
    for (const { what, run } of jobs) {
      if (!this.#running) return;
      try {
        const gone = await run();
        if (gone > 0) log.info({ what, gone }, 'taken away');
      } catch (thrown) {
        const error = toSkeinError(thrown);
        log.error({ what, code: error.code, err: error }, 'upkeep failed; it is tried again');
      }
    }
    if (!this.#running) return;
    this.#cancel = clock.after(everyMs, () => {
      this.#working = this.#work();
    });
  }
}
