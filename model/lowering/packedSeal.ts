// The end of a packed file: what it is, what it was made of, and a checksum of all of it.

import { type ByteSource, fromUtf8, sha256Of, toHex, utf8 } from '../../core/bytes.js';
import type { Prepacked } from '../onnx/index.js';

export const sealBytes = 512;

export interface PackedSeal {
  /** The file's own name: one that was put in another's place is noticed. */
  readonly location: string;
  readonly prepacked: Prepacked;
  /** Says what the matrix was made of. */
  readonly stamp: string;
}

const pieceBytes = 1 << 18;
const zeros = new Uint8Array(pieceBytes);

/** Bytes that stand at `at`; between them are zeros. */
export interface Piece {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** `sealBytes` that follow the first `size` bytes of a file, which consist of these pieces in their order. */
export function sealOf(seal: PackedSeal, pieces: readonly Piece[], size: number): Uint8Array {
  const sha256 = checksum(seal, contentOf(pieces, size));
  return utf8(JSON.stringify({ ...plain(seal), sha256 }).padEnd(sealBytes));
}

function* contentOf(pieces: readonly Piece[], size: number): Iterable<Uint8Array> {
  let done = 0;
  for (const { at, bytes } of [...pieces, { at: size, bytes: zeros.subarray(0, 0) }]) {
    for (; done < at; done += pieceBytes) yield zeros.subarray(0, Math.min(pieceBytes, at - done));
    yield bytes;
    done = at + bytes.length;
  }
}

/** Undefined for what is no packed file, or is cut off; of the rest only `isWhole` tells whether it is right. */
export function readSeal(source: ByteSource): (PackedSeal & { readonly sha256: string }) | undefined {
  if (source.size < sealBytes) return undefined;
  const text = fromUtf8(source.read(source.size - sealBytes, sealBytes));
  let found: Partial<PackedSeal & { sha256: string }> | null;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { location, prepacked, stamp, sha256 } = found ?? {};
  const { key, offset = Number.NaN, length = Number.NaN } = prepacked ?? {};
  const texts = [location, stamp, sha256, key].every(value => typeof value === 'string');
  const fits = offset >= 0 && length >= 0 && offset + length + sealBytes === source.size;
  return texts && fits ? (found as PackedSeal & { sha256: string }) : undefined;
}

/** Reads all of it: whether each byte is as it was when the file was made. */
export function isWhole(source: ByteSource): boolean {
  const seal = readSeal(source);
  return seal !== undefined && checksum(seal, bodyOf(source)) === seal.sha256;
}

function* bodyOf(source: ByteSource): Iterable<Uint8Array> {
  const size = source.size - sealBytes;
  for (let at = 0; at < size; at += pieceBytes) yield source.read(at, Math.min(pieceBytes, size - at));
}

const plain = ({ location, prepacked: { key, offset, length }, stamp }: PackedSeal): PackedSeal => ({
  location,
  prepacked: { key, offset, length },
  stamp,
});

function checksum(seal: PackedSeal, content: Iterable<Uint8Array>): string {
  function* all(): Iterable<Uint8Array | string> {
    yield* content;
    yield JSON.stringify(plain(seal));
  }
  return toHex(sha256Of(all()));
}
