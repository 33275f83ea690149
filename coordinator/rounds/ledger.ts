// The tasks and rounds that there are, as last written to disk: looked up here, changed only after a commit.

import { SkeinError } from '../../core/errors.js';
import type { Database } from '../../platform/database.js';
import { readTasks, type Task, type TaskRecord } from '../tasks/tasks.js';
import { readJournal } from './journal.js';
import type { Context } from './ports.js';
import { newRound, type Round, replayRounds } from './round.js';

export class Ledger {
  readonly #tasks = new Map<string, TaskRecord>();
  #rounds = new Map<string, Round[]>();

  /** From the journal alone. */
  async load(database: Database): Promise<void> {
    for (const record of await readTasks(database)) this.#tasks.set(record.task.id, record);
    this.#rounds = replayRounds(await readJournal(database));
  }

  tasks(): readonly TaskRecord[] {
    return [...this.#tasks.values()];
  }

  known(id: string): TaskRecord | undefined {
    return this.#tasks.get(id);
  }

  /** Throws `task/not-found`. */
  task(id: string): TaskRecord {
    const record = this.#tasks.get(id);
    if (record === undefined) throw new SkeinError('task/not-found', `There is no task ${id}.`);
    return record;
  }

  note(record: TaskRecord): void {
    this.#tasks.set(record.task.id, record);
  }

  running(): Task | undefined {
    return this.tasks().find(({ state }) => state === 'running')?.task;
  }

  /** Of one task or of all, in the order of opening. */
  rounds(task?: string): readonly Round[] {
    return task === undefined ? [...this.#rounds.values()].flat() : (this.#rounds.get(task) ?? []);
  }

  find({ task, round }: Context): Round | undefined {
    return this.#rounds.get(task)?.find(({ number }) => number === round);
  }

  /** The newest round of the running task, or of the last one that ran. */
  current(): Round | undefined {
    const task = this.running()?.id ?? [...this.#tasks.keys()].at(-1);
    return task === undefined ? undefined : this.#rounds.get(task)?.at(-1);
  }

  /** The next round of a task, which is not open yet. */
  begin(task: string): Round {
    const all = this.#rounds.get(task) ?? [];
    this.#rounds.set(task, all);
    const round = newRound(task, (all.at(-1)?.number ?? 0) + 1);
    all.push(round);
    return round;
  }

  /** It did not open. */
  withdraw(round: Round): void {
    if (this.#rounds.get(round.task)?.at(-1) === round) this.#rounds.get(round.task)?.pop();
  }

  /** Tasks whose last round ended before this time; never the newest task, which says what the devices learned last. */
  endedBefore(timeMs: number): string[] {
    const newest = [...this.#tasks.keys()].at(-1);
    return [...this.#rounds.keys()].filter(
      id =>
        id !== newest &&
        this.#tasks.get(id)?.state !== 'running' &&
        this.rounds(id).every(({ closedMs }) => closedMs !== null && closedMs < timeMs),
    );
  }

  /** Returns how many rounds went. */
  forget(task: string): number {
    const gone = this.rounds(task).length;
    this.#rounds.delete(task);
    return gone;
  }
}
