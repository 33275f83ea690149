// Runs the rounds of one task after the other: every event goes through the machine, then to disk, then its effects happen.

import { toHex } from '../../core/bytes.js';
import type { Clock } from '../../core/clock.js';
import { type ErrorCode, isSkeinError, SkeinError, toSkeinError } from '../../core/errors.js';
import { TypedEmitter } from '../../core/events.js';
import { awaits, isOver, pendingEffects, reduce } from '../../federation/round/reduce.js';
import { assignmentNonce, batchSeed } from '../../federation/round/seeds.js';
import type { RoundEffect, RoundEvent, Step } from '../../federation/round/types.js';
import type { Database, Queries } from '../../platform/database.js';
import type { Log } from '../../platform/log.js';
import type { Assignment, AssignmentReply, Progress } from '../../proto/messages.js';
import type { Fleet } from '../fleet/fleet.js';
import type { Releases, StoredRelease } from '../releases/releases.js';
import {
  insertTask,
  type RootSet,
  readRootSet,
  readTasks,
  setTaskState,
  type Task,
  type TaskRecord,
  taskSpec,
} from '../tasks/tasks.js';
import { appendEvent, readJournal } from './journal.js';
import type { Context, Send } from './ports.js';
import { newRound, type Round, replayRounds, take } from './round.js';
import type { RoundTraffic } from './traffic.js';
import type { ReceivedUpdate, RoundWork } from './work.js';

export type Verdict = Step['verdict'];

export interface RoundsOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** The fleet's name. */
  readonly name: string;
  readonly fleet: Fleet;
  readonly releases: Releases;
  readonly work: RoundWork;
  readonly traffic: RoundTraffic;
  readonly send: Send;
}

/** What others may want to draw or tell. `journaled` comes after the commit and before any effect. */
export type RoundsEvents = {
  journaled: { readonly task: string; readonly round: number; readonly event: RoundEvent };
  task: string;
  round: Context;
  /** Hash of the release that is live now. */
  release: string;
};

const retryMs = 10_000;

