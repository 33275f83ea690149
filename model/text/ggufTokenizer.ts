// The tokenizer that a GGUF file's metadata describe. Source of keys and defaults: the GGUF specification and llama.cpp.

import { SkeinError } from '../../core/errors.js';
import type { Tokenizer } from '../engine/types.js';
import { metadataOf } from '../formats/ggufMetadata.js';
import type { WeightSource } from '../formats/source.js';
import { StringList } from '../formats/stringList.js';
import { preTokenizerRow } from './preTokenizer.js';
import { separator, TextTable } from './textTable.js';
import { makeTokenizer } from './tokenizer.js';
import { tokenKinds, type Vocabulary } from './vocabulary.js';

type Source = Pick<WeightSource, 'metadata'>;

const invalid = (message: string): SkeinError => new SkeinError('gguf/invalid', message);
const unsupported = (message: string): SkeinError => new SkeinError('tokenizer/unsupported', message);

/**
 * Texts that are control tokens whatever the file calls them: they end a turn or an answer, or mark the parts of a file to
 * fill in. Converters get these wrong often, so llama.cpp decides by the text; a tokenizer that is to equal it must too.
 */
const controlTexts: ReadonlySet<string> = new Set([
  ...[
    '<|eot_id|>',
    '<|im_end|>',
    '<|end|>',
    '<|return|>',
    '<|call|>',
    '<|flush|>',
    '<|calls|>',
    '<end_of_turn>',
  ],
  ...['<|endoftext|>', '</s>', '<|eom_id|>', '<EOT>', '_<EOT>', '[EOT]', '[EOS]', '<|end_of_text|>'],
  ...['<end_of_utterance>', '<eos>', '<turn|>', '<|tool_response>', '<｜end▁of▁sentence｜>', '[e~['],
  ...[
    '<|fim_prefix|>',
    '<fim-prefix>',
    '<fim_prefix>',
    '<｜fim▁begin｜>',
    '<PRE>',
    '▁<PRE>',
    '<|code_prefix|>',
  ],
  ...[
    '<|fim_suffix|>',
    '<fim-suffix>',
    '<fim_suffix>',
    '<｜fim▁hole｜>',
    '<SUF>',
    '▁<SUF>',
    '<|code_suffix|>',
  ],
  ...[
    '<|fim_middle|>',
    '<fim-middle>',
    '<fim_middle>',
    '<｜fim▁end｜>',
    '<MID>',
    '▁<MID>',
    '<|code_middle|>',
  ],
  ...[
    '<|fim_pad|>',
    '<fim-pad>',
    '<fim_pad>',
    '<PAD>',
    '[PAD]',
    '<|fim_repo|>',
    '<|repo_name|>',
    '<fim-repo>',
  ],
  ...['<REPO>', '<reponame>', '<|file_sep|>', '<|prefix|>', '<|suffix|>', '<|middle|>'],
]);

function tokensOf(source: Source): StringList {
  const tokens = metadataOf(source, 'tokenizer.ggml.tokens', 'strings');
  if (tokens === undefined || tokens.length === 0) throw unsupported('The file has no vocabulary.');
  return tokens;
}

function kindsOf(source: Source, tokens: StringList, table: TextTable): Uint8Array {
  const numbers = metadataOf(source, 'tokenizer.ggml.token_type', 'numbers');
  if (numbers !== undefined && numbers.length !== tokens.length)
    throw invalid(`There are ${tokens.length} tokens, but ${numbers.length} token types.`);
  const kinds = new Uint8Array(tokens.length).fill(tokenKinds.normal);
  for (let id = 0; id < (numbers?.length ?? 0); id++) {
    const kind = numbers?.[id] as number;
    if (!(Number.isInteger(kind) && kind >= 0 && kind <= 255))
      throw invalid(`The type of token ${id} is ${kind}.`);
    kinds[id] = kind;
  }
  for (const text of controlTexts) {
    const id = table.indexOf(Buffer.from(text));
    if (id >= 0) kinds[id] = tokenKinds.control;
  }
  return kinds;
}

