// skein model chat: a conversation with the model in its own chat template, in the terminal or from a file.

import { createInterface, type Interface } from 'node:readline';
import { isSkeinError, SkeinError } from '../../../core/index.js';
import { type ChatMessage, chatIds, type Model, type Sampling } from '../../../model/index.js';
import { onInterrupt } from '../../../platform/lifecycle.js';
import { examples, type Register, terminalOf } from '../../context.js';
import type { Terminal } from '../../ui/terminal.js';
import { atLeastOne, place } from './options.js';
import {
  type AdapterOptions,
  type AdapterUse,
  readJson,
  type SamplingOptions,
  samplingOf,
  withAdapterOptions,
  withModelAndAdapter,
  withSamplingOptions,
} from './requests.js';

interface ChatOptions extends AdapterOptions, SamplingOptions {
  readonly messages?: string;
  readonly system?: string;
  readonly maxTokens: number;
  readonly capacity: number;
}

export const registerChat: Register = (program, { signal }) => {
  withSamplingOptions(
    withAdapterOptions(program.command('chat'))
      .description('converse with the model; each line is a message, /new begins anew, /exit ends')
      .option('--messages <file>', 'answer this conversation and end: [{"role","content"}…] as JSON', place)
      .option('--system <text>', 'what the model is told before the conversation')
      .option('--max-tokens <n>', 'end an answer after this many tokens', atLeastOne, 512)
      .option('--capacity <n>', 'tokens of the conversation that the model sees', atLeastOne, 4096),
  )
    .addHelpText(
      'after',
      `${examples(
        'skein model chat',
        'skein model chat --system "You are a nurse." --temperature 0.7',
        'skein model chat --messages conversation.json --json',
      )}

Ctrl-C stops the answer; without one under way it ends the program.`,
    )
    .action(async (options: ChatOptions) => {
      const at = terminalOf(options);
      const given = options.messages === undefined ? undefined : await readMessages(options.messages);
      const told: ChatMessage[] =
        options.system === undefined ? [] : [{ role: 'system', content: options.system }];
      await withModelAndAdapter(options, at.progress, signal, async (model, adapter) => {
        const chat = new Chat(model, adapter, options, at);
        if (given !== undefined) return chat.answerOnce([...told, ...given], signal);
        // Fails now rather than after the first message.
        chatIds(model, [...told, { role: 'user', content: '' }], { now: new Date() });
        await chat.converse(told, signal);
      });
    });
};

const roles = ['system', 'user', 'assistant'] as const;

async function readMessages(file: string): Promise<ChatMessage[]> {
  const messages = await readJson(file);
  const isMessage = (one: unknown): one is ChatMessage =>
    typeof one === 'object' &&
    one !== null &&
    'role' in one &&
    roles.some(role => role === one.role) &&
    'content' in one &&
    typeof one.content === 'string';
  if (!Array.isArray(messages) || messages.length === 0 || !messages.every(isMessage)) {
    const message = `${file} is no conversation: a JSON list of {"role": "system" | "user" | "assistant", "content": text}.`;
    throw new SkeinError('io/invalid', message);
  }
  return messages;
}

interface Answer {
  readonly ids: readonly number[];
  readonly text: string;
  readonly end: string;
}

class Chat {
  readonly #model: Model;
  readonly #adapter: AdapterUse;
  readonly #options: ChatOptions;
  readonly #at: Terminal;
  readonly #sampling: Sampling | undefined;

  constructor(model: Model, adapter: AdapterUse, options: ChatOptions, at: Terminal) {
    this.#model = model;
    this.#adapter = adapter;
    this.#options = options;
    this.#at = at;
    this.#sampling = samplingOf(options);
  }

  async answerOnce(messages: readonly ChatMessage[], signal: AbortSignal): Promise<void> {
    this.#print(await this.#answer(chatIds(this.#model, messages, { now: new Date() }), signal));
  }

  /** Line by line, until the input ends, /exit, or an interrupt while nothing is being answered. */
  async converse(told: readonly ChatMessage[], signal: AbortSignal): Promise<void> {
    const terminal = process.stdin.isTTY === true && this.#at.err.isTTY;
    const lines = createInterface({ input: process.stdin, output: process.stderr, terminal });
    // In a terminal readline takes Ctrl-C for itself: it is a signal like any other here.
    lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    const close = (): void => lines.close();
    signal.addEventListener('abort', close, { once: true });
    try {
      await this.#exchange(lines, told, signal, terminal);
    } finally {
      signal.removeEventListener('abort', close);
      lines.close();
    }
    signal.throwIfAborted();
  }

  async #exchange(
    lines: Interface,
    told: readonly ChatMessage[],
    signal: AbortSignal,
    terminal: boolean,
  ): Promise<void> {
    let said: ChatMessage[] = [];
    const ask = (): void => {
      if (terminal) lines.prompt();
    };
    ask();
    for await (const line of lines) {
      const content = line.trim();
      if (content === '/exit') return;
      if (content === '/new') said = [];
      else if (content !== '') {
        said.push({ role: 'user', content });
        const ids = this.#fit(told, said);
        const { text } = await this.#answerUntilInterrupt(ids, signal);
        said.push({ role: 'assistant', content: text });
      }
      ask();
    }
  }

  /** Forgets the oldest exchanges that do not fit any more. Throws `engine/capacity` where the last message alone does not. */
  #fit(told: readonly ChatMessage[], said: ChatMessage[]): number[] {
    const capacity = Math.min(this.#options.capacity, this.#model.info.contextLength);
    for (;;) {
      const ids = chatIds(this.#model, [...told, ...said], { now: new Date() });
      // The last token of an answer is not run.
      if (ids.length + this.#options.maxTokens - 1 <= capacity) return ids;
      if (said.length < 3) {
        const message = `The message has ${ids.length} tokens; with an answer of ${this.#options.maxTokens} it exceeds ${capacity}.`;
        throw new SkeinError('engine/capacity', message);
      }
      said.splice(0, 2);
    }
  }

  async #answerUntilInterrupt(ids: readonly number[], signal: AbortSignal): Promise<Answer> {
    const stop = new AbortController();
    const restore = onInterrupt(() => stop.abort());
    try {
      const answer = await this.#answer(ids, AbortSignal.any([signal, stop.signal]), stop.signal);
      this.#print(answer);
      return answer;
    } finally {
      restore();
    }
  }

  /** What was made until `stopped` fired counts as the answer. */
  async #answer(ids: readonly number[], signal: AbortSignal, stopped?: AbortSignal): Promise<Answer> {
    const made: number[] = [];
    let text = '';
    let end = '';
    try {
      for await (const one of this.#model.stream({
        ids,
        maxTokens: this.#options.maxTokens,
        stopTexts: this.#options.stop ?? [],
        signal,
        ...this.#adapter,
        ...(this.#sampling !== undefined && { sampling: this.#sampling }),
      })) {
        made.push(one.id);
        text += one.text;
        end = one.end ?? end;
        if (!this.#at.json) this.#at.out.write(one.text);
      }
    } catch (error) {
      if (stopped?.aborted !== true || !isSkeinError(error, 'cancelled')) throw error;
      end = 'interrupt';
    }
    return { ids: made, text, end };
  }

  #print(answer: Answer): void {
    this.#at.out.line(this.#at.json ? JSON.stringify(answer) : '');
  }
}
