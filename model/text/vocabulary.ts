// What a tokenizer is made of, whatever file describes it: tokens and their kinds, the order of merges, the rules around them.

import type { StringList } from '../formats/stringList.js';
import type { alphabets } from './alphabet.js';
import type { Cut } from './preTokenizer.js';
import type { TextTable } from './textTable.js';

/** Kinds of tokens by their number in GGUF files. */
export const tokenKinds = { normal: 1, unknown: 2, control: 3, user: 4, unused: 5, byte: 6 } as const;

/** A space is put before a text: before each part that follows a special token, or only the first; also where there is one. */
export interface SpacePrefix {
  readonly everywhere: boolean;
  readonly beforeSpaces: boolean;
}

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
  readonly spacePrefix: SpacePrefix | undefined;
  /** Characters without a token become the tokens named `<0x41>` of their bytes. */
  readonly byteFallback: boolean;
  readonly bos: number | undefined;
  readonly eos: number;
  readonly unknown: number | undefined;
  readonly addBos: boolean;
  readonly addEos: boolean;
}
