// The coordinator's server-sent events: one connection, whose messages come in batches.
import type { FleetEvent } from '../../proto/api.js';

const types = [
  'device',
  'task',
  'round',
  'release',
  'status',
] as const satisfies readonly FleetEvent['type'][];
/** Events are handed on together: a busy fleet must not redraw the page for each of them. */
const batchMs = 100;

export class EventConnection {
  readonly #source: EventSource;
  readonly #opened: Promise<void>;
  readonly #waiting: FleetEvent[] = [];
  #take: ((events: readonly FleetEvent[]) => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `onBroken` is called when the connection ends or cannot be made; `close` must be called all the same. */
  constructor(token: string, onBroken: () => void) {
    this.#source = new EventSource(`api/events?token=${encodeURIComponent(token)}`);
    this.#opened = new Promise((resolve, reject) => {
      this.#source.onopen = () => resolve();
      this.#source.onerror = () => {
        onBroken();
        reject(new Error('the event source closed'));
      };
    });
    // Whoever does not wait for it must not fail by it.
    this.#opened.catch(() => {});
    for (const type of types) {
      this.#source.addEventListener(type, message => {
        this.#waiting.push(JSON.parse(message.data) as FleetEvent);
        this.#timer ??= setTimeout(() => this.#flush(), batchMs);
      });
    }
  }

  opened(): Promise<void> {
    return this.#opened;
  }

  /** Hands on what has come and will come. Until then events wait. */
  deliver(take: (events: readonly FleetEvent[]) => void): void {
    this.#take = take;
    this.#flush();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#source.close();
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#take !== undefined && this.#waiting.length > 0) this.#take(this.#waiting.splice(0));
  }
}
