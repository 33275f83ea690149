// Answers, measures and trains alone, in the process that owns the model worker.

import { SkeinError } from '../../core/errors.js';
import type { Adapter } from '../../model/engine/types.js';
import type { ModelWorker, PromptTemplate } from '../../platform/worker/types.js';
import type { Arithmetic } from '../../proto/messages.js';
import type { AloneLearning } from '../learning/alone.js';
import type { Records } from '../records/records.js';
import type { ReleaseStore } from '../releases/releaseStore.js';
import type { AgentService, Operation, RequestHooks, Requests, Results, StatusView } from './requests.js';

/** Of a prompt with its label; the KV cache holds more, so that free text has room to grow. */
const promptTokens = 1024;
/** Where neither a release nor a task has said how to ask. */
const plainTemplate = '{text}';

interface Prompt {
  readonly template: string;
  readonly labels: readonly string[];
}

export interface ServiceOptions {
  readonly worker: ModelWorker;
  readonly arithmetic: Arithmetic;
  readonly records: Records;
  readonly releases: ReleaseStore;
  readonly alone: AloneLearning;
  /** Prompt of the task that the device was last asked to learn. */
  readonly lastTask: () => Promise<Prompt | undefined>;
  readonly status: () => Promise<StatusView>;
}

type Handlers = {
  readonly [Op in Operation]: (request: Requests[Op], hooks: RequestHooks) => Promise<Results[Op]>;
};

export class LocalService implements AgentService {
  readonly #options: ServiceOptions;
  readonly #handlers: Handlers;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#handlers = {
      status: () => options.status(),
      answer: (request, hooks) => this.#answer(request, hooks),
      evaluate: (request, hooks) => this.#evaluate(request, hooks),
      trainAlone: (request, hooks) => this.#trainAlone(request, hooks),
    };
  }

  call<Op extends Operation>(
    operation: Op,
    request: Requests[Op],
    hooks: RequestHooks = {},
  ): Promise<Results[Op]> {
    return this.#handlers[operation](request, hooks);
  }

  async #answer(
    { text, maxNewTokens }: Requests['answer'],
    { signal }: RequestHooks,
  ): Promise<Results['answer']> {
    const live = await this.#options.releases.live();
    const { template, labels } = await this.#usualPrompt();
    const answer = await this.#options.worker.answer({
      prompt: { template, labels, maxTokens: promptTokens },
      text,
      adapter: live?.adapter ?? null,
      ...(maxNewTokens !== undefined && { maxNewTokens }),
      ...(signal && { signal }),
    });
    return { ...answer, release: live?.adapter == null ? '' : live.hash };
  }

  async #evaluate(
    request: Requests['evaluate'],
    { signal, onProgress }: RequestHooks,
  ): Promise<Results['evaluate']> {
    const { worker } = this.#options;
    const { adapter, release, usual } = await this.#contestant(request.adapter);
    const records = request.records ?? (await this.#options.records.heldOut());
    if (records.length === 0) throw new SkeinError('record/none', 'There are no records to measure on.');
    const prompt: PromptTemplate = {
      template: request.template ?? usual.template,
      labels: request.labels ?? usual.labels,
      maxTokens: promptTokens,
    };
    const { count, accuracy, exact } = await worker.evaluate({
      prompt,
      records,
      adapter,
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    });
    return { adapter: request.adapter, release, count, accuracy, exact };
  }

  async #trainAlone(request: Requests['trainAlone'], hooks: RequestHooks): Promise<Results['trainAlone']> {
    const usual = await this.#usualPrompt();
    return this.#options.alone.train(
      {
        ...request,
        template: request.template ?? usual.template,
        labels: request.labels ?? usual.labels,
        plan: { ...request.plan, arithmetic: this.#options.arithmetic },
      },
      hooks,
    );
  }

  /** The adapter that is to be measured, and how it is usually asked. */
  async #contestant(
    name: 'base' | 'alone' | 'live',
  ): Promise<{ adapter: Adapter | null; release: string; usual: Prompt }> {
    if (name === 'alone') {
      const alone = await this.#options.alone.load();
      if (alone === undefined) {
        throw new SkeinError(
          'release/not-found',
          'Nothing was trained alone yet; use: skein-agent train --alone',
        );
      }
      return { adapter: alone.adapter, release: '', usual: alone };
    }
    const usual = await this.#usualPrompt();
    if (name === 'base') return { adapter: null, release: '', usual };
    const live = await this.#options.releases.live();
    if (live === undefined)
      throw new SkeinError('release/not-found', 'No release has come to this device yet.');
    return { adapter: live.adapter, release: live.hash, usual };
  }

  async #usualPrompt(): Promise<Prompt> {
    const live = await this.#options.releases.liveContent();
    if (live !== undefined) return live.content;
    const task = await this.#options.lastTask();
    return task ?? (await this.#options.alone.load()) ?? { template: plainTemplate, labels: [] };
  }
}
