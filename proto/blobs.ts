// How a blob is cut: its pieces are equal but for the last, and (size, count) alone says where each begins.

import { sha256 } from '../core/bytes.js';
import { SkeinError } from '../core/errors.js';
import type { Chunk, Offer } from './messages.js';
import { chunkBytes, maxBlobBytes } from './topics.js';

/** Bounds the rows that one blob may make on the other side. */
const maxChunks = 65_536;

/** How many chunks of at most `largest` bytes a blob of `size` bytes makes. */
export const chunkCount = (size: number, largest: number = chunkBytes): number => Math.ceil(size / largest);

/** Where chunk `index` stands in the blob: [begin, end). */
export function chunkRange(
  size: number,
  count: number,
  index: number,
): readonly [begin: number, end: number] {
  const piece = Math.ceil(size / count);
  return [index * piece, Math.min(size, (index + 1) * piece)];
}

/** Whether size and count belong together: every piece has content, none is larger than the contract allows. */
export function validCut(size: number, count: number): boolean {
  if (!Number.isSafeInteger(size) || size < 1 || size > maxBlobBytes) return false;
  if (!Number.isSafeInteger(count) || count < 1 || count > maxChunks) return false;
  const piece = Math.ceil(size / count);
  return piece <= chunkBytes && Math.ceil(size / piece) === count;
}

/** What is said of a blob before it is sent. `largest`: a device's own limit for one chunk. */
export function offerOf(bytes: Uint8Array, largest: number = chunkBytes): Offer {
  const size = bytes.length;
  if (size < 1 || size > maxBlobBytes) {
    throw new SkeinError('wire/oversized', `A blob has 1 to ${maxBlobBytes} bytes, not ${size}.`, {
      data: { size },
    });
  }
  const count = chunkCount(size, Math.min(largest, chunkBytes));
  if (count > maxChunks)
    throw new SkeinError('wire/oversized', `${count} chunks are more than ${maxChunks}.`, {
      data: { count },
    });
  return { blob: sha256(bytes), size, count };
}

/** The blob's chunks as views of its bytes. Throws `wire/oversized` for an empty or too large blob. */
export function splitBlob(bytes: Uint8Array, largest: number = chunkBytes): Chunk[] {
  const { blob, size, count } = offerOf(bytes, largest);
  return Array.from({ length: count }, (_, index) => {
    const [begin, end] = chunkRange(size, count, index);
    return { blob, index, count, size, data: bytes.subarray(begin, end) };
  });
}
