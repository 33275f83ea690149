// The device's memory of what it was asked to learn: one row a round, written before anything is promised.

import { equalBytes, toHex } from '../../core/bytes.js';
import type { ErrorCode } from '../../core/errors.js';
import type { Database, Queries } from '../../platform/database.js';
import { decodeMessage, encodeMessage } from '../../proto/codec.js';
import type { Assignment } from '../../proto/messages.js';

/** accepted -> trained (the update is in the outbox) -> done; or failed; or closed by the coordinator. */
export type AssignmentState = 'accepted' | 'trained' | 'done' | 'failed' | 'closed';

export interface KnownAssignment {
  readonly task: string;
  readonly round: number;
  readonly state: AssignmentState;
  /** An error code. */
  readonly reason: string;
  readonly content: Assignment;
}

interface Row {
  readonly task: string;
  readonly round: number;
  readonly state: AssignmentState;
  readonly reason: string;
  readonly payload: Uint8Array;
}

const columns = 'task, round, state, reason, payload';

export class Assignments {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(task: string, round: number): Promise<KnownAssignment | undefined> {
    return this.#one('task = ? AND round = ?', [task, round]);
  }

  /** The oldest that is still to be trained. */
  next(): Promise<KnownAssignment | undefined> {
    return this.#one("state = 'accepted' ORDER BY received_ms, round LIMIT 1", []);
  }

  latest(): Promise<KnownAssignment | undefined> {
    return this.#one('1 ORDER BY received_ms DESC, round DESC LIMIT 1', []);
  }

  /** Replaces another offer of the same round, and the same one where it was done. */
  async accept(task: string, round: number, assignment: Assignment, nowMs: number): Promise<void> {
    const { nonce } = assignment;
    const payload = encodeMessage('assignment', assignment);
    await this.#database.run(
      `INSERT INTO assignment (task, round, nonce, payload, state, received_ms)
       VALUES (?, ?, ?, ?, 'accepted', ?)
       ON CONFLICT DO UPDATE SET nonce = excluded.nonce, payload = excluded.payload, state = 'accepted', reason = '',
         blob = NULL, received_ms = excluded.received_ms
       WHERE nonce <> excluded.nonce OR state = 'done'`,
      [task, round, nonce, payload, nowMs],
    );
  }

  /** Part of the transaction that puts the update into the outbox. False where the offer is over meanwhile. */
  async trained(tx: Queries, { task, round, content }: KnownAssignment, blob: Uint8Array): Promise<boolean> {
    const { changes } = await tx.run(
      `UPDATE assignment SET state = 'trained', blob = ?
       WHERE task = ? AND round = ? AND nonce = ? AND state = 'accepted'`,
      [blob, task, round, content.nonce],
    );
    return changes > 0;
  }

  /** Whether this very offer is still to be trained. */
  async isWanted({ task, round, content }: KnownAssignment): Promise<boolean> {
    const row = await this.find(task, round);
    return row?.state === 'accepted' && equalBytes(row.content.nonce, content.nonce);
  }

  /** Updates that wait for their acknowledgement. */
  async sent(): Promise<Uint8Array[]> {
    const rows = await this.#database.all<{ blob: Uint8Array }>(
      "SELECT blob FROM assignment WHERE state = 'trained'",
    );
    return rows.map(row => row.blob);
  }

  /** Undefined where nothing waits for this blob. */
  async acknowledged(blob: Uint8Array, refusal: string): Promise<KnownAssignment | undefined> {
    const row = await this.#one("blob = ? AND state = 'trained'", [blob]);
    if (row === undefined) return undefined;
    const state = refusal === '' ? 'done' : 'failed';
    await this.#database.run('UPDATE assignment SET state = ?, reason = ? WHERE task = ? AND round = ?', [
      state,
      refusal,
      row.task,
      row.round,
    ]);
    return { ...row, state, reason: refusal };
  }

  async fail(task: string, round: number, reason: ErrorCode): Promise<void> {
    await this.#end(task, round, 'failed', reason);
  }

  async close(task: string, round: number): Promise<void> {
    await this.#end(task, round, 'closed', '');
  }

  async #end(task: string, round: number, state: AssignmentState, reason: string): Promise<void> {
    await this.#database.run(
      `UPDATE assignment SET state = ?, reason = ?
       WHERE task = ? AND round = ? AND state IN ('accepted', 'trained')`,
      [state, reason, task, round],
    );
  }

  async #one(
    where: string,
    params: readonly (string | number | Uint8Array)[],
  ): Promise<KnownAssignment | undefined> {
    const row = await this.#database.get<Row>(`SELECT ${columns} FROM assignment WHERE ${where}`, params);
    return row === undefined ? undefined : known(row);
  }
}

const known = (row: Row): KnownAssignment => ({
  task: row.task,
  round: row.round,
  state: row.state,
  reason: row.reason,
  content: decodeMessage('assignment', row.payload),
});

/** A name for a file of this offer's own. */
export const offerName = ({ task, round, content }: KnownAssignment): string =>
  `${task}-${round}-${toHex(content.nonce).slice(0, 16)}`;
