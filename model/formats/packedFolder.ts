// Where packed weights of one model stay between runs: the files that model/ asks for, and ONNX Runtime maps by their path.

import type { ByteSource } from '../../core/bytes.js';

/** All of it throws `io/*`. Names are plain file names. */
export interface PackedFolder {
  readonly path: string;
  /** For names of this opening alone: many processes, on many machines, may have the folder open. */
  readonly unique: string;
  /** Undefined where there is no such file. */
  open(name: string): (ByteSource & { close(): void }) | undefined;
  /** Appears whole under its name, or not at all. What no piece covers is zero, and takes no room where the system can. */
  write(
    name: string,
    size: number,
    pieces: readonly { readonly at: number; readonly bytes: Uint8Array }[],
  ): void;
  remove(name: string): void;
  /** Whether the file is, by all that the system says of it, still the one that was `remember`ed. Throws nothing. */
  known(name: string): boolean;
  /** Its content was found right; how long that is taken for granted is the folder's to say. Throws nothing. */
  remember(name: string): void;
  /** Tells whoever runs this that the file is not what was written, and that it is made anew. Throws nothing. */
  damaged(name: string): void;
}
