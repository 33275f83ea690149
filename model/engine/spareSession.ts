// Keeps the session that was used last, so that the next trainer of the same shape need not open another: seconds of packing.

import type { Session } from '../runtime/index.js';

export class SpareSession {
  #spare: { readonly key: string; readonly session: Session } | undefined;
  #closed = false;

  /** The spare where it was opened for the same key, else a new one. The caller gives it back or closes it. */
  take(key: string, open: () => Session): Session {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare?.key === key) return spare.session;
    spare?.session.close();
    return open();
  }

  give(key: string, session: Session): void {
    this.#spare?.session.close();
    this.#spare = this.#closed ? undefined : { key, session };
    if (this.#closed) session.close();
  }

  close(): void {
    this.#closed = true;
    this.#spare?.session.close();
    this.#spare = undefined;
  }
}
