// The tokenizer of a Hugging Face folder: tokenizer.json (BPE, byte-level or with byte fallback) and tokenizer_config.json.
// Source: the data structures of Hugging Face's tokenizers library.

import type { Tokenizer } from '../engine/types.js';
import { isObject, type JsonObject, shown } from '../formats/json.js';
import { StringList, TextWriter } from '../formats/stringList.js';
import { cuttingOf, fields, frameOf, invalid, normalOf, unsupported } from './jsonRules.js';
import { separator, TextTable } from './textTable.js';
import { makeTokenizer } from './tokenizer.js';
import { tokenKinds } from './vocabulary.js';

/** More than any family has; ids above leave no more than empty places in a list. */
const limits = { tokens: 1 << 21, merges: 1 << 22 };

interface Added {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

/** Tokens that are found by their text before anything else is done to it. `changes`: whether the normaliser would alter a text. */
function addedTokens(list: unknown, changes: (text: string) => boolean): Added[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list) || list.length > limits.tokens)
    throw invalid('added_tokens is no list of tokens.');
  return list.map((entry: unknown) => {
    if (!isObject(entry)) throw invalid('added_tokens has an entry that is no token.');
    const read = fields(entry, 'an added token');
    const content = read.text('content') ?? '';
    const { id } = entry;
    if (!isId(id) || content === '')
      throw invalid(`The added token ${shown(content)} has the id ${shown(id)}.`);
    for (const rule of ['single_word', 'lstrip', 'rstrip'] as const)
      if (read.flag(rule) === true)
        throw unsupported(`The added token ${shown(content)} has the rule ${rule}.`);
    if (read.flag('normalized') === true && changes(content))
      throw unsupported(`The added token ${shown(content)} is to be found in normalised text.`);
    return { id, content, special: read.flag('special') === true };
  });
}

const isId = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < limits.tokens;

/** Token texts by id; an id that nobody has is an empty text. */
function tokensOf(vocabulary: JsonObject, added: readonly Added[]): StringList {
  const texts: string[] = [];
  const place = (text: string, id: unknown): void => {
    if (!isId(id)) throw invalid(`The token ${shown(text)} has the id ${shown(id)}.`);
    if ((texts[id] ?? text) !== text) throw invalid(`Two tokens have the id ${id}.`);
    texts[id] = text;
  };
  for (const text in vocabulary) place(text, vocabulary[text]);
  for (const { content, id } of added) place(content, id);
  if (texts.length === 0) throw unsupported('The vocabulary is empty.');
  return StringList.of(Array.from(texts, text => text ?? ''));
}

/** "left right" or [left, right], in order, each two tokens that make a third; the bytes of "left 255 right". */
function pairsOf(merges: unknown, table: TextTable): StringList {
  if (!Array.isArray(merges) || merges.length > limits.merges) throw invalid('merges is no list of pairs.');
  const starts = new Uint32Array(merges.length + 1);
  const writer = new TextWriter();
  for (let rank = 0; rank < merges.length; rank++) {
    const merge: unknown = merges[rank];
    const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(parts) || parts.length !== 2 || !parts.every(part => typeof part === 'string'))
      throw invalid(`Merge ${rank} is not of two tokens.`);
    const [left, right] = parts as [string, string];
    const start = starts[rank] as number;
    const middle = writer.text(left);
    writer.byte(separator);
    const end = writer.text(right);
    starts[rank + 1] = end;
    if (!table.hasPair(writer.bytes(), start, middle, end))
      throw invalid(`Merge ${rank} (${shown(`${left} ${right}`)}) is not of two tokens that make a third.`);
  }
  return new StringList(new Uint8Array(writer.bytes()), starts);
}

/** The token that a text or `{"content": text}` names; undefined where there is none such. */
function named(value: unknown, table: TextTable): number | undefined {
  const text = isObject(value) ? value.content : value;
  const id = typeof text === 'string' ? table.indexOf(Buffer.from(text)) : -1;
  return id < 0 ? undefined : id;
}

export interface JsonTokenizerFiles {
  /** tokenizer.json. */
  readonly tokenizer: JsonObject;
  /** tokenizer_config.json. */
  readonly config?: JsonObject;
  /** What config.json says, for what tokenizer_config.json does not. */
  readonly bos?: number;
  readonly eos?: number;
}

/**
 * Throws `tokenizer/unsupported` for algorithms and rules that are not known (Unigram, WordPiece, foreign patterns), and
 * `model/invalid` for what contradicts itself.
 */
export function tokenizerFromJson({ tokenizer, config = {}, ...fallback }: JsonTokenizerFiles): Tokenizer {
  const { model } = tokenizer;
  if (!isObject(model)) throw invalid('tokenizer.json has no model.');
  const type = model.type ?? 'BPE';
  if (type !== 'BPE') throw unsupported(`The tokenizer ${shown(type)} is not known; BPE is.`);
  const read = fields(model, 'model');
  for (const rule of ['continuing_subword_prefix', 'end_of_word_suffix'] as const)
    if ((read.text(rule) ?? '') !== '') throw unsupported(`The model has a ${rule}.`);
  const normal = normalOf(tokenizer.normalizer);
  const cutting = cuttingOf(tokenizer.pre_tokenizer, normal);
  const added = addedTokens(
    tokenizer.added_tokens,
    text => normal.spacePrefix !== undefined || text.normalize('NFC') !== text || text.includes(' '),
  );
  const vocabulary = read.object('vocab');
  if (vocabulary === undefined) throw invalid('tokenizer.json has no vocabulary.');
  const tokens = tokensOf(vocabulary, added);
  const table = new TextTable(tokens);
  const byteFallback = read.flag('byte_fallback') === true;
  const frame = frameOf(tokenizer.post_processor);
  for (const id of [frame.first, frame.last])
    if (id !== undefined && !(id >= 0 && id < tokens.length))
      throw invalid(`The template names token ${id}.`);
  const inside = (id: number | undefined) => (id !== undefined && id < tokens.length ? id : undefined);
  const eos = named(config.eos_token, table) ?? inside(fallback.eos) ?? frame.last;
  if (eos === undefined) throw unsupported('The folder names no end-of-sequence token.');
  const says = fields(config, 'tokenizer_config.json');
  return makeTokenizer({
    ...cutting,
    tokens,
    table,
    kinds: kindsOf(tokens, added, byteFallback),
    merges: { kind: 'pairs', pairs: pairsOf(model.merges, table) },
    whole: read.flag('ignore_merges') === true,
    composed: normal.composed,
    byteFallback,
    bos: frame.first ?? named(config.bos_token, table) ?? inside(fallback.bos),
    eos,
    unknown: named(model.unk_token, table),
    addBos: says.flag('add_bos_token') ?? frame.first !== undefined,
    addEos: says.flag('add_eos_token') ?? frame.last !== undefined,
  });
}

function kindsOf(tokens: StringList, added: readonly Added[], byteFallback: boolean): Uint8Array {
  const kinds = new Uint8Array(tokens.length).fill(tokenKinds.normal);
  if (byteFallback) {
    for (let id = 0; id < tokens.length; id++)
      if (/^<0x[0-9A-F]{2}>$/.test(tokens.bytesAt(id).length === 6 ? (tokens.at(id) as string) : ''))
        kinds[id] = tokenKinds.byte;
  }
  for (const { id, special } of added) kinds[id] = special ? tokenKinds.control : tokenKinds.user;
  return kinds;
}
