// Forgets records that are older than the configuration keeps them: at the start, and every hour.

import type { Clock } from '../../core/clock.js';
import { toSkeinError } from '../../core/errors.js';
import type { Log } from '../../platform/log.js';
import type { Records } from './records.js';

const everyMs = 3_600_000;

export class Retention {
  readonly #options: {
    readonly retentionMs: number;
    readonly records: Records;
    readonly clock: Clock;
    readonly log: Log;
  };
  #cancel: (() => void) | undefined;
  #working: Promise<void> = Promise.resolve();
  #running = false;

  constructor(options: { retentionMs: number; records: Records; clock: Clock; log: Log }) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#running = true;
    await this.#forget();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#cancel?.();
    await this.#working;
  }

  async #forget(): Promise<void> {
    const { retentionMs, records, clock, log } = this.#options;
    try {
      const forgotten = await records.forget({ olderThanMs: retentionMs });
      if (forgotten > 0) log.info({ forgotten }, 'old records forgotten');
    } catch (error) {
      log.error({ err: toSkeinError(error) }, 'old records could not be forgotten');
    }
    if (!this.#running) return;
    this.#cancel = clock.after(everyMs, () => {
      this.#working = this.#forget();
    });
  }
}
