// Everything that is turned away, at whatever door: counted by code, logged with its code, never a crash.

import type { Clock } from '../../core/clock.js';
import { type ErrorCode, isSkeinError, toSkeinError } from '../../core/errors.js';
import type { Log } from '../../platform/log.js';
import type { Counters } from './counters.js';

/** Who or what was refused, for the log. */
export type RefusalContext = Readonly<Record<string, string | number | undefined>>;

const maxLinesPerMinute = 200;

export class Refusals {
  readonly #counters: Counters;
  readonly #log: Log;
  readonly #clock: Clock;
  #minute = 0;
  #lines = 0;

  constructor(counters: Counters, log: Log, clock: Clock) {
    this.#counters = counters;
    this.#log = log;
    this.#clock = clock;
  }

  /** Returns the code that was counted. What nobody foresaw is `internal` and logged as an error. */
  refuse(thrown: unknown, context: RefusalContext): ErrorCode {
    const error = toSkeinError(thrown);
    this.#counters.add('refused', error.code);
    // A flood may fill counters, never the disk.
    const minute = Math.floor(this.#clock.now() / 60_000);
    if (minute !== this.#minute) [this.#minute, this.#lines] = [minute, 0];
    this.#lines += 1;
    if (this.#lines > maxLinesPerMinute) return error.code;
    if (isSkeinError(thrown) && error.code !== 'internal') {
      this.#log.warn({ code: error.code, ...context, reason: error.message }, 'refused');
    } else {
      this.#log.error({ code: error.code, ...context, err: error }, 'failed');
    }
    return error.code;
  }
}
