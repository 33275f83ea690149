// One round as the coordinator holds it: the machine's state, and what is nice to see but not worth a journal entry.

import { isOver, reduce, unopenedRound } from '../../federation/round/reduce.js';
import type { RoundState } from '../../federation/round/types.js';
import type { Progress } from '../../proto/messages.js';
import type { JournalEntry } from './journal.js';

export interface Round {
  readonly task: string;
  readonly number: number;
  state: RoundState;
  /** When the last event came that ended it. */
  closedMs: number | null;
  /** The last that each device said of its work; gone after a restart. */
  readonly progress: Map<string, Progress & { readonly sequence: number }>;
}

export const newRound = (task: string, number: number): Round => ({
  task,
  number,
  state: unopenedRound,
  closedMs: null,
  progress: new Map(),
});

/** Where an event leads; the round takes it with `take` when it is on disk. */
export function take(round: Round, state: RoundState, atMs: number): void {
  round.state = state;
  if (isOver(state)) round.closedMs = atMs;
}

/** All rounds of all tasks, by task in the order of opening, from the journal alone. */
export function replayRounds(entries: readonly JournalEntry[]): Map<string, Round[]> {
  const rounds = new Map<string, Round[]>();
  for (const { task, round: number, atMs, event } of entries) {
    const all = rounds.get(task) ?? [];
    rounds.set(task, all);
    let round = all.at(-1);
    if (round?.number !== number) {
      round = newRound(task, number);
      all.push(round);
    }
    take(round, reduce(round.state, event).state, atMs);
  }
  return rounds;
}
