// The coordinator's database: one ordered list of migrations. Each feature keeps its own tables in schema/.

import type { Migration } from '../../platform/database.js';
import { roundsSchema } from './schema/rounds.js';
import { wireSchema } from './schema/wire.js';

export const coordinatorMigrations: readonly Migration[] = [
  { version: 1, sql: [wireSchema, roundsSchema].join('\n') },
  // Replies have a sequence; those from before came in their order.
  {
    version: 2,
    sql: `UPDATE round_event SET event = json_set(event, '$.sequence', position)
          WHERE json_extract(event, '$.type') = 'replied'`,
  },
];
