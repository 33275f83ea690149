// A session that is being opened on another thread, or is open: closing it meanwhile closes it as soon as it is there.

import { SkeinError } from '../../core/errors.js';
import type { Session } from '../runtime/index.js';

export class OpeningSession {
  readonly #ready: Promise<Session>;
  #session: Session | undefined;
  #closed = false;
  #failed = false;

  constructor(opening: Promise<Session>) {
    this.#ready = opening.then(session => {
      if (!this.#closed) {
        this.#session = session;
        return session;
      }
      session.close();
      throw closed();
    });
    // Whoever waits for it hears of it; perhaps nobody does.
    this.#ready.catch(() => {
      this.#failed = true;
    });
  }

  /** It never will be open. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Rejects with what opening it throws; with `engine/closed` once closed, and `cancelled` as soon as the signal fires. */
  async ready(signal?: AbortSignal): Promise<Session> {
    if (this.#closed) throw closed();
    if (signal === undefined || this.#session !== undefined) return this.#ready;
    let abort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(new SkeinError('cancelled', 'The run was cancelled.', { cause: signal.reason }));
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });
    try {
      return await Promise.race([this.#ready, aborted]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  close(): void {
    this.#closed = true;
    this.#session?.close();
  }
}

const closed = (): SkeinError => new SkeinError('engine/closed', 'The model is closed.');
