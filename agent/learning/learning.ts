// Learning for the fleet: an assignment is judged, kept, trained, cleared for sending, and remembered until the round ends.

import { rm } from 'node:fs/promises';
import path from 'node:path';
import { equalBytes } from '../../core/bytes.js';
import { type Clock, sleep } from '../../core/clock.js';
import { SkeinError, toSkeinError } from '../../core/errors.js';
import { updateTensors } from '../../federation/update/shape.js';
import type { Adapter } from '../../model/engine/types.js';
import type { Database, Queries } from '../../platform/database.js';
import type { Log } from '../../platform/log.js';
import type { ModelWorker, TrainResult } from '../../platform/worker/types.js';
import { encodeUpdate } from '../../proto/codec.js';
import type {
  AdapterShape,
  Assignment,
  AssignmentReply,
  Progress,
  RoundClosed,
} from '../../proto/messages.js';
import type { Records } from '../records/records.js';
import { Assignments, type KnownAssignment, offerName } from './assignments.js';
import { type DeviceSituation, objection } from './policy.js';

/** The way out, as learning sees it. */
export interface LearningOutlet {
  reply(task: string, round: number, reply: AssignmentReply): Promise<void>;
  progress(task: string, round: number, progress: Progress): Promise<void>;
  /** Through the gate into the outbox, as a part of the transaction. Returns the blob's SHA-256. Throws `egress/*`. */
  queueUpdate(tx: Queries, task: string, round: number, update: Uint8Array): Promise<Uint8Array>;
  /** After the transaction: the update may be sent. */
  send(task: string, round: number, update: Uint8Array): Promise<void>;
  /** Whether an update still waits for its acknowledgement. */
  isQueued(blob: Uint8Array): Promise<boolean>;
  /** The round is over: its update need not be sent any more. */
  drop(task: string, round: number): Promise<void>;
}

export interface LearningOptions {
  readonly database: Database;
  readonly records: Records;
  readonly worker: ModelWorker;
  readonly outlet: LearningOutlet;
  /** Null: the base model. Waits for a release that is under way. */
  readonly adapterOf: (release: string, signal: AbortSignal) => Promise<Adapter | null>;
  readonly situation: () => Promise<Omit<DeviceSituation, 'nowMs' | 'records'>>;
  /** Checkpoints stand here. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

const progressEveryMs = 500;
/** What a disk did not take is tried again after this long. */
const retryMs = 5_000;
/** What a timer of Node can hold; longer ones would fire at once. */
const maxTimerMs = 2 ** 31 - 1;

export class Learning {
  readonly #options: LearningOptions;
  readonly #assignments: Assignments;
  readonly #stop = new AbortController();
  /** The round that is worked on. */
  #current: { readonly task: string; readonly round: number; readonly abort: AbortController } | undefined;
  #working: Promise<void> | undefined;
  #again = false;

  constructor(options: LearningOptions) {
    this.#options = options;
    this.#assignments = new Assignments(options.database);
  }

  /** Goes on with what was accepted before the program ended. */
  async start(): Promise<void> {
    // The program may have ended between the acknowledgement's two effects: the outbox has the last word.
    for (const blob of await this.#assignments.sent()) {
      if (!(await this.#options.outlet.isQueued(blob))) await this.#assignments.acknowledged(blob, '');
    }
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new SkeinError('cancelled', 'The agent stops.'));
    await this.#working;
  }

  latest = (): Promise<KnownAssignment | undefined> => this.#assignments.latest();

  /**
   * The same offer again is answered again, and worked on once. Where its update was acknowledged before, the coordinator
   * has lost it (its database came back from a backup): it is trained again, to the same update.
   */
  async offered(task: string, round: number, assignment: Assignment): Promise<void> {
    const { outlet, clock, log } = this.#options;
    const { nonce } = assignment;
    const before = await this.#assignments.find(task, round);
    const same = before !== undefined && equalBytes(before.content.nonce, nonce);
    const again = same && before.state !== 'done';
    const reason = again ? refusalOf(before) : await this.#objection(assignment);
    if (reason === '' && !again) {
      await this.#patiently({ task, round }, () =>
        this.#assignments.accept(task, round, assignment, clock.now()),
      );
      this.#interrupt(task, round);
    }
    log.info({ task, round, again, ...(reason !== '' && { code: reason }) }, 'assignment offered');
    await this.#whileConnected(outlet.reply(task, round, { nonce, accepted: reason === '', reason }));
    this.#wake();
  }

