// The tokenizer of a GGUF file: special tokens by their text, everything else by byte-level BPE.

import { utf8 } from '../../core/bytes.js';
import { SkeinError } from '../../core/errors.js';
import type { Tokenizer } from '../engine/types.js';
import { metadataOf } from '../formats/gguf.js';
import type { WeightSource } from '../formats/source.js';
import { bytesOf } from './byteAlphabet.js';
import { type BytePairs, bytePairs } from './bytePairs.js';
import { maxTextLength, type PreTokenizer, preTokenizer } from './preTokenizer.js';

/** Token types of GGUF that are not byte-pair tokens. */
const unknownType = 2;
const controlType = 3;
const userType = 4;

interface Parts {
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  readonly bos: number | undefined;
  readonly eos: number;
  readonly addBos: boolean;
  readonly split: PreTokenizer;
  readonly pairs: BytePairs;
}

class GgufTokenizer implements Tokenizer {
  readonly bos: number | undefined;
  readonly eos: number;
  readonly #parts: Parts;
  /** Text -> id of the special tokens. */
  readonly #special = new Map<string, number>();
  /** Matches every special token; the other only those that a user of the vocabulary defined, which are always parsed. */
  readonly #all: RegExp | undefined;
  readonly #always: RegExp | undefined;
  readonly #bytes: (Uint8Array | undefined)[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.bos = parts.bos;
    this.eos = parts.eos;
    const always: string[] = [];
    for (const [id, type] of parts.types.entries()) {
      const text = parts.tokens[id] as string;
      if ((type !== controlType && type !== userType && type !== unknownType) || text === '') continue;
      this.#special.set(text, id);
      if (type === userType) always.push(text);
    }
    this.#all = anyOf([...this.#special.keys()]);
    this.#always = anyOf(always);
  }

  encode(text: string, { special = true, bos = true }: { special?: boolean; bos?: boolean } = {}): number[] {
    if (text.length > maxTextLength) {
      throw new SkeinError(
        'engine/capacity',
        `The text has ${text.length} characters, at most ${maxTextLength} are encoded.`,
      );
    }
    const ids: number[] = [];
    if (bos && this.#parts.addBos && this.bos !== undefined) ids.push(this.bos);
    // A lone surrogate has no UTF-8.
    const whole = text.replace(/\p{Surrogate}/gu, '\ufffd');
    const pattern = special ? this.#all : this.#always;
    let end = 0;
    for (const match of pattern === undefined ? [] : whole.matchAll(pattern)) {
      this.#encodePlain(whole.slice(end, match.index), ids);
      ids.push(this.#special.get(match[0]) as number);
      end = match.index + match[0].length;
    }
    this.#encodePlain(whole.slice(end), ids);
    return ids;
  }

  #encodePlain(text: string, ids: number[]): void {
    for (const piece of this.#parts.split(text)) {
      for (const id of this.#parts.pairs(utf8(piece))) ids.push(id);
    }
  }

  #bytesOf(id: number, special: boolean): Uint8Array {
    const text = this.#parts.tokens[id];
    if (text === undefined) {
      throw new SkeinError(
        'model/mismatch',
        `Token ${id} is not in the vocabulary of ${this.#parts.tokens.length}.`,
      );
    }
    const type = this.#parts.types[id];
    if (!special && (type === controlType || type === unknownType)) return new Uint8Array(0);
    const raw = type === controlType || type === unknownType || type === userType;
    this.#bytes[id] ??= raw ? utf8(text) : bytesOf(text);
    return this.#bytes[id];
  }

  bytes(id: number): Uint8Array {
    return this.#bytesOf(id, false);
  }

  decode(ids: readonly number[], { special = false }: { special?: boolean } = {}): string {
    const decoder = utf8Decoder();
    let text = '';
    for (const id of ids) text += decoder.decode(this.#bytesOf(id, special), { stream: true });
    return text + decoder.decode();
  }

  stream(): { push(id: number): string; end(): string } {
    const decoder = utf8Decoder();
    return {
      push: id => decoder.decode(this.#bytesOf(id, false), { stream: true }),
      end: () => decoder.decode(),
    };
  }
}

/** Broken UTF-8 becomes U+FFFD; a byte order mark is a character like any other. */
const utf8Decoder = () => new TextDecoder('utf-8', { ignoreBOM: true });

/** Matches the longest of the texts that starts at a place. */
function anyOf(texts: readonly string[]): RegExp | undefined {
  if (texts.length === 0) return undefined;
  const escaped = texts
    .toSorted((a, b) => b.length - a.length)
    .map(text => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(escaped.join('|'), 'gu');
}

function idOf(gguf: Pick<WeightSource, 'metadata'>, key: string, size: number): number | undefined {
  const id = metadataOf(gguf, key, 'number');
  if (id !== undefined && !(Number.isInteger(id) && id >= 0 && id < size)) {
    throw new SkeinError('gguf/invalid', `${key} is ${id}, which is no token of the ${size}.`);
  }
  return id;
}

/**
 * The tokenizer that the file's metadata describes. Throws `tokenizer/unsupported` for another algorithm than byte-level
 * BPE or a pre-tokenizer that is not known, `gguf/invalid` for metadata that contradict themselves.
 */
export function tokenizerFromGguf(gguf: Pick<WeightSource, 'metadata'>): Tokenizer {
  const model = metadataOf(gguf, 'tokenizer.ggml.model', 'string');
  if (model !== 'gpt2') {
    throw new SkeinError(
      'tokenizer/unsupported',
      `The tokenizer ${JSON.stringify(model ?? null)} is not known; gpt2 (byte-level BPE) is.`,
    );
  }
  const split = preTokenizer(metadataOf(gguf, 'tokenizer.ggml.pre', 'string') ?? 'gpt-2');
  const tokens = metadataOf(gguf, 'tokenizer.ggml.tokens', 'strings');
  const merges = metadataOf(gguf, 'tokenizer.ggml.merges', 'strings');
  if (tokens === undefined || tokens.length === 0 || merges === undefined) {
    throw new SkeinError('tokenizer/unsupported', 'The file has no vocabulary or no merges.');
  }
  const types = metadataOf(gguf, 'tokenizer.ggml.token_type', 'numbers') ?? [];
  if (types.length !== 0 && types.length !== tokens.length) {
    throw new SkeinError(
      'gguf/invalid',
      `There are ${tokens.length} tokens, but ${types.length} token types.`,
    );
  }
  const eos = idOf(gguf, 'tokenizer.ggml.eos_token_id', tokens.length);
  if (eos === undefined)
    throw new SkeinError('tokenizer/unsupported', 'The file names no end-of-sequence token.');
  const ids = new Map(tokens.map((token, id) => [token, id]));
  return new GgufTokenizer({
    tokens,
    types,
    bos: idOf(gguf, 'tokenizer.ggml.bos_token_id', tokens.length),
    eos,
    addBos: metadataOf(gguf, 'tokenizer.ggml.add_bos_token', 'boolean') ?? false,
    split,
    pairs: bytePairs(merges, ids),
  });
}
