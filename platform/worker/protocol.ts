// What the daemon and its model worker say to each other over the child's IPC channel.

import { errorCodes } from '../../core/errorCodes.js';
import { type ErrorCode, type ErrorData, SkeinError } from '../../core/errors.js';
import type { LocalTrainingRequest } from '../../federation/learning/localTraining.js';
import type { Adapter } from '../../model/engine/types.js';
import type { LabelledText, PromptTemplate, WorkerOptions } from './types.js';

export type ModelOptions = Pick<WorkerOptions, 'modelFile' | 'arithmetic' | 'threads' | 'memoryBytes'>;

/** An adapter travels once and is then spoken of by its key; null is the base model. */
export type Call =
  | {
      readonly op: 'answer';
      readonly prompt: PromptTemplate;
      readonly text: string;
      readonly adapter: number | null;
      readonly maxNewTokens: number;
    }
  | {
      readonly op: 'evaluate';
      readonly prompt: PromptTemplate;
      readonly records: readonly LabelledText[];
      readonly adapter: number | null;
    }
  | { readonly op: 'train'; readonly request: LocalTrainingRequest; readonly checkpointFile: string | null };

export type ToChild =
  | { readonly type: 'open'; readonly options: ModelOptions }
  | { readonly type: 'adapter'; readonly key: number; readonly adapter: Adapter }
  | { readonly type: 'forget'; readonly key: number }
  | { readonly type: 'call'; readonly id: number; readonly call: Call }
  | { readonly type: 'cancel'; readonly id: number };

export type FromChild =
  | { readonly type: 'progress'; readonly id: number; readonly progress: unknown }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | {
      readonly type: 'error';
      readonly id: number;
      readonly error: { code: string; message: string; data: ErrorData };
    };

export const errorFromChild = (error: { code: string; message: string; data: ErrorData }): SkeinError =>
  new SkeinError(
    Object.hasOwn(errorCodes, error.code) ? (error.code as ErrorCode) : 'internal',
    error.message,
    {
      data: error.data,
    },
  );
