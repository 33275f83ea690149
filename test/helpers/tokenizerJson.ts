// Small tokenizer.json files of the two kinds that are read: byte-level BPE as Qwen has it, and BPE with byte fallback as Gemma has it.

import type { JsonObject } from '../../model/formats/json.js';
import { characterOf } from '../../model/text/alphabet.js';

const idsOf = (texts: readonly string[]): Record<string, number> =>
  Object.fromEntries(texts.map((text, id) => [text, id]));
export const added = (id: number, content: string, special: boolean) => ({
  id,
  content,
  special,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
});

export const levelTexts = [...characterOf, 'Ġt', 'he', 'Ġthe', '12'];
export const split = (pattern: string) => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
});
const qwen =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
export const afterSplit = {
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: false,
  use_regex: false,
};
export const template = (single: unknown[]) => ({
  type: 'TemplateProcessing',
  single,
  special_tokens: { '<s>': { id: '<s>', ids: [260], tokens: ['<s>'] } },
});
export const sequence = { Sequence: { id: 'A', type_id: 0 } };
export const first = { SpecialToken: { id: '<s>', type_id: 0 } };

export const byteLevel: JsonObject = {
  added_tokens: [added(260, '<s>', true), added(261, '<tool>', false)],
  normalizer: { type: 'NFC' },
  pre_tokenizer: { type: 'Sequence', pretokenizers: [split(qwen), afterSplit] },
  post_processor: { type: 'Sequence', processors: [{ type: 'ByteLevel' }, template([first, sequence])] },
  model: {
    type: 'BPE',
    unk_token: null,
    byte_fallback: false,
    ignore_merges: false,
    vocab: idsOf(levelTexts),
    merges: ['Ġ t', 'h e', ['Ġt', 'he']],
  },
};
export const signTexts = ['<unk>', '<0x41>', ...'▁abc', '▁a', 'ab', '▁ab', '▁▁'];
export const signs: JsonObject = {
  added_tokens: [added(0, '<unk>', true)],
  normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
  pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
  post_processor: null,
  model: {
    type: 'BPE',
    unk_token: '<unk>',
    fuse_unk: true,
    byte_fallback: true,
    vocab: idsOf(signTexts),
    merges: [
      ['a', 'b'],
      ['▁', 'a'],
      ['▁', 'ab'],
      ['▁', '▁'],
    ],
  },
};
