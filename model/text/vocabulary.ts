// What a tokenizer is made of, whichever file describes it: tokens and their kinds, the order of merges, the rules around them.

import type { StringList } from '../formats/stringList.js';
import type { alphabets } from './alphabet.js';
import type { Cut } from './preTokenizer.js';
import type { TextTable } from './textTable.js';

/** Kinds of tokens by their number in GGUF files. */
export const tokenKinds = { normal: 1, unknown: 2, control: 3, user: 4, unused: 5, byte: 6 } as const;

/** Which parts of a text get a space before them: none, the text, or what follows each special token too. */
export type SpacePrefix = 'never' | 'first' | 'always';

export interface Vocabulary {
  readonly tokens: StringList;
  /** Finds the tokens by their text. */
  readonly table: TextTable;
  /** Kind of each token. */
  readonly kinds: Uint8Array;
  readonly alphabet: keyof typeof alphabets;
  /** Pairs are "left 255 right", in order; scores belong to the tokens. */
  readonly merges:
    | { readonly kind: 'pairs'; readonly pairs: StringList }
    | { readonly kind: 'scores'; readonly scores: Float32Array };
  /** Undefined: merges may cross everything but special tokens. */
  readonly cut: Cut | undefined;
  /** A piece that is a token is that, whatever the merges say. */
  readonly whole: boolean;
  /** The text is brought into Unicode's composed form (NFC) first. */
  readonly composed: boolean;
  readonly spacePrefix: SpacePrefix;
  readonly bos: number | undefined;
  readonly eos: number;
  readonly unknown: number | undefined;
  readonly addBos: boolean;
  readonly addEos: boolean;
}
