// Ownership of native things: one owner closes, dependants retain, and the release happens once, when nobody is left.

import { SkeinError } from '../../core/errors.js';
import type { Pointer } from './api.js';

export abstract class Handle {
  readonly #what: string;
  readonly #free: (pointer: Pointer) => void;
  #pointer: Pointer;
  #users = 1;
  #closed = false;

  constructor(what: string, pointer: Pointer, free: (pointer: Pointer) => void) {
    this.#what = what;
    this.#pointer = pointer;
    this.#free = free;
    live++;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** For model/runtime alone. `engine/closed` after `close`. */
  get pointer(): Pointer {
    if (this.#closed) throw new SkeinError('engine/closed', `The ${this.#what} is closed.`);
    return this.#pointer;
  }

  /** Keeps the native thing alive past its owner's `close`, until the function returned is called. */
  retain(): () => void {
    if (this.#closed) throw new SkeinError('engine/closed', `The ${this.#what} is closed.`);
    this.#users++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#drop();
    };
  }

  /** The owner's last word; more than once is once. What still runs or depends on it ends safely. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#drop();
  }

  #drop(): void {
    if (--this.#users > 0) return;
    live--;
    this.#free(this.#pointer);
    this.#pointer = 0n;
  }
}

let live = 0;

/** How many native things are not released yet; for tests. */
export const liveHandles = (): number => live;
