// Cuts a text into the pieces that byte-pair merges may not cross, as the file's `tokenizer.ggml.pre` says.

import { SkeinError } from '../../core/errors.js';
import { classes } from './unicodeClasses.js';

const { letter: L, mark: M, number: N, punctuation: P, space: S } = classes;

/** What GPT-2 (2019) cuts: contractions; letters, numbers and other signs, each with a space before; spaces up to the last one before a word. */
const gpt2 = `'(?:[stmd]|re|ve|ll)| ?${L}+| ?${N}+| ?[^${S}${L}${N}]+|${S}+(?![^${S}])|${S}+`;

/**
 * What GPT-4's cl100k (2023) brought: contractions in capitals too, words with any sign before, signs with the line's end,
 * line ends with the spaces before. `word` is a class, `number` a pattern.
 */
const modern = (word: string, number: string): string =>
  `'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|[^\\r\\n${L}${N}]?${word}+|${number}| ?[^${S}${word}${N}]+[\\r\\n]*|` +
  `${S}*[\\r\\n]+|${S}+(?![^${S}])|${S}+`;

/**
 * The patterns by what uses them. Each matches all of a text, one piece after the other; where there are several, each cuts the
 * pieces of the one before. Sources: the tokenizer.json files of the models named, and llm_tokenizer_bpe in llama.cpp.
 */
const cuts = {
  gpt2: [gpt2],
  /** As GPT-2 after every number was put by itself, so that a number is to spaces before it what the end of the text is. */
  smollm: [`'(?:[stmd]|re|ve|ll)| ?${L}+|${N}| ?[^${S}${L}${N}]+|${S}+(?![^${S}${N}])|${S}+`],
  llama3: [modern(L, `${N}{1,3}`)],
  qwen2: [modern(L, N)],
  qwen35: [modern(`[${L}${M}]`, N)],
  /** What llama.cpp does where a file names nothing: signs first, GPT-2's, numbers, and of these every three digits. */
  unnamed: [
    `[${P}$+<=>^~\\|]+|[^${P}$+<=>^~\\|]+`,
    gpt2,
    `${N}+|[^${N}]+`,
    '[0-9]{3}|(?:(?![0-9]{3})\\p{Any})+',
  ],
} as const satisfies Record<string, readonly string[]>;
export type Cut = keyof typeof cuts;

export interface PreTokenizerRow {
  readonly cut: Cut;
  /** A piece that is a token is that, whatever the merges say. */
  readonly whole?: boolean;
  /** Texts begin with the first token unless the file says otherwise. */
  readonly addBos?: boolean;
}

const rows: Readonly<Record<Cut, readonly string[]>> = {
  gpt2: [
    'gpt-2',
    'phi-2',
    'mpt',
    'olmo',
    'jais',
    'trillion',
    'gigachat',
    'mellum',
    'exaone4',
    'granite-docling',
  ],
  smollm: ['smollm', 'starcoder', 'refact', 'command-r', 'codeshell', 'exaone', 'minerva-7b', 'mellum2'],
  llama3: ['llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'falcon-h1', 'pixtral', 'lfm2', 'dbrx', 'smaug-bpe'],
  qwen2: ['qwen2', 'deepseek-r1-qwen', 'stablelm2', 'megrez', 'hunyuan', 'kormo'],
  qwen35: ['qwen35'],
  unnamed: ['default'],
};
/** Of those cut as Llama 3 is, the ones that take it over only in this. */
const onlyCut = new Set(['dbrx', 'smaug-bpe']);

const byName = new Map<string, PreTokenizerRow>(
  (Object.entries(rows) as [Cut, readonly string[]][]).flatMap(([cut, names]) =>
    names.map(name => {
      const llama3 = cut === 'llama3' && !onlyCut.has(name);
      return [name, { cut, whole: llama3, addBos: llama3 }] as const;
    }),
  ),
);

/** What a value of `tokenizer.ggml.pre` means; `tokenizer/unsupported` where it is not known. */
export function preTokenizerRow(name: string): PreTokenizerRow {
  const row = byName.get(name);
  if (row === undefined) {
    const known = [...byName.keys()].join(', ');
    throw new SkeinError(
      'tokenizer/unsupported',
      `The pre-tokenizer ${JSON.stringify(name.slice(0, 80))} is not known; ${known} are.`,
    );
  }
  return row;
}

const compiled = new Map<Cut, readonly RegExp[]>();

/** The pieces, which joined are the text. Of more than some million code units the pattern engine may run out of stack. */
export function pieces(text: string, cut: Cut): readonly string[] {
  let patterns = compiled.get(cut);
  if (patterns === undefined) {
    patterns = cuts[cut].map(pattern => new RegExp(pattern, 'gv'));
    compiled.set(cut, patterns);
  }
  const [first, ...others] = patterns as [RegExp, ...RegExp[]];
  let found: readonly string[] = text.match(first) ?? [];
  for (const pattern of others) found = found.flatMap(piece => piece.match(pattern) ?? []);
  return found;
}
