// The same bytes read in other ways: what text looks like after the encodings that could carry it are undone.

import { brotliDecompressSync, constants, inflateRawSync, inflateSync } from 'node:zlib';

export interface View {
  /** How it was reached, for example `mqtt > base64 > gzip`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const maxOutput = 64 * 1024 * 1024;
const maxDepth = 3;
const minPiece = 8;

/** One row an encoding: the pieces that it can make out of the bytes, given also as one character a byte. */
const decoders: Readonly<Record<string, (text: string, bytes: Uint8Array) => Iterable<Uint8Array>>> = {
  *'utf-16'(text) {
    // Either byte order: the run may begin with the zero or with the letter.
    for (const [run] of text.matchAll(/(?:[\t\n\r\x20-\x7e]\0){6,}/g))
      yield fromLatin1(run.replaceAll('\0', ''));
  },
  *'utf-32'(text) {
    for (const [run] of text.matchAll(/(?:[\t\n\r\x20-\x7e]\0\0\0){6,}/g))
      yield fromLatin1(run.replaceAll('\0', ''));
  },
  *escapes(text) {
    for (const [run] of text.matchAll(/[\t\n\r\x20-\x7e]{12,}/g)) {
      if (/[\\%+]/.test(run)) yield fromLatin1(undoEscapes(run));
    }
  },
  *'http chunks'(text) {
    const joined = text.replace(/\r\n[0-9a-f]{1,8}\r\n/gi, '');
    if (joined.length < text.length) yield fromLatin1(joined);
  },
  *base64(text) {
    for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{12,}/g)) {
      // Text before it may be glued to it: all four alignments.
      for (let skip = 0; skip < 4; skip++) yield Buffer.from(run.slice(skip), 'base64');
    }
  },
  *hex(text) {
    for (const [run] of text.matchAll(/[0-9a-f]{16,}/gi)) {
      for (let skip = 0; skip < 2; skip++) yield Buffer.from(run.slice(skip), 'hex');
    }
  },
  gzip: (text, bytes) =>
    inflateAt(bytes, indexesOf(text, '\x1f\x8b\x08'), piece =>
      inflateRawSync(piece.subarray(gzipHeader(piece)), lenient),
    ),
  deflate: (text, bytes) => inflateAt(bytes, zlibHeaders(text), piece => inflateSync(piece, lenient)),
  'raw deflate': (_, bytes) => inflateAt(bytes, [0], piece => inflateRawSync(piece, lenient)),
  brotli: (_, bytes) => inflateAt(bytes, [0], piece => brotliDecompressSync(piece, bounded)),
};

const bounded = { maxOutputLength: maxOutput } as const;
// A piece whose end is cut off still gives what came.
const lenient = { maxOutputLength: maxOutput, finishFlush: constants.Z_SYNC_FLUSH } as const;

/** The bytes themselves and all that comes out of them, up to three encodings deep. */
export function* views(bytes: Uint8Array, name: string, depth = 0): Generator<View> {
  yield { name, bytes };
  if (depth === maxDepth) return;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  for (const [encoding, decode] of Object.entries(decoders)) {
    for (const piece of decode(text, bytes)) {
      if (piece.length >= minPiece) yield* views(piece, `${name} > ${encoding}`, depth + 1);
    }
  }
}

const fromLatin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function* inflateAt(
  bytes: Uint8Array,
  offsets: Iterable<number>,
  inflate: (piece: Uint8Array) => Uint8Array,
): Generator<Uint8Array> {
  for (const offset of offsets) {
    try {
      yield inflate(bytes.subarray(offset));
    } catch {
      // Not compressed after all: two or three bytes of weights looked like it.
    }
  }
}

function* indexesOf(text: string, sought: string): Generator<number> {
  for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + 1)) yield at;
}

/** Length of a gzip header (RFC 1952, section 2.3): zlib's own reader refuses whatever follows the member. */
function gzipHeader(bytes: Uint8Array): number {
  const flags = bytes[3] ?? 0;
  let length = 10;
  if ((flags & 4) !== 0) length += 2 + (bytes[10] ?? 0) + 256 * (bytes[11] ?? 0);
  for (const field of [8, 16]) if ((flags & field) !== 0) length = bytes.indexOf(0, length) + 1;
  return (flags & 2) === 0 ? length : length + 2;
}

/** The four compression levels of RFC 1950's header with a window of 32 KiB. */
function* zlibHeaders(text: string): Generator<number> {
  for (const level of ['\x01', '\x5e', '\x9c', '\xda']) yield* indexesOf(text, `\x78${level}`);
}

const named: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

const undoEscapes = (text: string): string =>
  text.replace(/\\u([0-9a-f]{4})|\\(.)|%([0-9a-f]{2})|\+/gis, (_, unicode, escaped, percent) => {
    if (unicode !== undefined) {
      return Buffer.from(String.fromCharCode(Number.parseInt(unicode, 16))).toString('latin1');
    }
    if (escaped !== undefined) return named[escaped] ?? escaped;
    return percent === undefined ? ' ' : String.fromCharCode(Number.parseInt(percent, 16));
  });
