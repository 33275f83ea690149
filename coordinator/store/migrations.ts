// The coordinator's database: one ordered list of migrations. Each feature keeps its own tables in schema/.

import type { Migration } from '../../platform/database.js';
import { roundsSchema } from './schema/rounds.js';
import { wireSchema } from './schema/wire.js';

export const coordinatorMigrations: readonly Migration[] = [
  { version: 1, sql: [wireSchema, roundsSchema].join('\n') },
];
