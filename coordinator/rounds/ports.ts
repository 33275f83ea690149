// What the rounds need from the rest of the coordinator, and nothing more of it.

import type { Adapter } from '../../model/engine/types.js';
import type { AdapterShape, KindMessages, NamedTensor } from '../../proto/messages.js';

/** Things named by their SHA-256 (hex), on disk when the promise resolves. */
export interface BlobStore {
  put(bytes: Uint8Array): Promise<string>;
  get(sha256: string): Promise<Uint8Array | undefined>;
  remove(sha256: string): Promise<void>;
}

export interface Context {
  readonly task: string;
  readonly round: number;
}

/** Sends to a device if it is connected; if not, nothing is kept: what matters is sent again at its next birth. */
export type Send = <K extends 'assignment' | 'release' | 'closed'>(
  device: string,
  kind: K,
  context: Context,
  message: KindMessages[K],
) => Promise<void>;

/** A and B of a fresh adapter on the base model: the same numbers on every machine. */
export type FreshAdapter = (shape: AdapterShape, seed: number) => readonly NamedTensor[];

/** An adapter as the two files of a PEFT folder, and back. */
export interface AdapterFiles {
  config(shape: AdapterShape): Uint8Array;
  encode(adapter: Adapter): Uint8Array;
  decode(bytes: Uint8Array, shape: AdapterShape): Adapter;
}
