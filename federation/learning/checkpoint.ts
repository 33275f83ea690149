// A training checkpoint as bytes: the trainer's state and the name of the work it belongs to, checked before it is read.
//
// The trainer's own format (model/engine/trainerState.ts) with `request` and `lastLoss` among its metadata and the tensor
// `losses`, then the SHA-256 of all before.

import { equalBytes, sha256 } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import { decodeTrainerState, encodeTrainerState } from '../../model/engine/trainerState.js';
import type { TrainerState } from '../../model/engine/types.js';

export interface Checkpoint {
  /** SHA-256 (hex) of the training request. */
  readonly request: string;
  readonly lastLoss: number;
  /** Of every step so far, rounded to float32. */
  readonly losses: Float32Array;
  readonly state: TrainerState;
}

const hashBytes = 32;

export function encodeCheckpoint({ request, lastLoss, losses, state }: Checkpoint): Uint8Array {
  const content = encodeTrainerState(state, {
    metadata: { request, lastLoss: String(lastLoss) },
    tensors: [{ name: 'losses', shape: [losses.length], values: losses }],
  });
  return new Uint8Array(Buffer.concat([content, sha256(content)]));
}

/** Throws `checkpoint/invalid` for anything else than a whole checkpoint of this very request. */
export function decodeCheckpoint(bytes: Uint8Array, request: string): Checkpoint {
  const size = Math.max(0, bytes.length - hashBytes);
  const content = bytes.subarray(0, size);
  if (!equalBytes(sha256(content), bytes.subarray(size))) throw invalid('its hash does not fit');
  const { state, more } = decodeTrainerState(content);
  if (more.metadata.request !== request) throw invalid('it belongs to other work');
  const lastLoss = Number(more.metadata.lastLoss);
  if (!Number.isFinite(lastLoss)) throw invalid('its loss is no number');
  const losses = more.tensors.find(({ name }) => name === 'losses')?.values;
  if (losses?.length !== state.step) throw invalid('it has not one loss a step');
  return { request, lastLoss, losses, state };
}

const invalid = (why: string): SkeinError =>
  new SkeinError('checkpoint/invalid', `The checkpoint is not usable: ${why}.`);
