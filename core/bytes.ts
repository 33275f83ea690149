// Small helpers over bytes: hashes, hex, comparison. A Uint8Array in Skein is always exactly its own content.

import { createHash } from 'node:crypto';
import { SkeinError } from './errors.js';

export const sha256 = (...parts: readonly (Uint8Array | string)[]): Uint8Array => sha256Of(parts);

export const sha256Hex = (...parts: readonly (Uint8Array | string)[]): string => toHex(sha256Of(parts));

/** Of parts that need not be there all at once. */
export function sha256Of(parts: Iterable<Uint8Array | string>): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const fromUtf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Random access to bytes that stand outside the process (a file) or inside (a buffer). */
export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes at `offset`; throws `io/invalid` past the end. */
  read(offset: number, length: number): Uint8Array;
}

/** Bytes in memory as a source; `read` gives views, not copies. */
export const memorySource = (bytes: Uint8Array): ByteSource => ({
  size: bytes.length,
  read(offset, length) {
    if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) {
      throw new SkeinError('io/invalid', `${length} bytes at ${offset} are past the end at ${bytes.length}.`);
    }
    return bytes.subarray(offset, offset + length);
  },
});
