// The agent's database: one ordered list of migrations. Each feature keeps its own tables in schema/.

import type { Migration } from '../../platform/database.js';
import { learningSchema } from './schema/learning.js';
import { linkSchema } from './schema/link.js';

export const agentMigrations: readonly Migration[] = [
  { version: 1, sql: [linkSchema, learningSchema].join('\n') },
];
