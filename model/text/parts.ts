// Divides a long text where no token and no pre-tokenizer's piece goes on, so that memory does not grow with the text.

import { SkeinError } from '../../core/errors.js';

/** Bytes that are encoded at once: a run of so many stays well below what the pattern engine's stack holds. */
const maxPart = 1 << 21;
/** Bytes of a whole text. */
export const maxTextBytes = 1 << 26;

const graphic = (byte: number | undefined): boolean => byte !== undefined && byte > 32 && byte < 127;
const letter = (byte: number | undefined): boolean =>
  byte !== undefined && (byte | 32) >= 97 && (byte | 32) <= 122;

/**
 * Every pre-tokenizer ends a piece after a single line end between a sign and a letter, and before a single space between
 * letters; three of them before it are surely whole characters.
 */
export const betweenPieces = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 32
    ? letter(bytes[at - 1]) && letter(bytes[at - 2]) && letter(bytes[at - 3]) && letter(bytes[at + 1])
    : bytes[at - 1] === 10 && graphic(bytes[at - 2]) && letter(bytes[at]);

/** No merge goes on before a space, but after the bytes that `joins` has; three signs before it are surely whole characters. */
export const beforeSpace =
  (joins: Uint8Array) =>
  (bytes: Uint8Array, at: number): boolean =>
    bytes[at] === 32 &&
    joins[bytes[at - 1] as number] === 0 &&
    graphic(bytes[at - 1]) &&
    graphic(bytes[at - 2]) &&
    graphic(bytes[at - 3]);

/** Throws `engine/capacity` where a part of more than 2 MiB has no place to divide it. */
export function* partsOf(
  bytes: Uint8Array,
  divides: (bytes: Uint8Array, at: number) => boolean,
  most = maxPart,
): Generator<Uint8Array> {
  let start = 0;
  while (bytes.length - start > most) {
    let at = start + most;
    while (at > start && !divides(bytes, at)) at--;
    if (at === start) {
      throw new SkeinError(
        'engine/capacity',
        `The text has a run of ${most} bytes that cannot be divided; put lines or spaces into it.`,
      );
    }
    yield bytes.subarray(start, at);
    start = at;
  }
  yield bytes.subarray(start);
}
