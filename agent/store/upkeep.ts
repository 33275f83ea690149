// What the agent's database may lose: what is older than the configuration keeps, and nothing that is still asked for.

import type { Clock } from '../../core/clock.js';
import type { Database } from '../../platform/database.js';
import type { UpkeepJob } from '../../platform/upkeep.js';
import type { Records } from '../records/records.js';

export interface AgentUpkeepOptions {
  readonly database: Database;
  readonly records: Records;
  readonly clock: Clock;
  /** Undefined: records are kept. */
  readonly retentionMs: number | undefined;
  readonly historyMs: number;
}

export function agentUpkeep(options: AgentUpkeepOptions): readonly UpkeepJob[] {
  const { database, records, clock, retentionMs, historyMs } = options;
  const deleting = (what: string, sql: string): UpkeepJob => ({
    what,
    run: async () => (await database.run(sql, [clock.now() - historyMs])).changes,
  });
  return [
    ...(retentionMs === undefined
      ? []
      : [{ what: 'records', run: () => records.forget({ olderThanMs: retentionMs }) }]),
    // The totals stand in the days, which stay.
    deleting('receipts', 'DELETE FROM receipt WHERE time_ms < ?'),
    // The newest tells which task to measure on, and what was learned last.
    deleting(
      'assignments',
      `DELETE FROM assignment WHERE received_ms < ? AND state IN ('done', 'failed', 'closed')
       AND received_ms < (SELECT max(received_ms) FROM assignment)`,
    ),
    // The highest serial is what keeps an old release from coming back.
    deleting(
      'releases',
      `DELETE FROM release WHERE received_ms < ? AND state IN ('kept', 'refused')
       AND serial < (SELECT max(serial) FROM release)`,
    ),
  ];
}
