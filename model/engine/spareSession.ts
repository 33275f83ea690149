// Keeps the session that was used last, so that the next trainer of the same shape need not open another: seconds of packing.

import type { OpeningSession } from './openingSession.js';

export class SpareSession {
  #spare: { readonly key: string; readonly session: OpeningSession } | undefined;
  #closed = false;

  /** The spare where it was opened for the same key, else a new one. The caller gives it back or closes it. */
  take(key: string, open: () => OpeningSession): OpeningSession {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare?.key === key) return spare.session;
    spare?.session.close();
    return open();
  }

  give(key: string, session: OpeningSession): void {
    this.#spare?.session.close();
    const wanted = !this.#closed && !session.failed;
    this.#spare = wanted ? { key, session } : undefined;
    if (!wanted) session.close();
  }

  close(): void {
    this.#closed = true;
    this.#spare?.session.close();
    this.#spare = undefined;
  }
}
