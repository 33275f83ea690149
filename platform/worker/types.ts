// The model worker as its users see it: one child process that answers, evaluates and trains with one set of weights.

import type { TrainingProgress } from '../../federation/learning/batches.js';
import type { Evaluation } from '../../federation/learning/evaluation.js';
import type { LabelledText } from '../../federation/learning/examples.js';
import type { LocalTrainingRequest, LocalTrainingResult } from '../../federation/learning/localTraining.js';
import type { PromptTemplate } from '../../federation/learning/template.js';
import type { Adapter } from '../../model/engine/types.js';
import type { Arithmetic } from '../../proto/messages.js';

export type { LabelledText, PromptTemplate };

export interface WorkerOptions {
  readonly modelFile: string;
  readonly arithmetic: Arithmetic;
  readonly threads: number;
  /** Ends the child after this long without work; the next request starts it again. 0: never. */
  readonly idleMs: number;
  /** What the child may take at its highest: training is planned so that it stays below. Default: any. */
  readonly memoryBytes?: number;
  /** Added to the child's nice value, 0 to 19. */
  readonly nice?: number;
}

export interface AnswerResult {
  readonly text: string;
  readonly tokens: number;
  readonly ms: number;
}

export type EvaluationResult = Evaluation;

export interface WorkerProgress extends TrainingProgress {
  /** Since this process began to train. */
  readonly tokensPerSecond: number;
  /** Resident memory of the child. */
  readonly residentBytes: number;
}

export interface TrainRequest extends LocalTrainingRequest {
  /**
   * Training goes on from here where the file fits this very request, and is written here every few steps. Whoever keeps
   * the result removes it.
   */
  readonly checkpointFile?: string;
  readonly onProgress?: (progress: WorkerProgress) => void;
  /** The checkpoint could not be written (`io/*`); training goes on. */
  readonly onUnsaved?: (code: string) => void;
  readonly signal?: AbortSignal;
}

export type TrainResult = LocalTrainingResult;

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
