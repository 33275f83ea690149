// The slow or stored parts of a round: checking an update, aggregating, evaluating, publishing. Each may be done twice.

import { SkeinError } from '../../core/errors.js';
import { aggregate } from '../../federation/aggregate/aggregate.js';
import { compareText } from '../../federation/order.js';
import type { RoundEffect, RoundEvent, RoundState } from '../../federation/round/types.js';
import { checkUpdate } from '../../federation/update/check.js';
import { travels, updateTensors } from '../../federation/update/shape.js';
import type { Adapter } from '../../model/engine/types.js';
import { decodePeft, encodePeft } from '../../model/formats/peft.js';
import type { NamedTensor, ReleaseManifest, Update } from '../../proto/messages.js';
import { decodeUpdate } from '../../proto/update.js';
import type { BaseModel } from '../evaluation/baseModel.js';
import { type Evaluator, promptOf } from '../evaluation/evaluator.js';
import type { Blobs } from '../inbox/blobs.js';
import type { Releases, StoredRelease } from '../releases/releases.js';
import type { RootSet, Task } from '../tasks/tasks.js';
import type { Round } from './round.js';

export interface RoundWorkOptions {
  /** What devices may fetch. */
  readonly files: Blobs;
  /** Updates that wait for their aggregate; nobody can fetch them. */
  readonly updates: Blobs;
  readonly releases: Releases;
  /** Both undefined where the coordinator has no model. */
  readonly model: BaseModel | undefined;
  readonly evaluator: Evaluator | undefined;
  readonly rootSet: (task: string) => Promise<RootSet>;
}

/** An update as it came, whole and readable. */
export interface ReceivedUpdate {
  /** SHA-256 of `bytes`. */
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
  readonly update: Update;
}

type Files = ReleaseManifest['files'];
type Work = Extract<RoundEffect, { type: 'aggregate' | 'evaluate' | 'publish' }>;

export class RoundWork {
  readonly #options: RoundWorkOptions;

  constructor(options: RoundWorkOptions) {
    this.#options = options;
  }

  /** Whether tasks of this base model can run here. */
  serves(baseModel: string): boolean {
    return this.#options.model?.sha256 === baseModel;
  }

  /** Keeps an update on disk. Throws `round/invalid-update` where it does not fit its assignment. */
  async keep(task: Task, round: Round, nonce: Uint8Array, { update, bytes }: ReceivedUpdate): Promise<void> {
    const tensors = updateTensors(task.adapter.mode, this.#model().adapterTensors(task.adapter));
    checkUpdate(update, { nonce, startRelease: round.state.plan!.startRelease, tensors });
    await this.#options.updates.put(bytes);
  }

  perform(task: Task, state: RoundState, effect: Work, signal: AbortSignal): Promise<RoundEvent> {
    switch (effect.type) {
      case 'aggregate':
        return this.#aggregate(task, state, effect.devices);
      case 'evaluate':
        return this.#evaluate(task, state, signal);
      case 'publish':
        return this.#publish(task, state);
    }
  }

  /** Single updates are not kept longer than a round needs them. */
  async forget(state: RoundState): Promise<void> {
    for (const { update } of Object.values(state.devices)) {
      if (update !== null) await this.#options.updates.remove(update.blob);
    }
  }

  /** Throws `release/not-found` where upkeep has taken the release's files away. */
  async requireFiles({ hash, content }: StoredRelease): Promise<void> {
    for (const { sha256 } of content.files) {
      if (await this.#options.files.has(sha256)) continue;
      throw new SkeinError('release/not-found', `The files of release ${hash} are not kept any more.`);
    }
  }

  /** The adapter in stored files of a release. */
  async adapter(files: Files): Promise<Adapter> {
    const contents = await Promise.all(
      files.map(async ({ name, sha256 }) => [name, await this.file(sha256)] as const),
    );
    return decodePeft(Object.fromEntries(contents));
  }

  async #aggregate(task: Task, state: RoundState, devices: readonly string[]): Promise<RoundEvent> {
    const contributions = [];
    for (const device of devices) {
      const { blob, examples } = state.devices[device]!.update!;
      contributions.push({
        device,
        examples,
        tensors: decodeUpdate(await read(this.#options.updates, blob)).tensors,
      });
    }
    const { tensors, hash } = aggregate(task.aggregation, contributions);
    const folder = encodePeft(
      { shape: task.adapter, tensors: this.#complete(task, tensors) },
      task.baseModel,
    );
    return { type: 'aggregated', aggregate: hash, files: await this.#share(folder) };
  }

  /** What did not travel is as every device drew it. */
  #complete(task: Task, tensors: readonly NamedTensor[]): readonly NamedTensor[] {
    if (task.adapter.mode === 'lora') return tensors;
    const drawn = this.#model().freshAdapter(task.adapter, task.seed);
    const kept = drawn.filter(({ name }) => !travels(task.adapter.mode, name));
    return [...kept, ...tensors].sort((a, b) => compareText(a.name, b.name));
  }

  async #evaluate(task: Task, state: RoundState, signal: AbortSignal): Promise<RoundEvent> {
    const { evaluator, rootSet } = this.#options;
    const root = await rootSet(task.id);
    if (evaluator === undefined) return { type: 'evaluated', accuracy: null };
    const adapter = await this.adapter(state.files);
    return { type: 'evaluated', accuracy: await evaluator.accuracy(promptOf(task), root, adapter, signal) };
  }

  async #publish(task: Task, state: RoundState): Promise<RoundEvent> {
    const { hash } = await this.#options.releases.candidate({
      task: task.id,
      round: state.plan!.round,
      baseModel: task.baseModel,
      template: task.template,
      labels: task.labels,
      adapter: task.adapter,
      aggregate: state.aggregate,
      files: state.files,
      rootAccuracy: state.accuracy,
    });
    return { type: 'released', release: hash };
  }

  /** A stored file that devices may fetch, by its SHA-256 (hex). */
  file(sha256: string): Promise<Uint8Array> {
    return read(this.#options.files, sha256);
  }

  async #share(folder: Readonly<Record<string, Uint8Array>>): Promise<Files> {
    const files = [];
    for (const [name, bytes] of Object.entries(folder)) {
      files.push({ name, size: bytes.length, sha256: await this.#options.files.put(bytes) });
    }
    return files;
  }

  #model(): BaseModel {
    if (this.#options.model === undefined)
      throw new SkeinError('model/not-found', 'The coordinator has no model.');
    return this.#options.model;
  }
}

async function read(blobs: Blobs, sha256: string): Promise<Uint8Array> {
  const bytes = await blobs.get(sha256);
  if (bytes === undefined) throw new SkeinError('store/invalid', `The stored file ${sha256} is missing.`);
  return bytes;
}
