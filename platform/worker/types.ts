// The model worker as its users see it: one child process that answers, evaluates and trains with one set of weights.

import type { Adapter } from '../../model/engine/types.js';
import type { AdapterShape, Arithmetic, TrainingPlan } from '../../proto/messages.js';

export interface LabelledText {
  readonly text: string;
  readonly label: string;
}

/** What turns a record into tokens: the part of a task that both ends must agree on. */
export interface PromptTemplate {
  /** Contains `{text}` once. The label follows after one space. */
  readonly template: string;
  /** A closed set, or empty for free text. */
  readonly labels: readonly string[];
  readonly maxTokens: number;
}

export interface WorkerOptions {
  readonly modelFile: string;
  readonly arithmetic: Arithmetic;
  readonly threads: number;
  /** Ends the child after this long without work; the next request starts it again. 0: never. */
  readonly idleMs: number;
  /** Added to the child's nice value, 0 to 19. */
  readonly nice?: number;
}

export interface AnswerResult {
  readonly text: string;
  readonly tokens: number;
  readonly ms: number;
}

export interface EvaluationResult {
  readonly count: number;
  /** Closed label set: share of right labels. Free text: share of right `;`-separated fields. */
  readonly accuracy: number;
  /** Share of whole lines right. */
  readonly exact: number;
  /** What the model said, in order. */
  readonly predictions: readonly string[];
}

export interface TrainRequest {
  readonly prompt: PromptTemplate;
  readonly shape: AdapterShape;
  readonly plan: TrainingPlan;
  readonly records: readonly LabelledText[];
  /** Batch order, and A of a fresh adapter. Public. */
  readonly seed: number;
  /** Null: a fresh adapter drawn by `adapterSeed`. */
  readonly start: Adapter | null;
  readonly adapterSeed: number;
  /** Training goes on from here where the file fits this very request, and is written here every few steps. */
  readonly checkpointFile?: string;
  readonly onProgress?: (progress: { step: number; steps: number; loss: number }) => void;
  readonly signal?: AbortSignal;
}

export interface TrainResult {
  readonly adapter: Adapter;
  readonly examples: number;
  readonly steps: number;
  readonly lastLoss: number;
}

export interface ModelWorker {
  /** Undefined while unloaded. */
  readonly pid: number | undefined;
  answer(request: {
    prompt: PromptTemplate;
    text: string;
    adapter: Adapter | null;
    maxNewTokens?: number;
    signal?: AbortSignal;
  }): Promise<AnswerResult>;
  evaluate(request: {
    prompt: PromptTemplate;
    records: readonly LabelledText[];
    adapter: Adapter | null;
    onProgress?: (progress: { done: number; count: number }) => void;
    signal?: AbortSignal;
  }): Promise<EvaluationResult>;
  train(request: TrainRequest): Promise<TrainResult>;
  /** Ends the child and waits for it. */
  stop(): Promise<void>;
}
