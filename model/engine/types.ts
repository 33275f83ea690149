// What the engine offers: one open model with its tokenizer, adapters, inference and training. Nothing here sees a pointer.

import type { AdapterShape, Arithmetic, NamedTensor } from '../../proto/messages.js';
import type { Recompute } from '../lowering/training.js';
import type { JsonSchema } from './constraints/schema.js';
import type { Sampling } from './sampling.js';

export type { JsonSchema, Recompute, Sampling };

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
  /**
   * For a process that has its cores to itself (default true): threads that wait for the next operation burn their core
   * for up to a millisecond, and single tokens run on the calling thread where they take milliseconds, with a turn for the
   * event loop before each. A token then takes two thirds of the time. False where many share the cores.
   */
  readonly spinning?: boolean;
  /**
   * Begins to open the session for requests without an adapter while the tokenizer is read: the first answer is there sooner.
   * Default false, for a model that may only train.
   */
  readonly warm?: boolean;
  /** Positions that a KV cache holds; inference past it is `engine/capacity`. Default 2048 or the model's own, if less. */
  readonly capacity?: number;
  /**
   * Bytes that KV caches of ended requests may hold, so that a request with the same beginning and the same adapter starts
   * after it. Default 48 MiB; 0 keeps none. The last request's stays even if it alone is larger.
   */
  readonly cacheBytes?: number;
  /** Called when the model is closed: for whoever opened its files. */
  readonly onClose?: () => void;
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
  /** Tokens that end an answer: `eos`, and those that the vocabulary has for the end of a turn. */
  readonly ends: readonly number[];
  /**
   * `special`: special tokens in the text are parsed (default true); `bos`: first and last token stand around it where the file
   * says so (default true). Bytes need not be UTF-8: see docs/decisions/tokenizers.md.
   */
  encode(text: string | Uint8Array, options?: { special?: boolean; bos?: boolean }): number[];
  /**
   * `special`: shows special tokens (default false); `continued`: the tokens follow others, so that a space which the vocabulary puts
   * before every text is one of theirs (default false).
   */
  decode(ids: readonly number[], options?: { special?: boolean; continued?: boolean }): string;
  /** What the token adds to a text, maybe half a character; nothing for control tokens and for ids without a token. */
  bytes(id: number): Uint8Array;
  /** Token by token, never half a character: `push` returns the text that is whole by now, `end` the rest. */
  stream(options?: { continued?: boolean }): { push(id: number): string; end(): string };
}

/** What a request runs with. */
export interface RunOptions {
  /** Default: the base model. */
  readonly adapter?: LoadedAdapter;
  /** How many times the adapter counts: y += adapterScale (alpha / rank) B A x. Default 1. */
  readonly adapterScale?: number;
  /** Stops the request between two tokens, and within a long prompt: `cancelled`. */
  readonly signal?: AbortSignal;
}

export interface GenerateRequest extends RunOptions {
  readonly ids: readonly number[];
  readonly maxTokens: number;
  /** Ends generation, and is yielded last. Default: the tokenizer's `ends`. */
  readonly stop?: readonly number[];
  /** Text that ends generation, wherever the tokens are divided; neither it nor what follows is in the text. */
  readonly stopTexts?: readonly string[];
  /** Default: greedy. */
  readonly sampling?: Sampling;
  /** The text must be one of these; a stop token ends it only where it is whole. */
  readonly constraint?: Constraint;
}

/** One of the texts as it stands, or a JSON text of a schema in the subset that constraints/schema.ts names. */
export type Constraint = { readonly choices: readonly string[] } | { readonly schema: JsonSchema };

/**
 * Why a generation ended: a stop token, a stop string, as many tokens as were asked for, or a constraint that is fulfilled. A
 * constrained text that ended by its length is cut: there were fewer tokens than the shortest such text needs.
 */
export type Ending = 'token' | 'text' | 'length' | 'complete';

/** One token, and what text is certain with it. The last one says why it is the last. */
export interface Generated {
  readonly id: number;
  /** Never half a character; the stop token and stop strings are not in it. Often empty. */
  readonly text: string;
  readonly end?: Ending;
}

export interface Completion {
  /** The stop token included. */
  readonly ids: readonly number[];
  readonly text: string;
  readonly end: Ending;
}

export interface EmbedOptions extends RunOptions {
  /** The mean over all tokens (default), or the last token's, which has seen all others. */
  readonly pooling?: Pooling;
}

export type Pooling = 'mean' | 'last';

