// Whose turn it is on the one model: the more urgent interrupts the less urgent, whose piece of work is done again.

interface Waiting {
  readonly priority: number;
  readonly start: () => void;
}

/** Work is done in pieces, each one turn. A piece must leave nothing behind when its signal fires. */
export class Turns {
  readonly #waiting: Waiting[] = [];
  #current: { readonly priority: number; readonly interrupt: AbortController } | undefined;
  #choosing = false;

  /** Runs `work` when nothing of lower or equal number is before it; again from its start where it was interrupted. */
  async run<T>(
    priority: number,
    work: (signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    for (;;) {
      await this.#enter(priority);
      const interrupt = new AbortController();
      this.#current = { priority, interrupt };
      if (this.#waiting.some(one => one.priority < priority)) interrupt.abort();
      try {
        signal?.throwIfAborted();
        return await work(
          signal === undefined ? interrupt.signal : AbortSignal.any([signal, interrupt.signal]),
        );
      } catch (error) {
        if (!interrupt.signal.aborted || signal?.aborted === true) throw error;
      } finally {
        this.#current = undefined;
        this.#choose();
      }
    }
  }

  #enter(priority: number): Promise<void> {
    return new Promise(start => {
      this.#waiting.push({ priority, start });
      if (this.#current === undefined) this.#choose();
      else if (priority < this.#current.priority) this.#current.interrupt.abort();
    });
  }

  /** Later, so that somebody whose piece has just ended can ask for the next one first. */
  #choose(): void {
    if (this.#choosing) return;
    this.#choosing = true;
    setImmediate(() => {
      this.#choosing = false;
      if (this.#current !== undefined || this.#waiting.length === 0) return;
      const first = this.#waiting.reduce((best, one) => (one.priority < best.priority ? one : best));
      this.#waiting.splice(this.#waiting.indexOf(first), 1);
      // Entered at once, in the same turn of the event loop: nobody else is chosen meanwhile.
      this.#current = { priority: first.priority, interrupt: new AbortController() };
      first.start();
    });
  }
}
