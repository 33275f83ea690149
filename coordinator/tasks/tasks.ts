// Tasks in SQLite: what was submitted, and how it stands.

import type { Queries } from '../../platform/database.js';
import type { TaskState, TaskSubmission } from '../../proto/api.js';
import type { TaskSpec } from '../../proto/messages.js';

/** A submission with every choice made. */
export interface Task extends Omit<TaskSubmission, 'baseModel' | 'labels' | 'minimum' | 'root'> {
  readonly baseModel: string;
  readonly labels: readonly string[];
  readonly minimum: number;
}

export type RootSet = TaskSubmission['root'];

export interface TaskRecord {
  readonly task: Task;
  readonly state: TaskState;
  /** Why it failed or was cancelled. */
  readonly reason: string;
  readonly createdMs: number;
}

interface Row {
  readonly spec: string;
  readonly state: TaskState;
  readonly reason: string;
  readonly created_ms: number;
}

const record = ({ spec, state, reason, created_ms }: Row): TaskRecord => ({
  task: JSON.parse(spec) as Task,
  state,
  reason,
  createdMs: created_ms,
});

/** What of a task travels to devices. A of a fresh adapter is drawn by the task's own seed. */
export const taskSpec = ({
  id,
  baseModel,
  template,
  labels,
  adapter,
  plan,
  aggregation,
  seed,
}: Task): TaskSpec => ({
  id,
  baseModel,
  template,
  labels,
  adapter,
  plan,
  aggregation,
  adapterSeed: seed,
});

/** Oldest first. */
export async function readTasks(queries: Queries): Promise<TaskRecord[]> {
  return (await queries.all<Row>('SELECT spec, state, reason, created_ms FROM task ORDER BY number')).map(
    record,
  );
}

export async function readRootSet(queries: Queries, id: string): Promise<RootSet> {
  const row = await queries.get<{ root: string }>('SELECT root FROM task WHERE id = ?', [id]);
  return row === undefined ? [] : (JSON.parse(row.root) as RootSet);
}

export async function insertTask(tx: Queries, task: Task, root: RootSet, nowMs: number): Promise<void> {
  const sql = "INSERT INTO task (id, spec, root, state, created_ms) VALUES (?, ?, ?, 'running', ?)";
  await tx.run(sql, [task.id, JSON.stringify(task), JSON.stringify(root), nowMs]);
}

export async function setTaskState(tx: Queries, id: string, state: TaskState, reason: string): Promise<void> {
  await tx.run('UPDATE task SET state = ?, reason = ? WHERE id = ?', [state, reason, id]);
}
