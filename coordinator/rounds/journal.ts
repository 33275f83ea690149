// The journal in SQLite: the applied events of every round, and nothing else that a round would need to go on.

import type { RoundEvent } from '../../federation/round/types.js';
import type { Queries } from '../../platform/database.js';

export interface JournalEntry {
  readonly task: string;
  readonly round: number;
  readonly atMs: number;
  readonly event: RoundEvent;
}

interface Row {
  readonly task: string;
  readonly round: number;
  readonly at_ms: number;
  readonly event: string;
}

export async function appendEvent(tx: Queries, { task, round, atMs, event }: JournalEntry): Promise<void> {
  const sql = 'INSERT INTO round_event (task, round, at_ms, event) VALUES (?, ?, ?, ?)';
  await tx.run(sql, [task, round, atMs, JSON.stringify(event)]);
}

/** All entries, oldest first. */
export async function readJournal(queries: Queries): Promise<JournalEntry[]> {
  const rows = await queries.all<Row>('SELECT task, round, at_ms, event FROM round_event ORDER BY position');
  return rows.map(({ task, round, at_ms, event }) => ({
    task,
    round,
    atMs: at_ms,
    event: JSON.parse(event) as RoundEvent,
  }));
}
