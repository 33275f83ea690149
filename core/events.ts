// A typed event map over Node's emitter: features talk through events, never through each other.

import { EventEmitter } from 'node:events';

export class TypedEmitter<Events extends Record<string, unknown>> {
  readonly #emitter = new EventEmitter();

  /** Returns the function that removes the listener. */
  on<K extends keyof Events & string>(event: K, listener: (value: Events[K]) => void): () => void {
    this.#emitter.on(event, listener);
    return () => this.#emitter.off(event, listener);
  }

  emit<K extends keyof Events & string>(event: K, value: Events[K]): void {
    this.#emitter.emit(event, value);
  }
}
