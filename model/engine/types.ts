// What the engine offers: one open model with its tokenizer, adapters, inference and training. Nothing here sees a pointer.

import type { AdapterShape, Arithmetic, NamedTensor } from '../../proto/messages.js';

export interface ModelInfo {
  readonly architecture: string;
  readonly layers: number;
  readonly hidden: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly vocabulary: number;
  readonly contextLength: number;
}

export interface OpenOptions {
  readonly arithmetic: Arithmetic;
  /** Threads inside one operation. Default 1. */
  readonly threads?: number;
  /** Positions that a KV cache holds; inference past it is `engine/capacity`. Default 2048 or the model's own, if less. */
  readonly capacity?: number;
  readonly signal?: AbortSignal;
}

/** LoRA weights in PEFT names and Hugging Face row order; y += (alpha / rank) B A x. */
export interface Adapter {
  readonly shape: AdapterShape;
  /** In name order. */
  readonly tensors: readonly NamedTensor[];
}

export interface LoadedAdapter {
  /** Frees its memory. The model's `close` does it too. */
  release(): void;
}

export interface Tokenizer {
  readonly bos: number | undefined;
  readonly eos: number;
  /** `special`: special tokens in the text are parsed (default true); `bos`: put it first where the file says so (default true). */
  encode(text: string, options?: { special?: boolean; bos?: boolean }): number[];
  decode(ids: readonly number[], options?: { special?: boolean }): string;
  /** Token by token, never half a character: `push` returns the text that is whole by now, `end` the rest. */
  stream(): { push(id: number): string; end(): string };
}

export interface GenerateRequest {
  readonly ids: readonly number[];
  readonly maxTokens: number;
  /** Ends generation, and is yielded last. Default: the end-of-sequence token. */
  readonly stop?: readonly number[];
  /** Default: the base model. */
  readonly adapter?: LoadedAdapter;
  readonly signal?: AbortSignal;
}

export interface ScoreRequest {
  readonly ids: readonly number[];
  /** Each at least one token. */
  readonly continuations: readonly (readonly number[])[];
  readonly adapter?: LoadedAdapter;
  readonly signal?: AbortSignal;
}

export interface TrainingExample {
  readonly prompt: readonly number[];
  /** The loss is on these tokens; at least one. */
  readonly answer: readonly number[];
}

export interface TrainerOptions {
  readonly shape: AdapterShape;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Largest L2 norm of the whole gradient; 0: none. */
  readonly clipNorm: number;
  /** Adam's first moment, second moment, epsilon. Default 0.9, 0.999, 1e-8. */
  readonly betas?: readonly [number, number];
  readonly epsilon?: number;
  /** Longest packed sequence in tokens that one run holds; larger batches are run in pieces and accumulated. Default 512. */
  readonly maxTokensPerRun?: number;
}

export interface StepResult {
  /** Sum of cross-entropy over answer tokens / number of answer tokens, before the step. */
  readonly loss: number;
  readonly tokens: number;
  readonly answerTokens: number;
  readonly gradientNorm: number;
}

/** Everything that a later process needs to go on bit by bit the same. */
export interface TrainerState {
  readonly step: number;
  readonly weights: readonly NamedTensor[];
  readonly firstMoments: readonly NamedTensor[];
  readonly secondMoments: readonly NamedTensor[];
}

export interface Trainer {
  /** One optimiser step on the batch. */
  step(batch: readonly TrainingExample[], signal?: AbortSignal): Promise<StepResult>;
  /** Loss and gradients (PEFT names, HF row order) without a step. */
  gradients(
    batch: readonly TrainingExample[],
    signal?: AbortSignal,
  ): Promise<{ loss: number; gradients: NamedTensor[] }>;
  adapter(): Adapter;
  state(): TrainerState;
  restore(state: TrainerState): void;
  close(): void;
}

export interface Model {
  readonly info: ModelInfo;
  readonly tokenizer: Tokenizer;
  /** Jinja source of the file's chat template. */
  readonly chatTemplate: string | undefined;
  loadAdapter(adapter: Adapter): LoadedAdapter;
  /** Logits (vocabulary) after the last of `ids`. */
  logits(
    ids: readonly number[],
    options?: { adapter?: LoadedAdapter; signal?: AbortSignal },
  ): Promise<Float32Array>;
  /** Greedy tokens as they are made, the stop token included. */
  generate(request: GenerateRequest): AsyncIterable<number>;
  /** Greedy tokens for many prompts, decoded together; same results as one by one up to rounding. */
  generateBatch(requests: readonly GenerateRequest[], signal?: AbortSignal): Promise<number[][]>;
  /** Summed natural log-probability of each continuation after `ids`. */
  score(request: ScoreRequest): Promise<Float64Array>;
  /** Training starts from `start`, or from a fresh adapter whose A is drawn by `seed` and whose B is zero. */
  trainer(options: TrainerOptions, start: Adapter | { readonly seed: number }): Promise<Trainer>;
  close(): void;
}

/** `open` in model/index.ts has this shape. */
export type OpenModel = (
  file: import('../../core/bytes.js').ByteSource,
  options: OpenOptions,
) => Promise<Model>;
