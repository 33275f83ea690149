// Rows of a training file (JSON lines) as examples: prompts with completions, or conversations.

import { SkeinError } from '../../core/errors.js';
import { type ChatMessage, renderChat } from '../text/chatTemplate.js';
import { type ChatText, chatText } from './chatText.js';
import type { Model, TrainingExample } from './types.js';

export type TrainingRow =
  | { readonly prompt: string; readonly completion: string }
  | { readonly messages: readonly ChatMessage[] };

export interface NumberedRow {
  /** From 1. */
  readonly line: number;
  readonly row: TrainingRow;
}

const maxLineBytes = 1 << 20;
const maxMessages = 1024;
const shownProblems = 20;

/**
 * Each line is `{"prompt", "completion"}` or `{"messages": [{"role", "content"}, …]}` with at least one message of the
 * assistant; further members are ignored, empty lines skipped. Throws `record/invalid` with the numbers of all lines that
 * are something else, and `record/none` where no row is left.
 */
export function parseTrainingRows(bytes: Uint8Array): NumberedRow[] {
  const rows: NumberedRow[] = [];
  const problems: string[] = [];
  const lines: number[] = [];
  for (let at = 0, line = 1; at < bytes.length; line++) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    const found = parseLine(bytes.subarray(at, end));
    if (typeof found === 'string') {
      problems.push(`line ${line}: ${found}`);
      lines.push(line);
    } else if (found !== undefined) rows.push({ line, row: found });
    at = end + 1;
  }
  if (problems.length > 0) throw badRows(problems, lines);
  if (rows.length === 0) throw new SkeinError('record/none', 'There is no row to learn from.');
  return rows;
}

/** The row, undefined for an empty line, or what is wrong. It never repeats what the line says. */
function parseLine(bytes: Uint8Array): TrainingRow | string | undefined {
  if (bytes.length > maxLineBytes) return `longer than ${maxLineBytes} bytes`;
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.trim() === '') return undefined;
    value = JSON.parse(text);
  } catch (error) {
    return error instanceof SyntaxError ? 'not JSON' : 'not UTF-8';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
  const { prompt, completion, messages } = value as Record<string, unknown>;
  if (messages !== undefined) return parseMessages(messages);
  const problem = textProblem('prompt', prompt) ?? textProblem('completion', completion);
  return problem ?? { prompt: prompt as string, completion: completion as string };
}

function parseMessages(value: unknown): TrainingRow | string {
  if (!Array.isArray(value) || value.length === 0) return '"messages" is not a list of messages';
  if (value.length > maxMessages) return `there are more than ${maxMessages} messages`;
  const messages: ChatMessage[] = [];
  for (const [index, message] of value.entries()) {
    const { role, content } = (message ?? {}) as Record<string, unknown>;
    if (role !== 'system' && role !== 'user' && role !== 'assistant')
      return `the role of message ${index + 1} is none of system, user, assistant`;
    const problem = textProblem('content', content);
    if (problem !== undefined) return `message ${index + 1}: ${problem}`;
    messages.push({ role, content: content as string });
  }
  return messages.some(({ role }) => role === 'assistant') ? { messages } : 'no message is of the assistant';
}

function textProblem(name: string, value: unknown): string | undefined {
  if (value === undefined) return `"${name}" is missing`;
  if (typeof value !== 'string') return `"${name}" is not a string`;
  if (value === '') return `"${name}" is empty`;
  return /\p{Surrogate}/u.test(value) ? `"${name}" has half a surrogate pair` : undefined;
}

function badRows(problems: readonly string[], lines: readonly number[]): SkeinError {
  const more = problems.length - shownProblems;
  const shown = [...problems.slice(0, shownProblems), ...(more > 0 ? [`and ${more} more`] : [])];
  return new SkeinError(
    'record/invalid',
    `Nothing was trained.\n${shown.map(one => `  ${one}`).join('\n')}`,
    {
      data: { lines: lines.slice(0, 1000) },
    },
  );
}

