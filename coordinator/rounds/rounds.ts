// Runs the rounds of one task after the other: every event goes through the machine, then to disk, then its effects happen.

import { equalBytes, toHex } from '../../core/bytes.js';
import type { Clock } from '../../core/clock.js';
import { type ErrorCode, isSkeinError, SkeinError, toSkeinError } from '../../core/errors.js';
import { TypedEmitter } from '../../core/events.js';
import { awaits, isOver, pendingEffects, reduce } from '../../federation/round/reduce.js';
import type { RoundEffect, RoundEvent, Step } from '../../federation/round/types.js';
import type { Database, Queries } from '../../platform/database.js';
import type { Log } from '../../platform/log.js';
import type { AssignmentReply, Progress } from '../../proto/messages.js';
import type { Fleet } from '../fleet/fleet.js';
import type { Releases } from '../releases/releases.js';
import {
  insertTask,
  type RootSet,
  readRootSet,
  setTaskState,
  type Task,
  type TaskRecord,
} from '../tasks/tasks.js';
import { Background } from './background.js';
import { appendEvent } from './journal.js';
import { Ledger } from './ledger.js';
import { RoundMail } from './mail.js';
import type { Context, Send } from './ports.js';
import { type Round, take } from './round.js';
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

export class Rounds {
  readonly events = new TypedEmitter<RoundsEvents>();
  readonly #options: RoundsOptions;
  readonly #ledger = new Ledger();
  readonly #mail: RoundMail;
  readonly #background: Background;
  #queue: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#mail = new RoundMail(options);
    this.#background = new Background({
      ...options,
      apply: (round, event) => this.#serially(() => this.#apply(round, event)),
      unforeseen: error => this.#unforeseen(error),
    });
  }

  /** Replays the journal, then does what was pending when the process before ended. */
  async start(): Promise<void> {
    await this.#ledger.load(this.#options.database);
    await this.#serially(async () => {
      const task = this.#ledger.running();
      if (task !== undefined && !this.#options.work.serves(task.baseModel)) {
        const { id, baseModel } = task;
        this.#options.log.error(
          { code: 'model/mismatch', task: id, baseModel },
          'a task waits for its model',
        );
        return;
      }
      const round = this.#ledger.current();
      if (round !== undefined) await this.#perform(round, pendingEffects(round.state));
      await this.#advance();
    });
  }

  /** Nothing is lost: what was under way is done again after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#background.cancel();
    await this.#queue;
    await this.#background.idle();
  }

  tasks(): readonly TaskRecord[] {
    return this.#ledger.tasks();
  }

  /** Throws `task/not-found`. */
  task(id: string): TaskRecord {
    return this.#ledger.task(id);
  }

  /** Of one task or of all, in the order of opening. */
  rounds(task?: string): readonly Round[] {
    return this.#ledger.rounds(task);
  }

  /**
   * Takes a checked task and opens its first round as soon as enough devices are there. The same task again changes
   * nothing; another one of the same name, or one while another runs, is `task/invalid`.
   */
  submit(task: Task, root: RootSet): Promise<TaskRecord> {
    return this.#serially(async () => {
      const known = this.#ledger.known(task.id);
      if (known !== undefined) {
        const same = JSON.stringify([task, root]);
        if (JSON.stringify([known.task, await readRootSet(this.#options.database, task.id)]) === same)
          return known;
        throw new SkeinError('task/invalid', `There is another task ${task.id} already; choose a new name.`);
      }
      const running = this.#ledger.running();
      if (running !== undefined) {
        throw new SkeinError(
          'task/invalid',
          `Task ${running.id} is still running; cancel it or wait for its end.`,
        );
      }
      const createdMs = this.#options.clock.now();
      await this.#options.database.transaction(tx => insertTask(tx, task, root, createdMs));
      const record: TaskRecord = { task, state: 'running', reason: '', createdMs };
      this.#ledger.note(record);
      this.events.emit('task', task.id);
      await this.#advance();
      return record;
    });
  }

  /** Ends a task where it runs. Throws `task/not-found`. */
  cancel(id: string): Promise<TaskRecord> {
    return this.#serially(async () => {
      if (this.task(id).state !== 'running') return this.task(id);
      const round = this.#ledger.current();
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
      await this.#mail.live([device]);
      const round = this.#ledger.current();
      if (round !== undefined) {
        if (awaits(round.state, device)) await this.#mail.assign(this.task(round.task).task, round, device);
        else if (isOver(round.state) && Object.hasOwn(round.state.devices, device))
          await this.#mail.closed(round, device);
      }
      await this.#advance();
    });
  }

  /** A revoked device counts in no open round. */
  revoked(device: string): Promise<void> {
    return this.#serially(async () => {
      const round = this.#ledger.current();
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
      const round = this.#ledger.find(context);
      if (round === undefined || !equalBytes(this.#nonce(round, device), nonce)) return 'wire/replay';
      return this.#apply(round, { type: 'replied', device, accepted, reason, sequence });
    });
  }

  /** Only to be looked at: it is not journaled, and nothing follows from it. */
  progress(device: string, context: Context, progress: Progress, sequence: number): void {
    const round = this.#ledger.find(context);
    if (round === undefined || isOver(round.state) || !Object.hasOwn(round.state.devices, device)) return;
    if (sequence <= (round.progress.get(device)?.sequence ?? 0)) return;
    round.progress.set(device, { ...progress, sequence });
    this.events.emit('round', context);
  }

  /** Whether an update of this device may count; asked before its bytes travel. */
  expects(device: string, context: Context): Verdict {
    const verdict = this.#verdict(device, context, '');
    const counted = this.#ledger.find(context)?.state.devices[device]?.update;
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
      const round = this.#ledger.find(context)!;
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
      const round = this.#ledger.current();
      if (round !== undefined && round.state.phase !== 'open' && !isOver(round.state)) return undefined;
      return work(this.rounds());
    });
  }

  /** Drops the journal of tasks that ended before this time, except the newest task's. Resolves with how many rounds went. */
  forgetBefore(timeMs: number): Promise<number> {
    return this.#serially(async () => {
      let gone = 0;
      for (const task of this.#ledger.endedBefore(timeMs)) {
        await this.#options.database.transaction(async tx => {
          await tx.run('DELETE FROM round_event WHERE task = ?', [task]);
          await this.#options.traffic.forget(tx, task);
        });
        gone += this.#ledger.forget(task);
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
    this.#ledger.note({ ...this.task(id), state, reason });
    this.events.emit('task', id);
  }

  async #perform(round: Round, effects: readonly RoundEffect[]): Promise<void> {
    for (const effect of effects) {
      switch (effect.type) {
        case 'schedule':
          this.#background.schedule(round, effect.deadlineMs);
          break;
        case 'assign':
          await this.#mail.assign(this.task(round.task).task, round, effect.device);
          break;
        case 'aggregate':
        case 'evaluate':
        case 'publish':
          this.#background.start(this.task(round.task).task, round, effect);
          break;
        case 'close':
          await this.#close(round);
      }
    }
  }

  async #close(round: Round): Promise<void> {
    this.#background.cancel();
    if (round.state.phase === 'released') await this.#announce(round.state.release);
    for (const device of Object.keys(round.state.devices)) await this.#mail.closed(round, device);
    await this.#options.work.forget(round.state);
    this.#background.insist(() => this.#serially(() => this.#advance()));
  }

  /** Opens the next round of the running task where enough devices are there. */
  async #advance(): Promise<void> {
    const { fleet, clock, releases, work } = this.#options;
    const task = this.#ledger.running();
    const last = this.#ledger.current();
    if (task === undefined || !work.serves(task.baseModel) || (last !== undefined && !isOver(last.state)))
      return;
    const cohort = fleet.withModel(task.baseModel).sort();
    if (cohort.length < task.goal) return;
    const live = await releases.live();
    const round = this.#ledger.begin(task.id);
    const openedMs = clock.now();
    try {
      await this.#apply(round, {
        type: 'opened',
        plan: {
          task: task.id,
          round: round.number,
          cohort,
          goal: task.goal,
          minimum: task.minimum,
          startRelease: live?.content.task === task.id && live.content.files.length > 0 ? live.hash : '',
          openedMs,
          deadlineMs: openedMs + task.roundTimeoutMs,
        },
      });
    } catch (error) {
      if (round.state.phase === 'unopened') this.#ledger.withdraw(round);
      throw error;
    }
  }

  async #announce(hash: string): Promise<void> {
    this.events.emit('release', hash);
    await this.#mail.live(this.#options.fleet.online());
  }

  // ---- small questions ----

  #verdict(device: string, context: Context, blob: string): Verdict {
    const round = this.#ledger.find(context);
    if (round === undefined) return 'wire/replay';
    return reduce(round.state, { type: 'received', device, blob, examples: 1 }).verdict;
  }

  #nonce(round: Round, device: string): Uint8Array {
    return this.#mail.nonce(this.task(round.task).task, round, device);
  }

  #unforeseen(thrown: unknown): void {
    if (this.#stopped) return;
    const error = toSkeinError(thrown);
    this.#options.log.error({ code: error.code satisfies ErrorCode, err: error }, 'a round cannot go on');
  }
}
