// Turns a record's text into prompt tokens by a task's template, so that no text can pass for a part of the template.

import { SkeinError } from '../../core/errors.js';
import type { Tokenizer } from '../../model/engine/types.js';

/** What turns a record into tokens: the part of a task that both ends must agree on. */
export interface PromptTemplate {
  /** Contains `{text}` once. The label follows after one space. */
  readonly template: string;
  /** A closed set, or empty for free text. */
  readonly labels: readonly string[];
  /** Of one example, label and end token included; longer texts are cut at their end. */
  readonly maxTokens: number;
}

export type PromptTokenizer = Pick<Tokenizer, 'encode' | 'decode' | 'eos'>;

const slot = '{text}';
/** No token stands for more characters than this on average, so a longer text can be cut before it is encoded. */
const charactersPerToken = 64;

/** Text before and after the slot; throws `template/invalid` unless the slot stands there exactly once. */
export function splitTemplate(template: string): { before: string; after: string } {
  const at = template.indexOf(slot);
  if (at < 0 || template.indexOf(slot, at + slot.length) >= 0) {
    throw new SkeinError('template/invalid', `The template must contain ${slot} exactly once.`);
  }
  return { before: template.slice(0, at), after: template.slice(at + slot.length) };
}

/** The template with the text put in, as a person reads it. */
export function renderPrompt(template: string, text: string): string {
  const { before, after } = splitTemplate(template);
  return `${before}${text}${after}`;
}

/**
 * Encodes texts by one template. Special tokens count in the template alone; the text and the plain words around it are
 * encoded together, so that `Note: {text}` gives the tokens that a model has seen (` word`, not ` ` and `word`).
 */
export class PromptEncoder {
  readonly #tokenizer: PromptTokenizer;
  readonly #maxTokens: number;
  readonly #head: readonly number[];
  readonly #before: string;
  readonly #after: string;
  readonly #tail: readonly number[];

  constructor(tokenizer: PromptTokenizer, prompt: Pick<PromptTemplate, 'template' | 'maxTokens'>) {
    const { before, after } = splitTemplate(prompt.template);
    const headEnd = endOfLastSpecial(tokenizer, before);
    const tailStart = startOfFirstSpecial(tokenizer, after);
    this.#tokenizer = tokenizer;
    this.#maxTokens = prompt.maxTokens;
    this.#head = tokenizer.encode(before.slice(0, headEnd), { special: true });
    this.#before = before.slice(headEnd);
    this.#after = after.slice(0, tailStart);
    this.#tail = tokenizer.encode(after.slice(tailStart), { special: true, bos: false });
  }

  /** Prompt tokens of a text, cut at its end so that `reserve` more tokens fit; `template/invalid` where nothing fits. */
  prompt(text: string, reserve: number): number[] {
    const room = this.#maxTokens - reserve;
    let cut = text.length > room * charactersPerToken ? whole(text, room * charactersPerToken) : text;
    let ids = this.#encode(cut);
    if (ids.length <= room) return ids;
    let fits = 0;
    let over = cut.length;
    while (over - fits > 1) {
      const middle = (fits + over) >> 1;
      if (this.#encode(whole(text, middle)).length <= room) fits = middle;
      else over = middle;
    }
    cut = whole(text, fits);
    ids = this.#encode(cut);
    if (ids.length > room) {
      throw new SkeinError(
        'template/invalid',
        'Template and label alone are longer than an example may be.',
        {
          data: { tokens: ids.length + reserve, maxTokens: this.#maxTokens },
        },
      );
    }
    return ids;
  }

  /** Tokens of `" label"` and the end token. */
  answer(label: string): number[] {
    return [...this.#tokenizer.encode(` ${label}`, { special: false, bos: false }), this.#tokenizer.eos];
  }

  #encode(text: string): number[] {
    const middle = this.#tokenizer.encode(`${this.#before}${text}${this.#after}`, {
      special: false,
      bos: false,
    });
    return [...this.#head, ...middle, ...this.#tail];
  }
}

/** The first `length` UTF-16 units, one less where that would halve a character. */
function whole(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  const halved = length < text.length && last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, halved ? length - 1 : length);
}

function specials(tokenizer: PromptTokenizer, text: string): string[] {
  return tokenizer
    .encode(text, { special: true, bos: false })
    .map(id => ({
      shown: tokenizer.decode([id], { special: true }),
      plain: tokenizer.decode([id], { special: false }),
    }))
    .filter(token => token.plain === '' && token.shown !== '' && text.includes(token.shown))
    .map(token => token.shown);
}

function endOfLastSpecial(tokenizer: PromptTokenizer, text: string): number {
  return specials(tokenizer, text).reduce(
    (end, name) => Math.max(end, text.lastIndexOf(name) + name.length),
    0,
  );
}

function startOfFirstSpecial(tokenizer: PromptTokenizer, text: string): number {
  return specials(tokenizer, text).reduce((start, name) => Math.min(start, text.indexOf(name)), text.length);
}
