// How a model's answers are made and measured: the best label of a closed set, or greedy text compared field by field.

import type { LoadedAdapter, Model } from '../../model/engine/types.js';
import type { LabelledText } from './examples.js';
import { PromptEncoder, type PromptTemplate } from './template.js';

/** Up to here every label is scored; a larger set is free text. */
export const maxScoredLabels = 50;
const batchSize = 16;

export interface Evaluation {
  readonly count: number;
  /** Closed label set: share of right labels. Free text: share of right `;`-separated fields. */
  readonly accuracy: number;
  /** Share of whole lines right. */
  readonly exact: number;
  /** What the model said, in order. */
  readonly predictions: readonly string[];
}

export interface AnswerOptions {
  /** Default: the base model. */
  readonly adapter?: LoadedAdapter | undefined;
  /** Of free text. */
  readonly maxNewTokens: number;
  /** Runs one piece of work; may abort it by the signal that it gives, and run it again later. Default: runs it once. */
  readonly turn?: <T>(work: (signal: AbortSignal | undefined) => Promise<T>) => Promise<T>;
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

const isScored = (prompt: PromptTemplate): boolean => {
  const labels = new Set(prompt.labels).size;
  return labels > 0 && labels <= maxScoredLabels;
};

/** One answer a text, with the number of tokens it has (the end token included). */
export async function answerAll(
  model: Model,
  prompt: PromptTemplate,
  texts: readonly string[],
  options: AnswerOptions,
): Promise<{ text: string; tokens: number }[]> {
  const { contextLength } = model.info;
  const maxTokens = Math.min(prompt.maxTokens, contextLength);
  const encoder = new PromptEncoder(model.tokenizer, { ...prompt, maxTokens });
  const turn = options.turn ?? (work => work(options.signal));
  const labels = [...new Set(prompt.labels)];
  const scored = isScored(prompt);
  const continuations = labels.map(label => encoder.answer(label));
  const adapter = options.adapter === undefined ? {} : { adapter: options.adapter };
  const longest = continuations.reduce((most, ids) => Math.max(most, ids.length), 0);

  const choose = async (batch: readonly string[]): Promise<{ text: string; tokens: number }[]> => {
    const requests = batch.map(text => ({ ids: encoder.prompt(text, longest), continuations, ...adapter }));
    const scored = await turn(signal => model.scoreBatch(requests, signal));
    return scored.map(scores => {
      const best = scores.reduce((top, score, index) => (score > (scores[top] as number) ? index : top), 0);
      return { text: labels[best] as string, tokens: (continuations[best] as number[]).length };
    });
  };
  const write = async (batch: readonly string[]): Promise<{ text: string; tokens: number }[]> => {
    const reserve = Math.min(options.maxNewTokens, Math.floor(maxTokens / 2));
    const requests = batch.map(text => {
      const ids = encoder.prompt(text, reserve);
      return { ids, maxTokens: Math.min(options.maxNewTokens, contextLength - ids.length), ...adapter };
    });
    const written = await turn(signal => model.generateBatch(requests, signal));
    return written.map(ids => ({
      text: model.tokenizer.decode(ids, { special: false }).trim(),
      tokens: ids.length,
    }));
  };

  const answers: { text: string; tokens: number }[] = [];
  for (let at = 0; at < texts.length; at += batchSize) {
    options.signal?.throwIfAborted();
    const batch = texts.slice(at, at + batchSize);
    answers.push(...(await (scored ? choose(batch) : write(batch))));
    options.onProgress?.(answers.length);
  }
  return answers;
}

/** Answers every record's text and compares with its label. A count of 0 has accuracy 0. */
export async function evaluate(
  model: Model,
  prompt: PromptTemplate,
  records: readonly LabelledText[],
  options: Omit<AnswerOptions, 'maxNewTokens'>,
): Promise<Evaluation> {
  const encoder = new PromptEncoder(model.tokenizer, prompt);
  const longest = records.reduce((most, record) => Math.max(most, encoder.answer(record.label).length), 1);
  const texts = records.map(record => record.text);
  // Two tokens more than the longest right answer: longer ones are wrong whatever follows.
  const answers = await answerAll(model, prompt, texts, { ...options, maxNewTokens: longest + 2 });
  return compare(
    answers.map(answer => answer.text),
    records.map(record => record.label),
    isScored(prompt),
  );
}

/**
 * Shares of right fields (of the label's) and of right lines; white space is normalised, case is not. In a closed set a
 * label is one field.
 */
export function compare(
  predictions: readonly string[],
  labels: readonly string[],
  closed = false,
): Evaluation {
  let fields = 0;
  let exact = 0;
  labels.forEach((label, index) => {
    const said = (predictions[index] ?? '').split(';').map(normal);
    const wanted = label.split(';').map(normal);
    fields += wanted.filter((field, at) => field === said[at]).length / wanted.length;
    if (said.length === wanted.length && wanted.every((field, at) => field === said[at])) exact += 1;
  });
  const count = labels.length;
  const share = (right: number): number => (count === 0 ? 0 : right / count);
  return { count, accuracy: share(closed ? exact : fields), exact: share(exact), predictions };
}

const normal = (field: string): string => field.trim().replace(/\s+/gu, ' ');
