// Records become training examples, in an order that depends on their content alone.

import { sha256Hex } from '../../core/bytes.js';
import { isSkeinError, SkeinError } from '../../core/errors.js';
import type { TrainingExample } from '../../model/engine/types.js';
import { PromptEncoder, type PromptTemplate, type PromptTokenizer } from './template.js';

export interface LabelledText {
  readonly text: string;
  readonly label: string;
}

/** Names a record by its content: SHA-256 (hex) of text and label. */
export const recordHash = (record: LabelledText): string =>
  sha256Hex(JSON.stringify([record.text, record.label]));

/** By content hash, so that training does not depend on the order in which records came. */
export function inContentOrder<T extends LabelledText>(records: readonly T[]): T[] {
  return records
    .map(record => ({ record, hash: recordHash(record) }))
    .sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0))
    .map(({ record }) => record);
}

/**
 * Whether a record is kept out of training to measure the device's own distribution: a sixth of all records, decided by
 * content, so that the same record is on the same side for ever and on every machine.
 */
export const isHeldOut = (record: LabelledText): boolean =>
  Number.parseInt(recordHash(record).slice(0, 8), 16) % 6 === 0;

/**
 * One example a record, in content order. A record whose label leaves no room for the template is left out.
 * Throws `record/none` where nothing is left, `template/invalid` for an unusable template.
 */
export function trainingExamples(
  tokenizer: PromptTokenizer,
  prompt: PromptTemplate,
  records: readonly LabelledText[],
): TrainingExample[] {
  const encoder = new PromptEncoder(tokenizer, prompt);
  const examples: TrainingExample[] = [];
  for (const record of inContentOrder(records)) {
    const answer = encoder.answer(record.label);
    try {
      examples.push({ prompt: encoder.prompt(record.text, answer.length), answer });
    } catch (error) {
      if (!isSkeinError(error, 'template/invalid')) throw error;
    }
  }
  if (examples.length === 0) {
    throw new SkeinError('record/none', 'There is no record to learn from that fits the task.');
  }
  return examples;
}
