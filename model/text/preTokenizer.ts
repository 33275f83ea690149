// Cuts a text into the pieces that byte-pair merges may not cross, as the file's `tokenizer.ggml.pre` says.

import { SkeinError } from '../../core/errors.js';

/** Letters, digits, other signs, each with a space before; contractions; spaces up to the one before a word (GPT-2, 2019). */
const gpt2 =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Patterns are applied one after the other: each cuts the pieces of the one before into its matches and what lies between. */
const patterns: Readonly<Record<string, readonly RegExp[]>> = {
  'gpt-2': [gpt2],
  /** Every numeral by itself, whatever its script, then as GPT-2 (SmolLM, StarCoder). */
  smollm: [/\p{N}/gu, gpt2],
};

/** A run of this many code units stays well below what the pattern engine's stack holds. */
export const maxTextLength = 1 << 21;

function* cut(piece: string, pattern: RegExp): Generator<string> {
  let end = 0;
  for (const match of piece.matchAll(pattern)) {
    if (match.index > end) yield piece.slice(end, match.index);
    yield match[0];
    end = match.index + match[0].length;
  }
  if (end < piece.length) yield piece.slice(end);
}

export type PreTokenizer = (text: string) => Iterable<string>;

/** The pre-tokenizer of this name; `tokenizer/unsupported` where it is not known. Pieces joined are the text. */
export function preTokenizer(name: string): PreTokenizer {
  const chain = Object.hasOwn(patterns, name) ? patterns[name] : undefined;
  if (chain === undefined) {
    const known = Object.keys(patterns).join(', ');
    throw new SkeinError(
      'tokenizer/unsupported',
      `The pre-tokenizer ${JSON.stringify(name)} is not known; ${known} are.`,
    );
  }
  return text => {
    let pieces: Iterable<string> = [text];
    for (const pattern of chain) pieces = each(pieces, pattern);
    return pieces;
  };
}

function* each(pieces: Iterable<string>, pattern: RegExp): Generator<string> {
  for (const piece of pieces) yield* cut(piece, pattern);
}
