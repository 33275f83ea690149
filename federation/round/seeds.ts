// Public choices of a round, derived so that every end and every restart comes to the same ones.

import { sha256 } from '../../core/index.js';

interface Whose {
  readonly task: string;
  readonly taskSeed: number;
  readonly round: number;
  readonly device: string;
}

/**
 * The seed of a device's batch order: the first 53 bits of SHA-256 over the JSON array
 * ["skein/batch-order", task, task seed, round, device]. (A of a fresh adapter is drawn by the task's own seed.)
 */
export function batchSeed({ task, taskSeed, round, device }: Whose): number {
  const digest = sha256(JSON.stringify(['skein/batch-order', task, taskSeed, round, device]));
  const view = new DataView(digest.buffer, digest.byteOffset);
  return view.getUint32(0) * 2 ** 21 + (view.getUint32(4) >>> 11);
}

/** Names one offer (16 bytes): the same after a restart, another in every other fleet, task, round and device. */
export function assignmentNonce(fleet: string, { task, taskSeed, round, device }: Whose): Uint8Array {
  return sha256(JSON.stringify(['skein/assignment', fleet, task, taskSeed, round, device])).slice(0, 16);
}