function scoresOf(source: Source, tokens: StringList): Float32Array {
  const numbers = metadataOf(source, 'tokenizer.ggml.scores', 'numbers');
  if (numbers !== undefined && numbers.length !== tokens.length)
    throw invalid(`There are ${tokens.length} tokens, but ${numbers.length} scores.`);
  const scores = new Float32Array(tokens.length);
  for (let id = 0; id < (numbers?.length ?? 0); id++) {
    scores[id] = numbers?.[id] as number;
    if (!Number.isFinite(scores[id])) throw invalid(`The score of token ${id} is ${scores[id]}.`);
  }
  return scores;
}

/** The first space of each merge that is not its first character divides it: within a part a space is written otherwise. */
function pairsOf(source: Source): StringList {
  const merges = metadataOf(source, 'tokenizer.ggml.merges', 'strings');
  if (merges === undefined) throw unsupported('The file has no merges.');
  const bytes = merges.bytes.slice();
  for (let rank = 0; rank < merges.length; rank++) {
    const start = merges.starts[rank] as number;
    const end = merges.starts[rank + 1] as number;
    let at = start + 1;
    while (at < end && bytes[at] !== 32) at++;
    if (at >= end - 1) throw invalid(`Merge ${rank} is not of two tokens.`);
    bytes[at] = separator;
  }
  return new StringList(bytes, merges.starts);
}

function idOf(source: Source, key: string, size: number): number | undefined {
  const id = metadataOf(source, key, 'number');
  if (id !== undefined && !(Number.isInteger(id) && id >= 0 && id < size))
    throw invalid(`${key} is ${id}, which is no token of the ${size}.`);
  return id;
}

type Rules = Pick<
  Vocabulary,
  'alphabet' | 'merges' | 'cut' | 'whole' | 'spacePrefix' | 'byteFallback' | 'addBos'
>;

function byteLevelRules(source: Source): Rules {
  const row = preTokenizerRow(metadataOf(source, 'tokenizer.ggml.pre', 'string') ?? 'default');
  return {
    alphabet: 'bytes',
    merges: { kind: 'pairs', pairs: pairsOf(source) },
    cut: row.cut,
    whole: row.whole === true,
    spacePrefix: undefined,
    byteFallback: false,
    addBos: row.addBos === true,
  };
}

function sentencePieceRules(source: Source, tokens: StringList): Rules {
  const prefix = metadataOf(source, 'tokenizer.ggml.add_space_prefix', 'boolean') ?? true;
  return {
    alphabet: 'spaces',
    merges: { kind: 'scores', scores: scoresOf(source, tokens) },
    cut: undefined,
    whole: false,
    spacePrefix: prefix ? { everywhere: true, beforeSpaces: true } : undefined,
    byteFallback: true,
    addBos: true,
  };
}

/**
 * Throws `tokenizer/unsupported` for another algorithm than byte-level BPE (`gpt2`) and SentencePiece's BPE (`llama`) or a
 * pre-tokenizer that is not known, `gguf/invalid` for metadata that contradict themselves.
 */
export function tokenizerFromGguf(source: Source): Tokenizer {
  const model = metadataOf(source, 'tokenizer.ggml.model', 'string');
  if (model !== 'gpt2' && model !== 'llama') {
    throw unsupported(
      `The tokenizer ${JSON.stringify(model?.slice(0, 80) ?? null)} is not known; gpt2 (byte-level BPE) and llama (SentencePiece) are.`,
    );
  }
  const tokens = tokensOf(source);
  const rules = model === 'gpt2' ? byteLevelRules(source) : sentencePieceRules(source, tokens);
  const eos = idOf(source, 'tokenizer.ggml.eos_token_id', tokens.length);
  if (eos === undefined) throw unsupported('The file names no end-of-sequence token.');
  const table = new TextTable(tokens);
  return makeTokenizer({
    ...rules,
    tokens,
    table,
    kinds: kindsOf(source, tokens, table),
    composed: false,
    bos: idOf(source, 'tokenizer.ggml.bos_token_id', tokens.length),
    eos,
    unknown: model === 'llama' ? idOf(source, 'tokenizer.ggml.unknown_token_id', tokens.length) : undefined,
    addBos: metadataOf(source, 'tokenizer.ggml.add_bos_token', 'boolean') ?? rules.addBos,
    addEos: metadataOf(source, 'tokenizer.ggml.add_eos_token', 'boolean') ?? false,
  });
}
