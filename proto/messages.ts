// The domain's view of the wire: full objects and string unions. codec.ts converts at this one boundary.

import type { Kind } from './topics.js';

export interface Envelope {
  readonly version: number;
  readonly fleet: string;
  /** Empty for the whole fleet. */
  readonly device: string;
  readonly task: string;
  readonly round: number;
  readonly kind: Kind;
  readonly sequence: number;
  /** SHA-256 of `payload` as sent. */
  readonly hash: Uint8Array;
  readonly payload: Uint8Array;
}

export interface Presence {
  readonly epoch: number;
  readonly online: boolean;
  readonly agentVersion: string;
  readonly profile: string;
  readonly threads: number;
  readonly memoryBytes: number;
  readonly bytesLeftToday: number;
  readonly baseModels: readonly string[];
  readonly release: string;
}

export type AdapterMode = 'lora' | 'ffa';
export type Arithmetic = 'exact' | 'fast';
export type Aggregation = 'mean' | 'weighted-mean';
export type LinearTarget = 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down';

export interface AdapterShape {
  readonly mode: AdapterMode;
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly LinearTarget[];
}

export interface TrainingPlan {
  readonly localEpochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  readonly maxTokens: number;
  readonly arithmetic: Arithmetic;
}

export interface TaskSpec {
  readonly id: string;
  /** SHA-256 (hex) of the model file. */
  readonly baseModel: string;
  /** Contains `{text}` once. The label follows after one space. */
  readonly template: string;
  /** A closed set, or empty for free text. */
  readonly labels: readonly string[];
  readonly adapter: AdapterShape;
  readonly plan: TrainingPlan;
  readonly aggregation: Aggregation;
  /** Draws A of a fresh adapter: the same on every device and in every round of the task. Below 2^53. */
  readonly adapterSeed: number;
}

export interface Assignment {
  readonly task: TaskSpec;
  /** Hash (hex) of the release to start from; empty: a fresh adapter, drawn by `task.adapterSeed`. */
  readonly startRelease: string;
  /** Public: the batch order of this device in this round. Below 2^53. */
  readonly seed: number;
  readonly deadlineMs: number;
  readonly nonce: Uint8Array;
}

export interface AssignmentReply {
  readonly nonce: Uint8Array;
  readonly accepted: boolean;
  readonly reason: string;
}

export type Phase = 'fetching' | 'training' | 'sending' | 'done' | 'failed';

export interface Progress {
  readonly phase: Phase;
  readonly step: number;
  readonly steps: number;
  readonly reason: string;
}

export interface NamedTensor {
  /** PEFT name below `base_model.model.`, for example `model.layers.0.self_attn.q_proj.lora_A.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Not a topic of its own: the content of the blob that a device offers at the end of its training. */
export interface Update {
  readonly nonce: Uint8Array;
  readonly examples: number;
  /** In name order. */
  readonly tensors: readonly NamedTensor[];
  readonly startRelease: string;
}

export interface Chunk {
  readonly blob: Uint8Array;
  readonly index: number;
  readonly count: number;
  readonly size: number;
  readonly data: Uint8Array;
}

export interface Offer {
  readonly blob: Uint8Array;
  readonly size: number;
  readonly count: number;
}

export interface Want {
  readonly blob: Uint8Array;
  readonly indexes: readonly number[];
}

export interface Ack {
  readonly hash: Uint8Array;
  /** The kind acknowledged; `update` for a whole blob. */
  readonly kind: Kind | 'update';
  readonly accepted: boolean;
  readonly reason: string;
}

export interface SignedRelease {
  /** Canonical JSON of a ReleaseManifest, as signed. */
  readonly manifest: Uint8Array;
  readonly signature: Uint8Array;
}

export interface RoundClosed {
  readonly outcome: 'released' | 'failed' | 'cancelled';
  readonly release: string;
}

/** Which message stands in the payload of each kind. */
export interface KindMessages {
  presence: Presence;
  reply: AssignmentReply;
  progress: Progress;
  offer: Offer;
  chunk: Chunk;
  want: Want;
  ack: Ack;
  assignment: Assignment;
  release: SignedRelease;
  closed: RoundClosed;
}

/** What is signed. Its canonical JSON bytes are the release; their SHA-256 is its name. */
export interface ReleaseManifest {
  readonly version: 1;
  readonly fleet: string;
  readonly task: string;
  readonly round: number;
  /** Rises with every release or rollback that the coordinator publishes: a device never goes back by a replay. */
  readonly serial: number;
  readonly baseModel: string;
  /** Hash of the release before, or empty. */
  readonly parent: string;
  readonly template: string;
  readonly labels: readonly string[];
  readonly adapter: AdapterShape;
  /** SHA-256 of the aggregate: little-endian float32 tensors in name order. Empty for the base model. */
  readonly aggregate: string;
  /** The PEFT folder: adapter_config.json and adapter_model.safetensors. None: the base model, after a rollback to it. */
  readonly files: readonly { readonly name: string; readonly size: number; readonly sha256: string }[];
  readonly rootAccuracy: number | null;
  readonly createdMs: number;
}
