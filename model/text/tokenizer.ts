// Text to tokens and back, over one vocabulary: special tokens by their text, everything else by byte-pair encoding.

import { SkeinError } from '../../core/errors.js';
import type { Tokenizer } from '../engine/types.js';
import { alphabets, spaceSign } from './alphabet.js';
import { textOf } from './brokenUtf8.js';
import { BytePairs, characterLengths, type MergeOrder } from './bytePairs.js';
import { beforeSpace, betweenPieces, maxTextBytes, partsOf } from './parts.js';
import { pieces } from './preTokenizer.js';
import { SpecialTokens } from './specialTokens.js';
import { TextTable } from './textTable.js';
import { tokenKinds, type Vocabulary } from './vocabulary.js';

/** Pieces that were encoded are remembered: most words of a text stand in it more than once. */
const maxRemembered = 1 << 13;
const maxRememberedLength = 48;

/** Broken UTF-8 becomes U+FFFD; a byte order mark is a character like any other. */
const utf8Decoder = () => new TextDecoder('utf-8', { ignoreBOM: true });

class VocabularyTokenizer implements Tokenizer {
  readonly bos: number | undefined;
  readonly eos: number;
  readonly ends: readonly number[];
  readonly #vocabulary: Vocabulary;
  readonly #pairs: BytePairs;
  readonly #written: readonly Uint8Array[];
  readonly #remembered = new Map<string, readonly number[]>();
  /** Bytes after which a space sign stands within a token: a text may not be cut there. */
  #joins: Uint8Array | undefined;
  #all: SpecialTokens | undefined;
  /** Those that a user of the vocabulary defined, which are always parsed. */
  #always: SpecialTokens | undefined;
  #scratch = new Uint8Array(1 << 10);
  readonly #bytes: (Uint8Array | undefined)[] = [];

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
    this.bos = vocabulary.bos;
    this.eos = vocabulary.eos;
    this.ends = endsOf(vocabulary);
    this.#written = alphabets[vocabulary.alphabet].written;
    const { table, merges, whole, unknown, kinds } = vocabulary;
    const order: MergeOrder =
      merges.kind === 'scores' ? merges : { kind: 'pairs', pairs: new TextTable(merges.pairs) };
    const plain = kinds.map(kind => (hidden.has(kind) || kind === tokenKinds.byte ? 0 : 1));
    const bytes = byteTokens(vocabulary);
    this.#pairs = new BytePairs({ tokens: table, plain, order, whole, unknown, bytes });
  }

  encode(
    text: string | Uint8Array,
    { special = true, bos = true }: { special?: boolean; bos?: boolean } = {},
  ): number[] {
    const { addBos, addEos, spacePrefix } = this.#vocabulary;
    // A lone surrogate has no UTF-8; this makes it U+FFFD.
    const bytes = typeof text === 'string' && text.length <= maxTextBytes ? Buffer.from(text) : text;
    if (typeof bytes === 'string' || bytes.length > maxTextBytes) {
      const message = `The text has ${text.length} characters or bytes, at most ${maxTextBytes} are encoded.`;
      throw new SkeinError('engine/capacity', message);
    }
    const ids: number[] = [];
    if (bos && addBos && this.bos !== undefined) ids.push(this.bos);
    let end = 0;
    const plain = (to: number): void => {
      if (to === end) return;
      const prefixed =
        spacePrefix !== undefined &&
        (spacePrefix.everywhere || end === 0) &&
        (spacePrefix.beforeSpaces || !startsWithSpace(bytes, end));
      this.#encodePlain(bytes.subarray(end, to), prefixed, ids);
    };
    for (const found of this.#special(special).find(bytes)) {
      plain(found.start);
      ids.push(found.id);
      end = found.end;
    }
    plain(bytes.length);
    if (bos && addEos) ids.push(this.eos);
    return ids;
  }

  #special(all: boolean): SpecialTokens {
    const { tokens, table, kinds } = this.#vocabulary;
    const of = (wanted: (kind: number) => boolean) =>
      new SpecialTokens(tokens, table, indicesOf(kinds, wanted));
    if (all) {
      this.#all ??= of(kind => hidden.has(kind) || kind === tokenKinds.user);
      return this.#all;
    }
    this.#always ??= of(kind => kind === tokenKinds.user);
    return this.#always;
  }

  #encodePlain(bytes: Uint8Array, prefixed: boolean, ids: number[]): void {
    const { cut, composed } = this.#vocabulary;
    this.#joins ??= cut === undefined ? bytesBeforeSpaces(this.#vocabulary) : new Uint8Array(0);
    for (const part of partsOf(bytes, cut === undefined ? beforeSpace(this.#joins) : betweenPieces)) {
      const text = composed ? textOf(part).normalize('NFC') : part;
      if (cut === undefined) {
        this.#encodeRun(typeof text === 'string' ? Buffer.from(text) : text, prefixed, ids);
        prefixed = false;
      } else {
        for (const piece of pieces(typeof text === 'string' ? text : textOf(text), cut))
          this.#encodePiece(piece, ids);
      }
    }
    if (this.#scratch.length > 1 << 18) this.#scratch = new Uint8Array(1 << 10);
  }

  #encodePiece(piece: string, ids: number[]): void {
    const known = this.#remembered.get(piece);
    if (known !== undefined) {
      for (const id of known) ids.push(id);
      return;
    }
    const from = ids.length;
    const size = this.#write(Buffer.from(piece), 0);
    this.#pairs.encode(this.#scratch, 0, size, ids);
    if (piece.length > maxRememberedLength) return;
    if (this.#remembered.size === maxRemembered) this.#remembered.clear();
    this.#remembered.set(piece, ids.slice(from));
  }

  /** A run without special tokens, cut before spaces where no token goes on: shorter runs are merged faster. */
  #encodeRun(bytes: Uint8Array, prefixed: boolean, ids: number[]): void {
    const joins = this.#joins as Uint8Array;
    const start = prefixed ? this.#write(Buffer.from(' '), 0) : 0;
    const size = this.#write(bytes, start);
    const written = this.#scratch;
    let from = 0;
    let afterSign = true;
    for (let at = 0; at < size; at += characterLengths[(written[at] as number) >> 4] as number) {
      const sign = at + space.length <= size && isSpaceSign(written, at);
      if (sign && !afterSign && joins[written[at - 1] as number] === 0) {
        this.#pairs.encode(written, from, at, ids);
        from = at;
      }
      afterSign = sign;
    }
    this.#pairs.encode(written, from, size, ids);
  }

  /** Brings the bytes into the vocabulary's alphabet, into the scratch from `at` on; where they end there. */
  #write(bytes: Uint8Array, at: number): number {
    if (this.#scratch.length < at + 3 * bytes.length) {
      const grown = new Uint8Array(2 * (at + 3 * bytes.length));
      grown.set(this.#scratch.subarray(0, at));
      this.#scratch = grown;
    }
    const scratch = this.#scratch;
    for (let i = 0; i < bytes.length; i++) {
      const written = this.#written[bytes[i] as number] as Uint8Array;
      for (let j = 0; j < written.length; j++) scratch[at++] = written[j] as number;
    }
    return at;
  }

  #bytesOf(id: number, special: boolean): Uint8Array {
    const { tokens, kinds } = this.#vocabulary;
    const text = this.#bytes[id] === undefined ? tokens.at(id) : '';
    if (text === undefined) {
      throw new SkeinError('model/mismatch', `Token ${id} is not in the vocabulary of ${tokens.length}.`);
    }
    if (!special && hidden.has(kinds[id] as number)) return new Uint8Array(0);
    this.#bytes[id] ??= this.#read(id, text);
    return this.#bytes[id];
  }

  #read(id: number, text: string): Uint8Array {
    const { tokens, kinds, alphabet } = this.#vocabulary;
    const kind = kinds[id] as number;
    const byte = kind === tokenKinds.byte ? byteNamed(text) : undefined;
    if (byte !== undefined) return Uint8Array.of(byte);
    return hidden.has(kind) || kind === tokenKinds.user ? tokens.bytesAt(id) : alphabets[alphabet].read(text);
  }

  /** Nothing is remembered: whoever asks for every token once would keep them all in memory. */
  bytes(id: number): Uint8Array {
    const text = this.#vocabulary.tokens.at(id);
    const shown = text !== undefined && !hidden.has(this.#vocabulary.kinds[id] as number);
    return shown ? this.#read(id, text) : new Uint8Array(0);
  }

  decode(
    ids: readonly number[],
    { special = false, continued = false }: { special?: boolean; continued?: boolean } = {},
  ): string {
    const stream = this.#decoder(special, continued);
    let text = '';
    for (const id of ids) text += stream.push(id);
    return text + stream.end();
  }

  stream({ continued = false }: { continued?: boolean } = {}): { push(id: number): string; end(): string } {
    return this.#decoder(false, continued);
  }

  #decoder(special: boolean, continued: boolean): { push(id: number): string; end(): string } {
    const decoder = utf8Decoder();
    let prefixed = this.#vocabulary.spacePrefix !== undefined && !continued;
    return {
      push: id => {
        let bytes = this.#bytesOf(id, special);
        if (prefixed && bytes.length > 0) {
          prefixed = false;
          if (bytes[0] === 32) bytes = bytes.subarray(1);
        }
        return decoder.decode(bytes, { stream: true });
      },
      end: () => decoder.decode(),
    };
  }
}