/** Requests that are decoded together. */
export interface Batch {
  /** Joins the others between two tokens, as soon as there is room, and leaves as it ends. Read it once. */
  add(request: GenerateRequest): AsyncIterable<Generated>;
}

export interface ScoreRequest extends RunOptions {
  readonly ids: readonly number[];
  /** Each at least one token. */
  readonly continuations: readonly (readonly number[])[];
}

/** Tokens that went through the model since it was opened. */
export interface Counters {
  /** Of prompts, run. */
  readonly prefilled: number;
  /** Of prompts, found in the KV cache of an earlier request. */
  readonly reused: number;
  /** Made and run. */
  readonly decoded: number;
}

export interface TrainingExample {
  readonly prompt: readonly number[];
  /** The loss is on these tokens; at least one. */
  readonly answer: readonly number[];
  /** How much each answer token counts, from 0 (read, but not learned) to 1. Default: 1 each. */
  readonly weights?: readonly number[];
  /** What a teacher thinks of each answer token's place; see `TrainerOptions.teacher`. */
  readonly teacher?: readonly TeacherLogits[];
}

/** A teacher's likeliest tokens at one place; what it leaves to all others counts as one. */
export interface TeacherLogits {
  /** Each once. */
  readonly ids: readonly number[];
  /** Natural logarithms of softmax(logits / temperature) over the teacher's whole vocabulary. */
  readonly logProbabilities: readonly number[];
}

export type OptimizerOptions =
  | { readonly kind: 'adamw'; readonly betas?: readonly [number, number]; readonly epsilon?: number }
  /** Keeps almost nothing between steps. Updates of a matrix are scaled down to a root mean square of `clipThreshold`. */
  | { readonly kind: 'adafactor'; readonly clipThreshold?: number };
export type OptimizerKind = OptimizerOptions['kind'];

/** See `learningRateShare` in engine/learningRate.ts. */
export type LearningRateSchedule =
  | { readonly kind: 'constant'; readonly warmupSteps?: number }
  | {
      readonly kind: 'linear' | 'cosine';
      readonly warmupSteps?: number;
      /** The step at which `finalShare` is reached. */
      readonly steps: number;
      /** Of the learning rate. Default 0. */
      readonly finalShare?: number;
    };

export interface TrainerOptions {
  readonly shape: AdapterShape;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Largest L2 norm of the whole gradient; 0: none. */
  readonly clipNorm: number;
  /** Default AdamW with 0.9, 0.999 and 1e-8. */
  readonly optimizer?: OptimizerOptions;
  /** Default constant. */
  readonly schedule?: LearningRateSchedule;
  /** LoRA+: B's learning rate is this many times that of A (Hayou et al., arXiv 2402.12354). Default 1. */
  readonly loraPlusRatio?: number;
  /**
   * Learning from a teacher: at each answer token with `teacher` logits the loss is
   * (1 - share) cross-entropy + share T^2 KL(teacher, student), both softmaxes at temperature T (Hinton et al.,
   * arXiv 1503.02531). `share` from 0 to 1. Examples without teacher logits have the cross-entropy alone.
   */
  readonly teacher?: { readonly share: number; readonly temperature?: number };
  /** Longest packed sequence in tokens that one run holds; larger batches are run in pieces and accumulated. Default 512. */
  readonly maxTokensPerRun?: number;
  /** `layers`: far less memory for one more forward pass. Default none. */
  readonly recompute?: Recompute;
  /** Made by `Model.planTraining`; it decides `maxTokensPerRun` and `recompute` too. */
  readonly memory?: MemoryPlan;
}

/** How to train within a budget; see engine/memoryPlan.ts. */
export interface MemoryPlan {
  readonly budgetBytes: number;
  readonly recompute: Recompute;
  readonly maxTokensPerRun: number;
  /** Tokens of the longest example that it was made for. */
  readonly longestExample: number;
  /** What the values of one run may take. */
  readonly runBytes: number;
  /** Highest resident memory of the whole process. */
  readonly estimatedBytes: number;
  /** The same for people. */
  readonly text: string;
}

export interface StepOptions {
  readonly signal?: AbortSignal;
  /**
   * Clips the gradient of every example by itself, as differential privacy needs it (Abadi et al., arXiv 1607.00133).
   * An example's gradient is then that of its own mean loss, and the batch's the mean over examples of min(1, C / norm)
   * times it.
   */
  readonly perExampleClip?: number;
}

