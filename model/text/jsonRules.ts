// What the rules of a tokenizer.json come to: normaliser, pre-tokenizer and post-processor as fields of a vocabulary. Their
// regular expressions are never run: they are names of patterns that we know, or refused.

import { SkeinError } from '../../core/errors.js';
import { fieldsOf, isObject, type JsonObject, shown } from '../formats/json.js';
import { spaceSign } from './alphabet.js';
import type { Cut } from './preTokenizer.js';
import type { SpacePrefix, Vocabulary } from './vocabulary.js';

const file = 'tokenizer.json';
export const invalid = (message: string, cause?: unknown): SkeinError =>
  new SkeinError('model/invalid', message, { cause });
export const unsupported = (message: string): SkeinError => new SkeinError('tokenizer/unsupported', message);
export const fields = (object: JsonObject, what: string) => fieldsOf(object, `${file}: ${what}`, invalid);

/** Steps that a sequence may have, and how deep sequences stand in each other. */
const limits = { steps: 16, depth: 4 };

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const ends = '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
/** The regular expressions of `Split` steps, as the families' files have them, letter by letter. */
const splits: ReadonlyMap<string, Cut> = new Map<string, Cut>([
  [`${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}${ends}`, 'llama3'],
  [`${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${ends}`, 'qwen2'],
  [
    `${contractions}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}${ends.replace('\\p{L}', '\\p{L}\\p{M}')}`,
    'qwen35',
  ],
  ["'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", 'gpt2'],
]);

/** The steps of an entry that is nothing, one step or a sequence of them. `list` is what a sequence calls them. */
function stepsOf(entry: unknown, what: string, list: string, depth = 0): JsonObject[] {
  if (entry === undefined || entry === null) return [];
  if (!isObject(entry) || depth > limits.depth) throw invalid(`${file}: ${what} is no step.`);
  if (entry.type !== 'Sequence') return [entry];
  const inner = entry[list];
  if (!Array.isArray(inner) || inner.length > limits.steps)
    throw invalid(`${file}: ${what} has no list of at most ${limits.steps} steps.`);
  return inner.flatMap(step => stepsOf(step, what, list, depth + 1));
}

const stringPattern = (step: JsonObject): unknown =>
  isObject(step.pattern) ? step.pattern.String : undefined;

export interface Normal {
  readonly composed: boolean;
  /** Spaces are written as the space sign. */
  readonly signs: boolean;
  readonly spacePrefix: SpacePrefix | undefined;
}

export function normalOf(normalizer: unknown): Normal {
  let normal: Normal = { composed: false, signs: false, spacePrefix: undefined };
  for (const step of stepsOf(normalizer, 'normalizer', 'normalizers')) {
    const replaces = step.type === 'Replace' && stringPattern(step) === ' ' && step.content === spaceSign;
    if (step.type === 'NFC' && !normal.signs) normal = { ...normal, composed: true };
    else if (replaces) normal = { ...normal, signs: true };
    else if (step.type === 'Prepend' && step.prepend === spaceSign && !normal.signs)
      normal = { ...normal, spacePrefix: { everywhere: true, beforeSpaces: true } };
    else throw unsupported(`${file}: the normaliser ${shown(step.type)} is not known in this form.`);
  }
  if (normal.spacePrefix !== undefined && !normal.signs)
    throw unsupported(`${file}: a space sign is put before texts that have none.`);
  return normal;
}

type Cutting = Pick<Vocabulary, 'alphabet' | 'cut' | 'spacePrefix'>;

const prefixes: Readonly<Record<string, SpacePrefix | undefined>> = {
  never: undefined,
  first: { everywhere: false, beforeSpaces: false },
  always: { everywhere: true, beforeSpaces: false },
};