const space = Buffer.from(spaceSign);
const isSpaceSign = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === space[0] && bytes[at + 1] === space[1] && bytes[at + 2] === space[2];
/** Kinds that are shown, and found in a text, only on request. */
const hidden: ReadonlySet<number> = new Set([tokenKinds.control, tokenKinds.unknown]);

const startsWithSpace = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 32 || isSpaceSign(bytes, at);

function indicesOf(values: Uint8Array, wanted: (value: number) => boolean): number[] {
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) if (wanted(values[i] as number)) found.push(i);
  return found;
}

/** Texts of the families' tokens for the end of a text, a message or a turn. */
const endTexts = [
  ...[
    '<|endoftext|>',
    '<|end_of_text|>',
    '<|im_end|>',
    '<|eot_id|>',
    '<|eom_id|>',
    '<end_of_turn>',
    '<|end|>',
    '<eos>',
  ],
];

/** The end-of-sequence token, and control tokens with such a text: a converter's `eos` is often but one of them. */
function endsOf({ eos, table, kinds }: Vocabulary): number[] {
  const named = endTexts.map(text => table.indexOf(Buffer.from(text)));
  return [...new Set([eos, ...named.filter(id => id >= 0 && kinds[id] === tokenKinds.control)])];
}

/** The byte that a token named "<0x41>" stands for. */
function byteNamed(text: string): number | undefined {
  const hex = /^<0x([0-9A-Fa-f]{2})>$/.exec(text)?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}

/** Byte -> token that stands for it in characters without a token; -1: none. */
function byteTokens({ table, byteFallback }: Vocabulary): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    const name = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
    const named = byteFallback ? table.indexOf(Buffer.from(name)) : -1;
    return named >= 0 ? named : table.indexOf(Uint8Array.of(byte));
  });
}

/** 1 for the bytes after which a space sign stands in some token, and not at its beginning or after another one. */
function bytesBeforeSpaces({ tokens }: Vocabulary): Uint8Array {
  const found = new Uint8Array(256);
  const { bytes, starts } = tokens;
  for (let id = 0; id < tokens.length; id++) {
    const end = (starts[id + 1] as number) - space.length;
    let afterSign = true;
    for (let at = starts[id] as number; at <= end; ) {
      const sign = isSpaceSign(bytes, at);
      if (sign && !afterSign) found[bytes[at - 1] as number] = 1;
      afterSign = sign;
      at += sign ? space.length : 1;
    }
  }
  return found;
}

export const makeTokenizer = (vocabulary: Vocabulary): Tokenizer => new VocabularyTokenizer(vocabulary);
