// Bytes of a round: what a device sent and got from the opening of the round to the opening of its next one.

import type { Database, Queries } from '../../platform/database.js';
import type { Round } from './round.js';

export interface Bytes {
  readonly up: number;
  readonly down: number;
}

interface Opening extends Bytes {
  readonly task: string;
  readonly round: number;
  readonly device: string;
}

export class RoundTraffic {
  /** Bytes of a device since it was enrolled. */
  readonly #total: (device: string) => Bytes;
  /** By device, oldest first. */
  readonly #openings = new Map<string, Opening[]>();

  constructor(total: (device: string) => Bytes) {
    this.#total = total;
  }

  async start(database: Database): Promise<void> {
    const sql = 'SELECT task, round, device, up, down FROM round_traffic ORDER BY position';
    for (const opening of await database.all<Opening>(sql)) this.#note(opening);
  }

  /** Part of the transaction in which the round opens. */
  async opened(tx: Queries, { task, number }: Round, cohort: readonly string[]): Promise<void> {
    for (const device of cohort) {
      const { up, down } = this.#total(device);
      const sql = 'INSERT INTO round_traffic (task, round, device, up, down) VALUES (?, ?, ?, ?, ?)';
      await tx.run(sql, [task, number, device, up, down]);
      this.#note({ task, round: number, device, up, down });
    }
  }

  /** Part of the transaction in which the journal of an ended task goes. */
  async forget(tx: Queries, task: string): Promise<void> {
    await tx.run('DELETE FROM round_traffic WHERE task = ?', [task]);
    for (const [device, openings] of this.#openings)
      this.#openings.set(
        device,
        openings.filter(opening => opening.task !== task),
      );
  }

  /** Besides the work, it counts the fetching of the release that the round made, and the handshakes in between. */
  of({ task, number }: Round, device: string): Bytes {
    const openings = this.#openings.get(device) ?? [];
    const which = openings.findLastIndex(opening => opening.task === task && opening.round === number);
    const from = openings[which];
    if (from === undefined) return { up: 0, down: 0 };
    const to = openings[which + 1] ?? this.#total(device);
    // Counters are written once a second: after a crash they may stand below what an opening had noted.
    return { up: Math.max(0, to.up - from.up), down: Math.max(0, to.down - from.down) };
  }

  #note(opening: Opening): void {
    const openings = this.#openings.get(opening.device) ?? [];
    openings.push(opening);
    this.#openings.set(opening.device, openings);
  }
}