export function cuttingOf(preTokenizer: unknown, normal: Normal): Cutting {
  const steps = stepsOf(preTokenizer, 'pre_tokenizer', 'pretokenizers');
  const [first, second, ...more] = steps;
  if (more.length === 0) {
    const cut = byteLevelCut(first, second);
    if (cut !== undefined && !normal.signs) return { alphabet: 'bytes', cut, spacePrefix: undefined };
    if (second === undefined && (normal.signs ? cutsNothing(first) : first?.type === 'Metaspace'))
      return {
        alphabet: 'spaces',
        cut: undefined,
        spacePrefix: normal.spacePrefix ?? metaspacePrefix(first),
      };
  }
  const names = steps.map(step => shown(step.type)).join(', ');
  throw unsupported(`${file}: the pre-tokenizer (${names}) is not known in this form.`);
}

/** `ByteLevel` cuts as GPT-2 by itself, after every digit was put by itself, or not at all after a pattern did. */
function byteLevelCut(first: JsonObject | undefined, second: JsonObject | undefined): Cut | undefined {
  const last = second ?? first;
  if (first === undefined || last?.type !== 'ByteLevel' || (last.add_prefix_space ?? true) !== false)
    return undefined;
  const cuts = (last.use_regex ?? true) === true;
  if (second === undefined) return cuts ? 'gpt2' : undefined;
  if (first.type === 'Digits') return cuts && first.individual_digits === true ? 'smollm' : undefined;
  const pattern = isObject(first.pattern) ? first.pattern.Regex : undefined;
  const isolates =
    first.type === 'Split' && first.behavior === 'Isolated' && (first.invert ?? false) === false;
  if (!isolates || cuts || typeof pattern !== 'string') return undefined;
  const cut = splits.get(pattern);
  if (cut === undefined)
    throw unsupported(`${file}: the pattern ${shown(pattern)} is none of the known families'.`);
  return cut;
}

/** Splitting at spaces does nothing where none are left. */
const cutsNothing = (step: JsonObject | undefined): boolean =>
  step === undefined || (step.type === 'Split' && stringPattern(step) === ' ');

function metaspacePrefix(step: JsonObject | undefined): SpacePrefix | undefined {
  if (step === undefined || step.type !== 'Metaspace') return undefined;
  const scheme = step.prepend_scheme ?? 'always';
  if (step.replacement !== spaceSign || step.split !== false)
    throw unsupported(`${file}: Metaspace is only known with the sign ${spaceSign} and without splitting.`);
  if (typeof scheme !== 'string' || !Object.hasOwn(prefixes, scheme))
    throw invalid(`${file}: Metaspace has the scheme ${shown(scheme)}.`);
  return prefixes[scheme];
}

export interface Frame {
  /** Ids around a text. */
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/** What the template for one text puts before and after it: at most one token each. */
export function frameOf(postProcessor: unknown): Frame {
  const template = stepsOf(postProcessor, 'post_processor', 'processors').find(
    step => step.type === 'TemplateProcessing',
  );
  if (template === undefined) return { first: undefined, last: undefined };
  const { single, special_tokens: named } = template;
  if (!Array.isArray(single) || single.length > limits.steps || !isObject(named))
    throw invalid(`${file}: the template has no list of parts, or no special tokens.`);
  const parts = single.map((part: unknown) => {
    if (isObject(part) && isObject(part.Sequence)) return undefined;
    const name = isObject(part) && isObject(part.SpecialToken) ? part.SpecialToken.id : undefined;
    const token = typeof name === 'string' && Object.hasOwn(named, name) ? named[name] : undefined;
    const ids = isObject(token) ? token.ids : undefined;
    if (!Array.isArray(ids) || ids.length !== 1 || !Number.isInteger(ids[0]))
      throw invalid(`${file}: the template has a part that is neither the text nor one token.`);
    return ids[0] as number;
  });
  const at = parts.indexOf(undefined);
  if (at < 0 || at > 1 || parts.length > at + 2)
    throw unsupported(`${file}: the template puts more than one token before or after a text.`);
  return { first: at === 1 ? parts[0] : undefined, last: parts[at + 1] };
}