  /** The coordinator's own acknowledgement of a whole update; `refusal` is an error code or empty. */
  async acknowledged(blob: Uint8Array, refusal: string): Promise<void> {
    const row = await this.#patiently({}, () => this.#assignments.acknowledged(blob, refusal));
    if (row === undefined) return;
    await this.#report(row, refusal === '' ? { phase: 'done' } : { phase: 'failed', reason: refusal });
  }

  async closed(task: string, round: number, { outcome }: RoundClosed): Promise<void> {
    await this.#patiently({ task, round }, () => this.#assignments.close(task, round));
    this.#interrupt(task, round);
    await this.#patiently({ task, round }, () => this.#options.outlet.drop(task, round));
    this.#options.log.info({ task, round, outcome }, 'round closed');
  }

  async #objection(assignment: Assignment): Promise<string> {
    const { situation, records, clock } = this.#options;
    const { training } = await records.counts();
    return objection(assignment, { ...(await situation()), nowMs: clock.now(), records: training }) ?? '';
  }

  #interrupt(task: string, round: number): void {
    if (this.#current?.task !== task || this.#current.round !== round) return;
    this.#current.abort.abort(new SkeinError('cancelled', 'The round is over.'));
  }

  #wake(): void {
    this.#again = true;
    this.#working ??= this.#work()
      .catch(error => {
        if (this.#stop.signal.aborted) return;
        this.#options.log.error({ err: toSkeinError(error) }, 'learning stopped short');
      })
      .finally(() => {
        this.#working = undefined;
        if (this.#again && !this.#stop.signal.aborted) this.#wake();
      });
  }

  async #work(): Promise<void> {
    for (;;) {
      this.#again = false;
      const next = await this.#patiently({}, () => this.#assignments.next());
      if (next === undefined || this.#stop.signal.aborted) return;
      await this.#perform(next);
    }
  }

  async #perform(assignment: KnownAssignment): Promise<void> {
    const { clock, log } = this.#options;
    const { task, round, content } = assignment;
    const abort = new AbortController();
    this.#current = { task, round, abort };
    const untilDeadline = Math.min(maxTimerMs, Math.max(0, content.deadlineMs - clock.now()));
    const cancelDeadline = clock.after(untilDeadline, () =>
      abort.abort(new SkeinError('net/timeout', 'The deadline of the round has passed.')),
    );
    const signal = AbortSignal.any([abort.signal, this.#stop.signal]);
    try {
      await this.#train(assignment, signal);
    } catch (thrown) {
      // The program ends or the round is over: nothing has failed.
      if (this.#stop.signal.aborted || !(await this.#assignments.isWanted(assignment))) return;
      const error = toSkeinError(signal.aborted ? signal.reason : thrown);
      log.warn({ task, round, code: error.code, err: error }, 'assignment failed');
      await this.#patiently({ task, round }, () => this.#assignments.fail(task, round, error.code));
      await this.#report(assignment, { phase: 'failed', reason: error.code });
    } finally {
      cancelDeadline();
      this.#current = undefined;
      if (!this.#stop.signal.aborted) await rm(this.#checkpoint(assignment), { force: true });
    }
  }

  async #train(assignment: KnownAssignment, signal: AbortSignal): Promise<void> {
    const { worker, records, adapterOf, clock, log } = this.#options;
    const { task, round, content } = assignment;
    const { template, labels, adapter: shape, plan, adapterSeed } = content.task;
    await this.#report(assignment, { phase: 'fetching' });
    const start = content.startRelease === '' ? null : await adapterOf(content.startRelease, signal);
    if (start !== null && !sameShape(start.shape, shape)) {
      throw new SkeinError('adapter/invalid', 'The release to start from has another shape than the task.');
    }
    let reportedMs = Number.NEGATIVE_INFINITY;
    const result = await worker.train({
      prompt: { template, labels, maxTokens: plan.maxTokens },
      shape,
      plan,
      records: await records.training(),
      seed: content.seed,
      start,
      adapterSeed,
      checkpointFile: this.#checkpoint(assignment),
      onProgress: ({ step, steps }) => {
        if (step < steps && clock.now() - reportedMs < progressEveryMs) return;
        // Its first step says where training began: past the first, it went on from a checkpoint.
        if (reportedMs < 0) log.info({ task, round, step, steps }, 'training');
        reportedMs = clock.now();
        void this.#report(assignment, { phase: 'training', step, steps });
      },
      onUnsaved: code =>
        log.warn({ task, round, code }, 'the checkpoint could not be stored; training goes on'),
      signal,
    });
    signal.throwIfAborted();
    await this.#handOver(assignment, result, signal);
    log.info(
      { task, round, examples: result.examples, steps: result.steps, loss: result.lastLoss },
      'assignment trained',
    );
  }

  async #handOver(
    assignment: KnownAssignment,
    { adapter, examples, steps }: TrainResult,
    signal: AbortSignal,
  ): Promise<void> {
    const { database, outlet } = this.#options;
    const { task, round, content } = assignment;
    const update = encodeUpdate({
      nonce: content.nonce,
      examples,
      tensors: updateTensors(content.task.adapter.mode, adapter.tensors),
      startRelease: content.startRelease,
    });
    const store = () =>
      database.transaction(async tx => {
        const blob = await outlet.queueUpdate(tx, task, round, update);
        if (!(await this.#assignments.trained(tx, assignment, blob))) {
          throw new SkeinError('cancelled', 'The round was closed meanwhile.');
        }
      });
    await this.#patiently({ task, round }, store, signal);
    await this.#report(assignment, { phase: 'sending', step: steps, steps });
    await outlet.send(task, round, update);
  }

  /** A disk that is full or away comes back: until then the step waits, and nothing that was done is done again. */
  async #patiently<T>(
    context: { readonly task?: string; readonly round?: number },
    step: () => Promise<T>,
    signal: AbortSignal = this.#stop.signal,
  ): Promise<T> {
    const { clock, log } = this.#options;
    for (;;) {
      try {
        return await step();
      } catch (thrown) {
        const error = toSkeinError(thrown);
        if (!error.code.startsWith('io/')) throw thrown;
        log.warn({ ...context, code: error.code, err: error }, 'nothing can be stored; it is tried again');
        await sleep(clock, retryMs, signal);
      }
    }
  }

  /** News that may be lost: the coordinator offers again what it does not know of, and the work goes on. */
  async #report(
    { task, round }: KnownAssignment,
    progress: Pick<Progress, 'phase'> & Partial<Progress>,
  ): Promise<void> {
    const { outlet } = this.#options;
    await this.#whileConnected(outlet.progress(task, round, { step: 0, steps: 0, reason: '', ...progress }));
  }

  async #whileConnected(sending: Promise<void>): Promise<void> {
    try {
      await sending;
    } catch (error) {
      this.#options.log.debug({ err: toSkeinError(error) }, 'a control message was not sent');
    }
  }

  #checkpoint = (assignment: KnownAssignment): string =>
    path.join(this.#options.folder, `${offerName(assignment)}.ckpt`);
}

/** Why an offer that is known already is declined now; empty: it was accepted. */
function refusalOf({ state, reason }: KnownAssignment): string {
  if (state === 'failed') return reason;
  return state === 'closed' ? 'wire/replay' : '';
}

const sameShape = (a: AdapterShape, b: AdapterShape): boolean =>
  a.mode === b.mode &&
  a.rank === b.rank &&
  a.alpha === b.alpha &&
  [...a.targets].sort().join() === [...b.targets].sort().join();
