// Measures candidates on a task's root set, and lets people try base against live; all of it in the model worker's process.

import type { Adapter } from '../../model/engine/types.js';
import type { LabelledText, ModelWorker, PromptTemplate } from '../../platform/worker/types.js';
import type { TaskSpec } from '../../proto/messages.js';

export interface Attempt {
  readonly text: string;
  readonly ms: number;
}

/** What of a task turns a text into tokens. */
export const promptOf = ({
  template,
  labels,
  plan,
}: Pick<TaskSpec, 'template' | 'labels' | 'plan'>): PromptTemplate => ({
  template,
  labels,
  maxTokens: plan.maxTokens,
});

export class Evaluator {
  readonly #worker: ModelWorker;

  constructor(worker: ModelWorker) {
    this.#worker = worker;
  }

  /** Share of right labels or fields; null where there is nothing to measure on. */
  async accuracy(
    prompt: PromptTemplate,
    root: readonly LabelledText[],
    adapter: Adapter,
    signal: AbortSignal,
  ): Promise<number | null> {
    if (root.length === 0) return null;
    return (await this.#worker.evaluate({ prompt, records: root, adapter, signal })).accuracy;
  }

  async answer(
    prompt: PromptTemplate,
    text: string,
    adapter: Adapter | null,
    signal?: AbortSignal,
  ): Promise<Attempt> {
    const { text: said, ms } = await this.#worker.answer({
      prompt,
      text,
      adapter,
      ...(signal && { signal }),
    });
    return { text: said, ms };
  }
}
