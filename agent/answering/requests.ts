// What can be asked of an agent, in its own process or over its control socket: one table of schemas.

import { z } from 'zod';
import { adapterShapeSchema, labelsSchema, templateSchema, trainingPlanSchema } from '../../proto/schemas.js';

const prompt = {
  template: templateSchema.optional(),
  labels: labelsSchema.optional(),
};

export const requestSchemas = {
  status: z.strictObject({}),
  answer: z.strictObject({
    text: z.string().min(1).max(1_000_000),
    maxNewTokens: z.int().min(1).max(1024).optional(),
  }),
  evaluate: z.strictObject({
    adapter: z.enum(['base', 'alone', 'live']),
    /** Left out: the records that the device keeps out of training. */
    records: z.array(z.strictObject({ text: z.string().min(1), label: z.string().min(1) })).optional(),
    ...prompt,
  }),
  trainAlone: z.strictObject({
    ...prompt,
    adapter: adapterShapeSchema,
    /** The arithmetic is the device's own, whatever stands here. */
    plan: trainingPlanSchema,
    seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  }),
} as const;

export type Operation = keyof typeof requestSchemas;
export type Requests = { readonly [Op in Operation]: z.output<(typeof requestSchemas)[Op]> };

export interface Results {
  readonly status: StatusView;
  readonly answer: AnswerView;
  readonly evaluate: EvaluationView;
  readonly trainAlone: TrainView;
}

export interface AnswerView {
  readonly text: string;
  readonly tokens: number;
  readonly ms: number;
  /** Hash of the release it was made with; empty: the base model. */
  readonly release: string;
}

export interface EvaluationView {
  readonly adapter: 'base' | 'alone' | 'live';
  readonly release: string;
  readonly count: number;
  readonly accuracy: number;
  readonly exact: number;
}

export interface TrainView {
  readonly records: number;
  readonly steps: number;
  readonly loss: number;
  readonly seconds: number;
}

export interface StatusView {
  /** Whether a daemon answered. */
  readonly running: boolean;
  readonly device: string;
  readonly fleet: string;
  readonly online: boolean;
  /** Error code of why it is not online; empty where it is, or no daemon runs. */
  readonly offlineReason: string;
  readonly records: { readonly count: number; readonly training: number; readonly heldOut: number };
  readonly release: {
    readonly hash: string;
    readonly serial: number;
    readonly task: string;
    readonly round: number;
  } | null;
  readonly assignment: {
    readonly task: string;
    readonly round: number;
    readonly state: string;
    readonly reason: string;
  } | null;
}

export interface WorkProgress {
  readonly done: number;
  readonly count: number;
  /** Of a training step. */
  readonly loss?: number;
}

export interface RequestHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: WorkProgress) => void;
}

/** The same for the process that does the work and for one that asks another to do it. */
export interface AgentService {
  call<Op extends Operation>(
    operation: Op,
    request: Requests[Op],
    hooks?: RequestHooks,
  ): Promise<Results[Op]>;
}
