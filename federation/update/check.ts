// An update is somebody else's bytes: here it is held against the task and the model before anything adds it up.

import { equalBytes, SkeinError } from '../../core/index.js';
import type { NamedTensor, Update } from '../../proto/messages.js';
import type { TensorShape } from './shape.js';

/** More records than any device learns from in a round; a larger claim is no count. */
export const maxExamples = 1_000_000;

export interface UpdateExpectation {
  readonly nonce: Uint8Array;
  readonly startRelease: string;
  /** In name order. */
  readonly tensors: readonly TensorShape[];
}

/** Throws `round/invalid-update` with the first thing that does not fit: nonce, start, count, names, shapes, finite values. */
export function checkUpdate(update: Update, expected: UpdateExpectation): void {
  if (!equalBytes(update.nonce, expected.nonce)) fail('it answers another assignment');
  if (update.startRelease !== expected.startRelease) fail('it started from another release');
  if (!Number.isInteger(update.examples) || update.examples < 1 || update.examples > maxExamples) {
    fail(`its number of examples is not between 1 and ${maxExamples}`);
  }
  if (update.tensors.length !== expected.tensors.length) {
    fail(`it has ${update.tensors.length} tensors, the task has ${expected.tensors.length}`);
  }
  for (const [i, want] of expected.tensors.entries()) checkTensor(update.tensors[i]!, want);
}

function checkTensor(tensor: NamedTensor, want: TensorShape): void {
  if (tensor.name !== want.name) fail(`${want.name} is not where it belongs`);
  const fits =
    tensor.shape.length === want.shape.length && tensor.shape.every((side, i) => side === want.shape[i]);
  if (!fits) fail(`${want.name} has shape [${tensor.shape}] where [${want.shape}] belongs`);
  if (tensor.values.length !== want.shape.reduce((a, b) => a * b, 1))
    fail(`${want.name} lacks values or has too many`);
  if (!tensor.values.every(Number.isFinite)) fail(`${want.name} has values that are no finite numbers`);
}

function fail(what: string): never {
  throw new SkeinError('round/invalid-update', `The update is refused: ${what}.`);
}