export class Rounds {
  readonly events = new TypedEmitter<RoundsEvents>();
  readonly #options: RoundsOptions;
  readonly #tasks = new Map<string, TaskRecord>();
  #rounds = new Map<string, Round[]>();
  #queue: Promise<unknown> = Promise.resolve();
  #working: Promise<unknown> = Promise.resolve();
  #abort = new AbortController();
  #cancelTimer: () => void = () => undefined;
  #stopped = false;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  /** Replays the journal, then does what was pending when the process before ended. */
  async start(): Promise<void> {
    const { database } = this.#options;
    for (const record of await readTasks(database)) this.#tasks.set(record.task.id, record);
    this.#rounds = replayRounds(await readJournal(database));
    await this.#serially(async () => {
      const task = this.#running();
      if (task !== undefined && !this.#options.work.serves(task.baseModel)) {
        const { id, baseModel } = task;
        this.#options.log.error(
          { code: 'model/mismatch', task: id, baseModel },
          'a task waits for its model',
        );
        return;
      }
      const round = this.#current();
      if (round !== undefined) await this.#perform(round, pendingEffects(round.state));
      await this.#advance();
    });
  }

  /** Nothing is lost: what was under way is done again after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    this.#abort.abort(new SkeinError('cancelled', 'The coordinator stops.'));
    await this.#queue;
    await this.#working;
  }

  tasks(): readonly TaskRecord[] {
    return [...this.#tasks.values()];
  }

  /** Throws `task/not-found`. */
  task(id: string): TaskRecord {
    const record = this.#tasks.get(id);
    if (record === undefined) throw new SkeinError('task/not-found', `There is no task ${id}.`);
    return record;
  }

  /** Of one task or of all, in the order of opening. */
  rounds(task?: string): readonly Round[] {
    return task === undefined ? [...this.#rounds.values()].flat() : (this.#rounds.get(task) ?? []);
  }

  /**
   * Takes a checked task and opens its first round as soon as enough devices are there. The same task again changes
   * nothing; another one of the same name, or one while another runs, is `task/invalid`.
   */
  submit(task: Task, root: RootSet): Promise<TaskRecord> {
    return this.#serially(async () => {
      const known = this.#tasks.get(task.id);
      if (known !== undefined) {
        const same = JSON.stringify([task, root]);
        if (JSON.stringify([known.task, await readRootSet(this.#options.database, task.id)]) === same)
          return known;
        throw new SkeinError('task/invalid', `There is another task ${task.id} already; choose a new name.`);
      }
      const running = this.#running();
      if (running !== undefined) {
        throw new SkeinError(
          'task/invalid',
          `Task ${running.id} is still running; cancel it or wait for its end.`,
        );
      }
      const createdMs = this.#options.clock.now();
      await this.#options.database.transaction(tx => insertTask(tx, task, root, createdMs));
      const record: TaskRecord = { task, state: 'running', reason: '', createdMs };
      this.#tasks.set(task.id, record);
      this.events.emit('task', task.id);
      await this.#advance();
      return record;
    });
  }

  /** Ends a task where it runs. Throws `task/not-found`. */
  cancel(id: string): Promise<TaskRecord> {
    return this.#serially(async () => {
      if (this.task(id).state !== 'running') return this.task(id);
      const round = this.#current();
      const reason = 'cancelled by the operator';
      if (round !== undefined && !isOver(round.state))
        await this.#apply(round, { type: 'cancelled', reason });
      else {
        await this.#options.database.transaction(tx => setTaskState(tx, id, 'cancelled', reason));
        this.#noteTask(id, 'cancelled', reason);
      }
      return this.task(id);
    });
  }

  /** A device was born: what it may have missed is sent again, and a round may have been waiting for it. */
  online(device: string): Promise<void> {
    return this.#serially(async () => {
      await this.#sendLive(device, await this.#options.releases.live());
      const round = this.#current();
      if (round !== undefined) {
        if (awaits(round.state, device)) await this.#assign(round, device);
        else if (isOver(round.state) && Object.hasOwn(round.state.devices, device))
          await this.#sendClosed(round, device);
      }
      await this.#advance();
    });
  }

  /** A revoked device counts in no open round. */
  revoked(device: string): Promise<void> {
    return this.#serially(async () => {
      const round = this.#current();
      if (round !== undefined) await this.#apply(round, { type: 'revoked', device });
    });
  }

  /** `sequence`: the message's, by which the newest answer of a device is known. */
  reply(
    device: string,
    context: Context,
    { nonce, accepted, reason }: AssignmentReply,
    sequence: number,
  ): Promise<Verdict> {
    return this.#serially(async () => {
      const round = this.#find(context);
      if (round === undefined || !this.#answers(round, device, nonce)) return 'wire/replay';
      return this.#apply(round, { type: 'replied', device, accepted, reason, sequence });
    });
  }

  /** Only to be looked at: it is not journaled, and nothing follows from it. */
  progress(device: string, context: Context, progress: Progress, sequence: number): void {
    const round = this.#find(context);
    if (round === undefined || isOver(round.state) || !Object.hasOwn(round.state.devices, device)) return;
    if (sequence <= (round.progress.get(device)?.sequence ?? 0)) return;
    round.progress.set(device, { ...progress, sequence });
    this.events.emit('round', context);
  }

  /** Whether an update of this device may count; asked before its bytes travel. */
  expects(device: string, context: Context): Verdict {
    const verdict = this.#verdict(device, context, '');
    const counted = this.#find(context)?.state.devices[device]?.update;
    // It may be the one that counts, whose acknowledgement was lost: that is seen when it has come.
    return verdict === 'wire/replay' && counted != null ? 'known' : verdict;
  }

  /**
   * An update has come. After `applied` or `known` it is on disk and may be acknowledged; any other verdict is final. One
   * that does not fit its assignment counts as the device's refusal, so that nobody waits for it.
   */
  update(device: string, context: Context, received: ReceivedUpdate): Promise<Verdict> {
    return this.#serially(async () => {
      const blob = toHex(received.hash);
      const verdict = this.#verdict(device, context, blob);
      if (verdict !== 'applied') return verdict;
      const round = this.#find(context)!;
      try {
        await this.#options.work.keep(
          this.task(round.task).task,
          round,
          this.#nonce(round, device),
          received,
        );
      } catch (error) {
        if (!isSkeinError(error, 'round/invalid-update')) throw error;
        this.#options.log.warn(
          { code: error.code, device, ...context, reason: error.message },
          'update refused',
        );
        await this.#apply(round, { type: 'rejected', device, reason: error.code });
        return error.code;
      }
      return this.#apply(round, { type: 'received', device, blob, examples: received.update.examples });
    });
  }

  /** Goes back to an earlier release or to `base`, and tells every device. Throws what `Releases.rollback` throws. */
  rollback(target: string): Promise<string> {
    return this.#serially(async () => {
      if (target !== 'base') await this.#options.work.requireFiles(await this.#options.releases.get(target));
      const { hash } = await this.#options.releases.rollback(target);
      await this.#announce(hash);
      return hash;
    });
  }

  /** Runs `work` between two events, and not at all while a release is made of files that no event names yet. */
  whileAtRest<T>(work: (rounds: readonly Round[]) => Promise<T>): Promise<T | undefined> {
    return this.#serially(async () => {
      const round = this.#current();
      if (round !== undefined && round.state.phase !== 'open' && !isOver(round.state)) return undefined;
      return work(this.rounds());
    });
  }

  /** Drops the journal of tasks that ended before this time, except the newest task's. Resolves with how many rounds went. */
  forgetBefore(timeMs: number): Promise<number> {
    return this.#serially(async () => {
      const newest = [...this.#tasks.keys()].at(-1);
      let gone = 0;
      for (const [id, rounds] of this.#rounds) {
        const ended = rounds.every(({ closedMs }) => closedMs !== null && closedMs < timeMs);
        if (id === newest || this.#tasks.get(id)?.state === 'running' || !ended) continue;
        await this.#options.database.transaction(async tx => {
          await tx.run('DELETE FROM round_event WHERE task = ?', [id]);
          await this.#options.traffic.forget(tx, id);
        });
        this.#rounds.delete(id);
        gone += rounds.length;
      }
      return gone;
    });
  }

  // ---- inside the queue: one thing at a time ----

  /** Calls go one after the other; each sees the state that the one before left, in memory as on disk. */
  #serially<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(() => {
      if (this.#stopped) throw new SkeinError('cancelled', 'The coordinator stops.');
      return work();
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #apply(round: Round, event: RoundEvent): Promise<Verdict> {
    const { database, clock, log, traffic } = this.#options;
    const { state, effects, verdict } = reduce(round.state, event);
    if (verdict !== 'applied') return verdict;
    const atMs = clock.now();
    await database.transaction(async tx => {
      await appendEvent(tx, { task: round.task, round: round.number, atMs, event });
      if (event.type === 'opened') await traffic.opened(tx, round, event.plan.cohort);
      await this.#settle(tx, round, event);
    });
    take(round, state, atMs);
    const context = { task: round.task, round: round.number };
    this.events.emit('journaled', { ...context, event });
    log.debug({ ...context, event: event.type, phase: state.phase }, 'round event');
    if (isOver(state)) this.#noteEnd(round);
    this.events.emit('round', context);
    // Stopped between the commit and the effects: exactly what a crash here would leave.
    if (!this.#stopped) await this.#perform(round, effects);
    return verdict;
  }

  /** What else the end of a round changes, in the event's own transaction. */
  async #settle(tx: Queries, round: Round, event: RoundEvent): Promise<void> {
    const { state } = reduce(round.state, event);
    if (event.type === 'released') await this.#options.releases.promote(tx, event.release);
    if (event.type === 'failed' || event.type === 'cancelled')
      await this.#options.releases.discardCandidate(tx);
    const end = this.#taskEnd(round, state.phase);
    if (end !== undefined) await setTaskState(tx, round.task, end, state.reason);
  }

  #taskEnd(round: Round, phase: Round['state']['phase']): 'done' | 'failed' | 'cancelled' | undefined {
    if (phase === 'failed' || phase === 'cancelled') return phase;
    return phase === 'released' && round.number >= this.task(round.task).task.rounds ? 'done' : undefined;
  }

  #noteEnd(round: Round): void {
    const end = this.#taskEnd(round, round.state.phase);
    if (end !== undefined) this.#noteTask(round.task, end, round.state.reason);
    else this.events.emit('task', round.task);
  }

  #noteTask(id: string, state: TaskRecord['state'], reason: string): void {
    this.#tasks.set(id, { ...this.task(id), state, reason });
    this.events.emit('task', id);
  }

  async #perform(round: Round, effects: readonly RoundEffect[]): Promise<void> {
    for (const effect of effects) {
      switch (effect.type) {
        case 'schedule':
          this.#schedule(round, effect.deadlineMs);
          break;
        case 'assign':
          await this.#assign(round, effect.device);
          break;
        case 'aggregate':
        case 'evaluate':
        case 'publish':
          this.#cancelTimer();
          this.#startWork(round, effect);
          break;
        case 'close':
          await this.#close(round);
      }
    }
  }

  #schedule(round: Round, deadlineMs: number): void {
    const { clock } = this.#options;
    this.#cancelTimer();
    this.#cancelTimer = clock.after(Math.max(0, deadlineMs - clock.now()), () => {
      this.#later(() => this.#apply(round, { type: 'deadline' }));
    });
  }

  async #assign(round: Round, device: string): Promise<void> {
    const { task } = this.task(round.task);
    const plan = round.state.plan!;
    const whose = { task: task.id, taskSeed: task.seed, round: round.number, device };
    const assignment: Assignment = {
      task: taskSpec(task),
      startRelease: plan.startRelease,
      seed: batchSeed(whose),
      deadlineMs: plan.deadlineMs,
      nonce: this.#nonce(round, device),
    };
    await this.#options.send(device, 'assignment', { task: task.id, round: round.number }, assignment);
  }

  /** Aggregating and evaluating take time: they run beside the queue, and their result comes back as an event. */
  #startWork(
    round: Round,
    effect: Extract<RoundEffect, { type: 'aggregate' | 'evaluate' | 'publish' }>,
  ): void {
    const { work, log, clock } = this.#options;
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const { task } = this.task(round.task);
    this.#working = work
      .perform(task, round.state, effect, signal)
      .then(event => this.#serially(() => this.#apply(round, event)))
      .catch(async thrown => {
        if (signal.aborted || this.#stopped) return;
        const error = toSkeinError(thrown);
        const context = { task: task.id, round: round.number, work: effect.type };
        log.error({ ...context, code: error.code, err: error }, 'the work of a round failed');
        // A full or absent disk comes back; until then the round waits.
        if (error.code.startsWith('io/')) {
          this.#cancelTimer = clock.after(retryMs, () => this.#startWork(round, effect));
          return;
        }
        await this.#serially(() => this.#apply(round, { type: 'failed', reason: error.code }));
      })
      .catch(error => this.#unforeseen(error));
  }

  async #close(round: Round): Promise<void> {
    this.#cancelTimer();
    this.#abort.abort();
    if (round.state.phase === 'released') await this.#announce(round.state.release);
    for (const device of Object.keys(round.state.devices)) await this.#sendClosed(round, device);
    await this.#options.work.forget(round.state);
    this.#later(() => this.#advance());
  }

  /** Opens the next round of the running task where enough devices are there. */
  async #advance(): Promise<void> {
    const { fleet, clock, releases, work } = this.#options;
    const task = this.#running();
    const last = this.#current();
    if (task === undefined || !work.serves(task.baseModel) || (last !== undefined && !isOver(last.state)))
      return;
    const cohort = fleet.withModel(task.baseModel).sort();
    if (cohort.length < task.goal) return;
    const live = await releases.live();
    const number = (last?.number ?? 0) + 1;
    const round = newRound(task.id, number);
    const openedMs = clock.now();
    const all = this.#rounds.get(task.id) ?? [];
    this.#rounds.set(task.id, all);
    all.push(round);
    try {
      await this.#apply(round, {
        type: 'opened',
        plan: {
          task: task.id,
          round: number,
          cohort,
          goal: task.goal,
          minimum: task.minimum,
          startRelease: live?.content.task === task.id && live.content.files.length > 0 ? live.hash : '',
          openedMs,
          deadlineMs: openedMs + task.roundTimeoutMs,
        },
      });
    } catch (error) {
      if (round.state.phase === 'unopened') all.pop();
      throw error;
    }
  }

  async #announce(hash: string): Promise<void> {
    this.events.emit('release', hash);
    const live = await this.#options.releases.live();
    for (const device of this.#options.fleet.online()) await this.#sendLive(device, live);
  }

  async #sendLive(device: string, live: StoredRelease | undefined): Promise<void> {
    if (live === undefined || this.#options.fleet.get(device)?.release === live.hash) return;
    const { content, manifest, signature } = live;
    const context = { task: content.task, round: content.round };
    await this.#options.send(device, 'release', context, { manifest, signature });
  }

  async #sendClosed(round: Round, device: string): Promise<void> {
    const { phase, release } = round.state;
    if (phase !== 'released' && phase !== 'failed' && phase !== 'cancelled') return;
    await this.#options.send(
      device,
      'closed',
      { task: round.task, round: round.number },
      { outcome: phase, release },
    );
  }

  // ---- small questions ----

  #verdict(device: string, context: Context, blob: string): Verdict {
    const round = this.#find(context);
    if (round === undefined) return 'wire/replay';
    return reduce(round.state, { type: 'received', device, blob, examples: 1 }).verdict;
  }

  #running(): Task | undefined {
    return [...this.#tasks.values()].find(({ state }) => state === 'running')?.task;
  }

  /** The newest round of the running task, or of the last one that ran. */
  #current(): Round | undefined {
    const task = this.#running()?.id ?? [...this.#tasks.keys()].at(-1);
    return task === undefined ? undefined : this.#rounds.get(task)?.at(-1);
  }

  #find({ task, round }: Context): Round | undefined {
    return this.#rounds.get(task)?.find(({ number }) => number === round);
  }

  #nonce(round: Round, device: string): Uint8Array {
    const { seed } = this.task(round.task).task;
    return assignmentNonce(this.#options.name, {
      task: round.task,
      taskSeed: seed,
      round: round.number,
      device,
    });
  }

  #answers(round: Round, device: string, nonce: Uint8Array): boolean {
    return Buffer.compare(this.#nonce(round, device), nonce) === 0;
  }

  #later(work: () => Promise<unknown>): void {
    this.#serially(work).catch(error => this.#unforeseen(error));
  }

  #unforeseen(thrown: unknown): void {
    if (this.#stopped) return;
    const error = toSkeinError(thrown);
    this.#options.log.error({ code: error.code satisfies ErrorCode, err: error }, 'a round cannot go on');
  }
}
