// From many small changes to few events: what was touched is drawn once per interval, and only while somebody looks.

import type { Clock } from '../../core/clock.js';
import { toSkeinError } from '../../core/errors.js';
import type { Log } from '../../platform/log.js';
import type { FleetEvent } from '../../proto/api.js';

const intervalMs = 200;

export class Feed {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listeners = new Set<(event: FleetEvent) => void>();
  readonly #touched = new Map<string, () => Promise<FleetEvent | undefined>>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  follow(listener: (event: FleetEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `draw` makes the event from how the subject stands when the interval ends. */
  touch(subject: string, draw: () => Promise<FleetEvent | undefined>): void {
    if (this.#listeners.size === 0) return;
    this.#touched.set(subject, draw);
    this.#cancel ??= this.#clock.after(intervalMs, () => void this.#flush());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#touched.clear();
    this.#listeners.clear();
  }

  async #flush(): Promise<void> {
    this.#cancel = undefined;
    const draws = [...this.#touched.values()];
    this.#touched.clear();
    for (const draw of draws) {
      try {
        const event = await draw();
        if (event !== undefined) for (const listener of this.#listeners) listener(event);
      } catch (error) {
        this.#log.debug({ err: toSkeinError(error) }, 'an event could not be drawn');
      }
    }
  }
}