/**
 * One example a row. The loss of a prompt's row is on the completion and the end token; that of a conversation on what
 * the assistant says, up to the token that ends its turn. Throws `record/invalid` with the numbers of all rows that are
 * longer than `maxTokens`, and `template/invalid` where the model has no template or one that changes what was said before.
 */
export function rowExamples(
  model: Pick<Model, 'tokenizer' | 'chatTemplate'>,
  rows: readonly NumberedRow[],
  maxTokens: number,
): TrainingExample[] {
  const problems: string[] = [];
  const lines: number[] = [];
  const examples = rows.map(({ line, row }) => {
    const example = 'messages' in row ? ofMessages(model, row.messages, line) : ofPrompt(model, row);
    const length = example.prompt.length + example.answer.length - 1;
    if (length > maxTokens) {
      problems.push(`line ${line}: ${length} tokens, at most ${maxTokens} can be`);
      lines.push(line);
    }
    return example;
  });
  if (problems.length > 0) throw badRows(problems, lines);
  return examples;
}

function ofPrompt(
  { tokenizer }: Pick<Model, 'tokenizer'>,
  { prompt, completion }: Extract<TrainingRow, { prompt: string }>,
): TrainingExample {
  const answer = tokenizer.encode(completion, { bos: false });
  return {
    prompt: tokenizer.encode(prompt),
    answer: answer.at(-1) === tokenizer.eos ? answer : [...answer, tokenizer.eos],
  };
}

/**
 * The conversation is divided where each answer begins and ends, and each part is encoded by itself, as it is when the
 * model answers. A part's own end, after the last control token, is not learned: it belongs to the template.
 */
function ofMessages(
  { tokenizer, chatTemplate }: Pick<Model, 'tokenizer' | 'chatTemplate'>,
  messages: readonly ChatMessage[],
  line: number,
): TrainingExample {
  if (chatTemplate === undefined)
    throw new SkeinError(
      'template/invalid',
      'The model has no chat template: rows need prompt and completion.',
    );
  const special = (id: number | undefined): string =>
    id === undefined ? '' : tokenizer.decode([id], { special: true });
  const [bos, eos] = [special(tokenizer.bos), special(tokenizer.eos)];
  const conversation = chatText(tokenizer, messages);
  const render = (count: number, addGenerationPrompt: boolean): string =>
    renderChat(chatTemplate, conversation.messages.slice(0, count), { addGenerationPrompt, bos, eos });
  const after = (before: string, text: string): string => {
    if (text.startsWith(before)) return text.slice(before.length);
    throw new SkeinError(
      'template/invalid',
      `line ${line}: the model's chat template changes what was said before.`,
      { data: { lines: [line] } },
    );
  };
  const prompt: number[] = [];
  const answer: number[] = [];
  const weights: number[] = [];
  let done = '';
  for (const [index, { role }] of messages.entries()) {
    if (role !== 'assistant') continue;
    const head = render(index, true);
    const whole = render(index + 1, false);
    const asked = encodePart(conversation, after(done, head), done === '' ? bos : undefined);
    const said = encodePart(conversation, after(head, whole));
    done = whole;
    if (prompt.length === 0) prompt.push(...asked);
    else {
      answer.push(...asked);
      weights.push(...asked.map(() => 0));
    }
    const ending = said.findLastIndex(id => tokenizer.bytes(id).length === 0);
    answer.push(...said);
    weights.push(...said.map((_, at) => (ending < 0 || at <= ending ? 1 : 0)));
  }
  const learned = weights.lastIndexOf(1) + 1;
  return { prompt, answer: answer.slice(0, learned), weights: weights.slice(0, learned) };
}

/** `bos`: the first part of a conversation, whose template may have put the token there itself. */
function encodePart(conversation: ChatText, text: string, bos?: string): number[] {
  const written = bos === undefined || (bos !== '' && text.startsWith(bos));
  return conversation.encode(text, !written);
}
