// What of a round happens beside the queue of its events: the deadline, and the work that takes time. Both end as events.

import type { Clock } from '../../core/clock.js';
import { SkeinError, toSkeinError } from '../../core/errors.js';
import type { RoundEffect, RoundEvent } from '../../federation/round/types.js';
import type { Log } from '../../platform/log.js';
import type { Task } from '../tasks/tasks.js';
import type { Round } from './round.js';
import type { RoundWork } from './work.js';

export interface BackgroundOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly work: RoundWork;
  /** Puts an event into the queue. */
  readonly apply: (round: Round, event: RoundEvent) => Promise<unknown>;
  /** Where even that fails. */
  readonly unforeseen: (error: unknown) => void;
}

export type SlowEffect = Extract<RoundEffect, { type: 'aggregate' | 'evaluate' | 'publish' }>;

const retryMs = 10_000;

export class Background {
  readonly #options: BackgroundOptions;
  #working: Promise<unknown> = Promise.resolve();
  #abort = new AbortController();
  #cancelTimer: () => void = () => undefined;

  constructor(options: BackgroundOptions) {
    this.#options = options;
  }

  schedule(round: Round, deadlineMs: number): void {
    const { clock, apply } = this.#options;
    this.#cancelTimer();
    this.#cancelTimer = clock.after(Math.max(0, deadlineMs - clock.now()), () => {
      this.insist(() => apply(round, { type: 'deadline' }));
    });
  }

  /** Does it at once, and again where the disk does not take it. */
  insist(step: () => Promise<unknown>): void {
    const { clock, log, unforeseen } = this.#options;
    step().catch(thrown => {
      const error = toSkeinError(thrown);
      if (!error.code.startsWith('io/')) return unforeseen(thrown);
      log.error({ code: error.code, err: error }, 'a round waits for the disk');
      this.#cancelTimer = clock.after(retryMs, () => this.insist(step));
    });
  }

  start(task: Task, round: Round, effect: SlowEffect): void {
    const { work, log, clock, apply, unforeseen } = this.#options;
    this.#cancelTimer();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#working = work
      .perform(task, round.state, effect, signal)
      .then(event => apply(round, event))
      .catch(async thrown => {
        if (signal.aborted) return;
        const error = toSkeinError(thrown);
        const context = { task: task.id, round: round.number, work: effect.type };
        log.error({ ...context, code: error.code, err: error }, 'the work of a round failed');
        // A full or absent disk comes back; until then the round waits.
        if (error.code.startsWith('io/')) {
          this.#cancelTimer = clock.after(retryMs, () => this.start(task, round, effect));
          return;
        }
        await apply(round, { type: 'failed', reason: error.code });
      })
      .catch(unforeseen);
  }

  /** The round is over. */
  cancel(): void {
    this.#cancelTimer();
    this.#abort.abort(new SkeinError('cancelled', 'The round is over.'));
  }

  /** Resolves when nothing is under way any more. */
  idle(): Promise<unknown> {
    return this.#working;
  }
}
