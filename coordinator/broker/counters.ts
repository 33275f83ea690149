// Numbers that only rise (refusals, bytes, sequences): kept in memory, written once a second and at the end.

import type { Clock } from '../../core/clock.js';
import type { Database } from '../../platform/database.js';
import type { Log } from '../../platform/log.js';

/** refused: by error code. up, down: bytes by device. sequence, session: the highest of each device. */
export type CounterName = 'refused' | 'up' | 'down' | 'sequence' | 'session';

export interface CountersOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}

const flushMs = 1_000;

export class Counters {
  readonly #options: CountersOptions;
  readonly #values = new Map<CounterName, Map<string, number>>();
  readonly #changed = new Map<CounterName, Set<string>>();
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: CountersOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    type Row = { name: CounterName; key: string; value: number };
    for (const { name, key, value } of await this.#options.database.all<Row>(
      'SELECT name, key, value FROM counter',
    )) {
      this.#of(name).set(key, value);
    }
  }

  value(name: CounterName, key: string): number {
    return this.#values.get(name)?.get(key) ?? 0;
  }

  all(name: CounterName): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#of(name)].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  add(name: CounterName, key: string, amount = 1): void {
    this.#set(name, key, this.value(name, key) + amount);
  }

  /** Never falls. */
  raise(name: CounterName, key: string, value: number): void {
    if (value > this.value(name, key)) this.#set(name, key, value);
  }

  async flush(): Promise<void> {
    const changed = [...this.#changed].flatMap(([name, keys]) => [...keys].map(key => [name, key] as const));
    this.#changed.clear();
    if (changed.length === 0) return;
    try {
      await this.#options.database.transaction(async tx => {
        for (const [name, key] of changed) {
          await tx.run('INSERT OR REPLACE INTO counter (name, key, value) VALUES (?, ?, ?)', [
            name,
            key,
            this.value(name, key),
          ]);
        }
      });
    } catch (err) {
      for (const [name, key] of changed) this.#mark(name, key);
      this.#options.log.error({ err }, 'counters could not be written');
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.flush();
  }

  #of(name: CounterName): Map<string, number> {
    const values = this.#values.get(name) ?? new Map<string, number>();
    this.#values.set(name, values);
    return values;
  }

  #set(name: CounterName, key: string, value: number): void {
    this.#of(name).set(key, value);
    this.#mark(name, key);
  }

  #mark(name: CounterName, key: string): void {
    const keys = this.#changed.get(name) ?? new Set<string>();
    this.#changed.set(name, keys.add(key));
    if (this.#stopped) return;
    this.#cancel ??= this.#options.clock.after(flushMs, () => {
      this.#cancel = undefined;
      void this.flush();
    });
  }
}
