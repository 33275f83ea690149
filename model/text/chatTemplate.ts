// Renders a model's chat template: Jinja, as the model's makers wrote it into the file.

import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { SkeinError } from '../../core/errors.js';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ChatOptions {
  /** Ends with what introduces the assistant's answer. Default true. */
  readonly addGenerationPrompt?: boolean;
  /** Texts of the special tokens that templates may print. */
  readonly bos?: string;
  readonly eos?: string;
}

const maxTemplateLength = 1 << 16;
const maxResultLength = 1 << 20;
const maxRange = 1 << 12;

/** Templates of models count messages with it; a larger range can only be meant to take memory. */
function boundedRange(start: number, stop?: number, step?: number): number[] {
  const [from, to, by] = stop === undefined ? [0, start, 1] : [start, stop, step ?? 1];
  const count = Math.max(0, Math.ceil((to - from) / by));
  if (!(count <= maxRange))
    throw new RangeError(`range() gives ${count} numbers, at most ${maxRange} are allowed.`);
  return Array.from({ length: count }, (_, i) => from + i * by);
}

/** What Jinja and its users in chat templates take for granted; the package's own `range` has no bound. */
const globals = {
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  range: boundedRange,
  raise_exception(message: string): never {
    throw new Error(message);
  },
};

/** Throws `template/invalid` for templates that cannot be parsed, that refuse the messages, or that print too much. */
export function renderChat(
  template: string,
  messages: readonly ChatMessage[],
  options: ChatOptions = {},
): string {
  if (template.length > maxTemplateLength) {
    throw new SkeinError(
      'template/invalid',
      `The chat template has ${template.length} characters, at most ${maxTemplateLength} can be.`,
    );
  }
  let text: string;
  try {
    const program = parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true }));
    const environment = new Environment();
    const variables = {
      ...globals,
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: options.addGenerationPrompt ?? true,
      bos_token: options.bos ?? '',
      eos_token: options.eos ?? '',
    };
    for (const [name, value] of Object.entries(variables)) environment.set(name, value);
    const result = new Interpreter(environment).run(program);
    text = String(result.value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SkeinError('template/invalid', `The chat template cannot be rendered: ${reason}`, { cause });
  }
  if (text.length > maxResultLength) {
    throw new SkeinError(
      'template/invalid',
      `The chat template printed ${text.length} characters, at most ${maxResultLength} can be.`,
    );
  }
  return text;
}
