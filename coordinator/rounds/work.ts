// The slow or stored parts of a round: checking an update, aggregating, evaluating, publishing. Each may be done twice.

import { SkeinError } from '../../core/errors.js';
import { aggregate } from '../../federation/aggregate/aggregate.js';
import { compareText } from '../../federation/order.js';
import type { RoundEffect, RoundEvent, RoundState } from '../../federation/round/types.js';
import { checkUpdate } from '../../federation/update/check.js';
import { travels, updateTensors } from '../../federation/update/shape.js';
import type { Adapter } from '../../model/engine/types.js';
import type { NamedTensor } from '../../proto/messages.js';
import { decodeUpdate } from '../../proto/update.js';
import type { BaseModel } from '../evaluation/baseModel.js';
import { type Evaluator, promptOf } from '../evaluation/evaluator.js';
import type { Releases } from '../releases/releases.js';
import type { RootSet, Task } from '../tasks/tasks.js';
import type { AdapterFiles, BlobStore, FreshAdapter } from './ports.js';
import type { Round } from './round.js';

export interface RoundWorkOptions {
  readonly blobs: BlobStore;
  readonly releases: Releases;
  readonly files: AdapterFiles;
  readonly fresh: FreshAdapter;
  /** Both undefined where the coordinator has no model. */
  readonly model: BaseModel | undefined;
  readonly evaluator: Evaluator | undefined;
  readonly rootSet: (task: string) => Promise<RootSet>;
}

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

  /** The number of examples of a stored update. Throws `wire/*` or `round/invalid-update` where it does not fit. */
  async check(task: Task, round: Round, blob: string, nonce: Uint8Array): Promise<number> {
    const update = decodeUpdate(await this.#blob(blob));
    const tensors = updateTensors(task.adapter.mode, this.#model().adapterTensors(task.adapter));
    checkUpdate(update, { nonce, startRelease: round.state.plan!.startRelease, tensors });
    return update.examples;
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
      if (update !== null) await this.#options.blobs.remove(update.blob);
    }
  }

  async adapter(file: string, task: Pick<Task, 'adapter'>): Promise<Adapter> {
    return this.#options.files.decode(await this.#blob(file), task.adapter);
  }

  async #aggregate(task: Task, state: RoundState, devices: readonly string[]): Promise<RoundEvent> {
    const contributions = [];
    for (const device of devices) {
      const { blob, examples } = state.devices[device]!.update!;
      contributions.push({ device, examples, tensors: decodeUpdate(await this.#blob(blob)).tensors });
    }
    const { tensors, hash } = aggregate(task.aggregation, contributions);
    const adapter = { shape: task.adapter, tensors: this.#complete(task, tensors) };
    return {
      type: 'aggregated',
      aggregate: hash,
      adapter: await this.#options.blobs.put(this.#options.files.encode(adapter)),
    };
  }

  /** What did not travel is as every device drew it. */
  #complete(task: Task, tensors: readonly NamedTensor[]): readonly NamedTensor[] {
    if (task.adapter.mode === 'lora') return tensors;
    const drawn = this.#options.fresh(task.adapter, task.seed);
    const kept = drawn.filter(({ name }) => !travels(task.adapter.mode, name));
    return [...kept, ...tensors].sort((a, b) => compareText(a.name, b.name));
  }

  async #evaluate(task: Task, state: RoundState, signal: AbortSignal): Promise<RoundEvent> {
    const { evaluator, rootSet } = this.#options;
    const root = await rootSet(task.id);
    if (evaluator === undefined) return { type: 'evaluated', accuracy: null };
    const adapter = await this.adapter(state.adapter, task);
    return { type: 'evaluated', accuracy: await evaluator.accuracy(promptOf(task), root, adapter, signal) };
  }

  async #publish(task: Task, state: RoundState): Promise<RoundEvent> {
    const { blobs, files, releases } = this.#options;
    const config = files.config(task.adapter);
    const adapter = await this.#blob(state.adapter);
    const { hash } = await releases.candidate({
      task: task.id,
      round: state.plan!.round,
      baseModel: task.baseModel,
      template: task.template,
      labels: task.labels,
      adapter: task.adapter,
      aggregate: state.aggregate,
      files: [
        { name: 'adapter_config.json', size: config.length, sha256: await blobs.put(config) },
        { name: 'adapter_model.safetensors', size: adapter.length, sha256: state.adapter },
      ],
      rootAccuracy: state.accuracy,
    });
    return { type: 'released', release: hash };
  }

  async #blob(sha256: string): Promise<Uint8Array> {
    const bytes = await this.#options.blobs.get(sha256);
    if (bytes === undefined) throw new SkeinError('store/invalid', `The stored file ${sha256} is missing.`);
    return bytes;
  }

  #model(): BaseModel {
    if (this.#options.model === undefined)
      throw new SkeinError('model/not-found', 'The coordinator has no model.');
    return this.#options.model;
  }
}