export interface BatchResult {
  /** Weighted mean over the answer tokens, before the step. */
  readonly loss: number;
  readonly tokens: number;
  /** Those with a weight above 0. */
  readonly answerTokens: number;
  /** With `perExampleClip`: L2 norm of each example's gradient before clipping, in the batch's order. */
  readonly exampleNorms?: readonly number[];
}

export interface StepResult extends BatchResult {
  /** Of the whole gradient, before clipping by `clipNorm`. */
  readonly gradientNorm: number;
  /** What this step took: schedule included. */
  readonly learningRate: number;
}

/** What was accumulated since the last step: sums over the batches so far. */
export interface PendingGradient {
  readonly gradient: readonly NamedTensor[];
  readonly loss: number;
  /** What the gradient is divided by at the step: the sum of weights, or the number of examples. */
  readonly weight: number;
  /** What the loss is divided by. */
  readonly labelWeight: number;
  readonly tokens: number;
  readonly answerTokens: number;
  readonly per: 'token' | 'example';
}

/** Everything that a later process needs to go on bit by bit the same. */
export interface TrainerState {
  readonly step: number;
  readonly optimizer: OptimizerKind;
  readonly weights: readonly NamedTensor[];
  /** What the optimiser keeps, in an order of its own. */
  readonly memory: readonly NamedTensor[];
  readonly pending: PendingGradient | null;
}

export interface Trainer {
  /** Bytes that the optimiser keeps between steps. */
  readonly optimizerBytes: number;
  /** Adds the batch's gradient to what the next step is made of. An aborted call adds nothing. */
  accumulate(batch: readonly TrainingExample[], options?: StepOptions): Promise<BatchResult>;
  /**
   * One optimiser step on what was accumulated; `record/none` where nothing was, `train/diverged` where the gradient is not
   * finite: it is dropped, and the adapter stays as it was.
   */
  apply(): StepResult;
  /** `accumulate`, then `apply`. */
  step(batch: readonly TrainingExample[], options?: StepOptions): Promise<StepResult>;
  /** Loss and gradients (PEFT names, HF row order) without a step. */
  gradients(
    batch: readonly TrainingExample[],
    options?: StepOptions,
  ): Promise<BatchResult & { gradients: NamedTensor[] }>;
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
  readonly counters: Counters;
  /** Any number of adapters stay resident; each request names its own. */
  loadAdapter(adapter: Adapter): LoadedAdapter;
  /** Logits (vocabulary) after the last of `ids`. */
  logits(ids: readonly number[], options?: RunOptions): Promise<Float32Array>;
  /** Logits after each of `ids`: [ids, vocabulary], row after row. */
  allLogits(ids: readonly number[], options?: RunOptions): Promise<Float32Array>;
  /** Tokens as they are made, the stop token included. Leaving the loop ends the generation. */
  generate(request: GenerateRequest): AsyncIterable<number>;
  /** The same with the text of each. */
  stream(request: GenerateRequest): AsyncIterable<Generated>;
  /** The same at once. */
  complete(request: GenerateRequest): Promise<Completion>;
  /** The tokens for many prompts, decoded together; same results as one by one up to rounding. */
  generateBatch(requests: readonly GenerateRequest[], signal?: AbortSignal): Promise<number[][]>;
  /** The same for requests that come one after the other. */
  batch(): Batch;
  /** What the final norm gives for the tokens, pooled and of length 1: [hidden]. */
  embed(ids: readonly number[], options?: EmbedOptions): Promise<Float32Array>;
  /** Summed natural log-probability of each continuation after `ids`. */
  score(request: ScoreRequest): Promise<Float64Array>;
  /** The same for many prompts, in fewer runs where they are short or begin alike. */
  scoreBatch(requests: readonly ScoreRequest[], signal?: AbortSignal): Promise<Float64Array[]>;
  /**
   * Chooses how to train these examples so that the process stays below `budgetBytes`, of which `reservedBytes` (default 0)
   * are for other work. `train/memory` says the least that would do.
   */
  planTraining(
    options: TrainerOptions,
    examples: readonly TrainingExample[],
    memory: { readonly budgetBytes: number; readonly reservedBytes?: number },
  ): MemoryPlan;
  /** Training starts from `start`, or from a fresh adapter whose A is drawn by `seed` and whose B is zero. */
  trainer(options: TrainerOptions, start: Adapter | { readonly seed: number }): Promise<Trainer>;
  close(): void;
}

/** `open` in model/index.ts has this shape. */
export type OpenModel = (
  files: import('../formats/files.js').ModelFiles,
  options: OpenOptions,
) => Promise<Model>;
