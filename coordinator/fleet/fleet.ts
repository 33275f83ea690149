// What devices last said about themselves. A session is an epoch: a late will of an old one never marks a newer offline.

import type { Clock } from '../../core/clock.js';
import type { Database } from '../../platform/database.js';
import type { Presence } from '../../proto/messages.js';

export interface DevicePresence extends Presence {
  readonly seenMs: number;
}

interface Row {
  readonly device: string;
  readonly epoch: number;
  readonly online: number;
  readonly seen_ms: number;
  readonly message: string;
}

export class Fleet {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #devices = new Map<string, DevicePresence>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** After a start nobody is online until it says so: the broker's sessions ended with the process before. */
  async start(): Promise<void> {
    await this.#database.run('UPDATE presence SET online = 0');
    const rows = await this.#database.all<Row>(
      'SELECT device, epoch, online, seen_ms, message FROM presence',
    );
    for (const { device, seen_ms, message } of rows) {
      const presence = JSON.parse(message) as Presence;
      this.#devices.set(device, { ...presence, online: false, seenMs: seen_ms });
    }
  }

  /** Takes a birth or a will. `stale`: of a session before the one that is known; nothing changes. */
  async update(device: string, presence: Presence): Promise<'changed' | 'stale'> {
    const known = this.#devices.get(device);
    if (known !== undefined && presence.epoch < known.epoch) return 'stale';
    const seenMs = this.#clock.now();
    // A will says that the session is over; what the device is like it said at its birth.
    if (!presence.online && known !== undefined)
      presence = { ...presenceOf(known), epoch: presence.epoch, online: false };
    this.#devices.set(device, { ...presence, seenMs });
    await this.#database.run(
      `INSERT INTO presence (device, epoch, online, seen_ms, message) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (device) DO UPDATE SET epoch = excluded.epoch, online = excluded.online,
         seen_ms = excluded.seen_ms, message = excluded.message`,
      [device, presence.epoch, presence.online, seenMs, JSON.stringify(presence)],
    );
    return 'changed';
  }

  /** Marks a device offline whose connection was cut here. */
  async disconnected(device: string): Promise<void> {
    const known = this.#devices.get(device);
    if (known?.online === true) await this.update(device, { ...presenceOf(known), online: false });
  }

  get(device: string): DevicePresence | undefined {
    return this.#devices.get(device);
  }

  online(): string[] {
    return [...this.#devices].flatMap(([device, { online }]) => (online ? [device] : []));
  }

  /** Devices that are online and have the model file at hand. */
  withModel(sha256: string): string[] {
    return [...this.#devices].flatMap(([device, { online, baseModels }]) =>
      online && baseModels.includes(sha256) ? [device] : [],
    );
  }
}

const presenceOf = ({ seenMs: _, ...presence }: DevicePresence): Presence => presence;
