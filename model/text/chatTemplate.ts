// Renders a model's chat template: Jinja, as the model's makers wrote it into the file, within bounds.

import { SkeinError } from '../../core/errors.js';
import { jinja } from './jinja.js';
import { formattedDate } from './templateDate.js';
import { runTemplate } from './templateRun.js';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** Calls that the assistant asked for, in the form that templates know: `{type: 'function', function: {name, arguments}}`. */
  readonly toolCalls?: readonly unknown[];
  /** What the assistant thought before it answered; templates of models that think print it or leave it out. */
  readonly reasoning?: string;
}

export interface ChatOptions {
  /** Ends with what introduces the assistant's answer. Default true. */
  readonly addGenerationPrompt?: boolean;
  /** Texts of the special tokens that templates may print. */
  readonly bos?: string;
  readonly eos?: string;
  /** Descriptions of functions as JSON schemas, for templates that offer them to the model. */
  readonly tools?: readonly unknown[];
  /** What templates take for now, in local time. Default: 26 July 2024, so that the same messages always give the same text. */
  readonly now?: Date;
  /** More variables of the template's own, as `enable_thinking` of Qwen3. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

const maxTemplateLength = 1 << 16;
const maxResultLength = 1 << 20;
const maxRange = 1 << 12;
/** Patterns of the package take the square of its length. */
const maxSpace = 1 << 11;
const longSpace = new RegExp(`\\s{${maxSpace}}`);

/** Marks what the model is to learn, for trainers that ask the template; it prints what stands in it. */
const generation = /\{%([-+]?)\s*generation\s*([-+]?)%\}/g;
const endGeneration = /\{%([-+]?)\s*endgeneration\s*([-+]?)%\}/g;

/** The day that Llama's templates fall back to. */
const defaultNow = new Date(2024, 6, 26);

/** Templates of models count messages with it; a larger range can only be meant to take memory. */
function boundedRange(start: number, stop?: number, step?: number): number[] {
  const [from, to, by] = stop === undefined ? [0, start, 1] : [start, stop, step ?? 1];
  const count = Math.max(0, Math.ceil((to - from) / by));
  if (!(count <= maxRange))
    throw new RangeError(`range() gives ${count} numbers, at most ${maxRange} are allowed.`);
  return Array.from({ length: count }, (_, i) => from + i * by);
}

/** What Jinja and its users in chat templates take for granted; the package's own have no bounds, or know one language. */
const globals = (now: Date) => ({
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  range: boundedRange,
  strftime_now: (format: string) => formattedDate(now, format),
  raise_exception(message: string): never {
    throw new Error(message);
  },
});

/** In the template's words. */
const asWritten = ({ role, content, toolCalls, reasoning }: ChatMessage): object => ({
  role,
  content,
  ...(toolCalls !== undefined && { tool_calls: toolCalls }),
  ...(reasoning !== undefined && { reasoning_content: reasoning }),
});

const refuse = (message: string, cause?: unknown): SkeinError =>
  new SkeinError('template/invalid', message, { cause });

/**
 * Throws `template/invalid` for templates that cannot be parsed, that refuse the messages, or that do, hold or print too much.
 */
export function renderChat(
  template: string,
  messages: readonly ChatMessage[],
  options: ChatOptions = {},
): string {
  if (template.length > maxTemplateLength) {
    throw refuse(`The chat template has ${template.length} characters, at most ${maxTemplateLength} can be.`);
  }
  if (longSpace.test(template))
    throw refuse(`The chat template has ${maxSpace} characters of space in a row.`);
  let text: string;
  try {
    const source = template
      .replace(generation, '{%$1 if true $2%}')
      .replace(endGeneration, '{%$1 endif $2%}');
    const { parse, tokenize } = jinja();
    const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
    text = runTemplate(
      program,
      {
        tools: null,
        documents: null,
        ...options.variables,
        ...globals(options.now ?? defaultNow),
        messages: messages.map(asWritten),
        ...(options.tools !== undefined && { tools: options.tools }),
        add_generation_prompt: options.addGenerationPrompt ?? true,
        bos_token: options.bos ?? '',
        eos_token: options.eos ?? '',
      },
      maxResultLength,
    );
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refuse(`The chat template cannot be rendered: ${reason.slice(0, 1000)}`, cause);
  }
  if (text.length > maxResultLength) {
    throw refuse(`The chat template printed ${text.length} characters, at most ${maxResultLength} can be.`);
  }
  return text;
}
