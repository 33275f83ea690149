// What the commands that run a model share: prompts, an adapter, and how tokens are drawn.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { fromUtf8, SkeinError, systemRandom, utf8 } from '../../../core/index.js';
import { chatIds, type LoadedAdapter, type Model, type Sampling } from '../../../model/index.js';
import { readAdapterFolder } from '../../../platform/adapterFolder.js';
import { readBounded } from '../../../platform/files.js';
import type { Channel } from '../../ui/terminal.js';
import {
  atLeastOne,
  checkIds,
  idList,
  place,
  type RunOptions,
  withModel,
  withRunOptions,
} from './options.js';

export interface AdapterOptions extends RunOptions {
  readonly adapter?: string;
  readonly adapterScale?: number;
  readonly capacity?: number;
  /** The plain session is wanted at once. */
  readonly warm?: boolean;
}

export const withAdapterOptions = (command: Command): Command =>
  withRunOptions(command)
    .option('--adapter <dir>', 'a PEFT folder with a LoRA adapter for this model', place)
    .option('--adapter-scale <x>', 'how many times the adapter counts (default: 1)', finite);

export interface PromptOptions {
  readonly prompt?: string;
  readonly ids?: number[];
  readonly chat?: boolean;
}

export const withPromptOptions = (command: Command): Command =>
  command
    .addOption(new Option('--prompt <text>', 'the text before').conflicts('ids'))
    .addOption(new Option('--ids <ids>', 'the tokens before, with commas between').argParser(idList))
    .option('--chat', "put the prompt into the model's chat template, as what a user says");

export interface SamplingOptions {
  readonly greedy?: boolean;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly repetitionWindow?: number;
  readonly seed?: number;
  readonly stop?: string[];
}

export const withSamplingOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--greedy',
        'always the likeliest token (the default where nothing below is given)',
      ).conflicts(['temperature', 'topK', 'topP', 'minP', 'seed']),
    )
    .option('--temperature <x>', 'draw, with logits divided by this; 0 is greedy (default: 1)', finite)
    .option('--top-k <n>', 'draw among so many of the likeliest; 0: all', finite)
    .option('--top-p <x>', 'draw among the likeliest that have this much probability together', finite)
    .option('--min-p <x>', "draw among those with at least this share of the likeliest's probability", finite)
    .option('--repetition-penalty <x>', 'make tokens less likely that were there already; 1: no', finite)
    .option(
      '--repetition-window <n>',
      'how many of the last tokens the penalty looks at (default: all)',
      finite,
    )
    .option('--seed <n>', 'the same seed draws the same tokens (default: another each time)', finite)
    .option('--stop <text...>', 'end before this text');

/** Undefined where nothing but the likeliest token was asked for. */
export function samplingOf(options: SamplingOptions): Sampling | undefined {
  const { temperature, topK, topP, minP, repetitionPenalty, repetitionWindow, seed } = options;
  const given = { temperature, topK, topP, minP, repetitionPenalty, repetitionWindow, seed };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (Object.keys(set).length === 0) return undefined;
  if (options.greedy === true) return { ...set, temperature: 0 };
  return { seed: Buffer.from(systemRandom.bytes(4)).readUInt32LE(), ...set };
}

/** Any number; what range it may have is for the engine to say. */
export function finite(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

export const withCapacityOption = (command: Command): Command =>
  command.option(
    '--capacity <n>',
    'tokens that the context holds (default: what the text can need, at least 2048)',
    atLeastOne,
  );

/** What a request is told of the adapter. */
export interface AdapterUse {
  readonly adapter?: LoadedAdapter;
  readonly adapterScale?: number;
}

/** Opens the model, and the adapter where one is named. */
export async function withModelAndAdapter<T>(
  options: AdapterOptions,
  err: Channel,
  signal: AbortSignal,
  use: (model: Model, adapter: AdapterUse) => Promise<T>,
): Promise<T> {
  const { adapter: folder, adapterScale } = options;
  if (adapterScale !== undefined && folder === undefined)
    throw new SkeinError('usage', '--adapter-scale needs --adapter.');
  const adapter = folder === undefined ? undefined : await readAdapterFolder(folder);
  return withModel(options, err, signal, model =>
    use(model, {
      ...(adapter !== undefined && { adapter: model.loadAdapter(adapter) }),
      ...(adapterScale !== undefined && { adapterScale }),
    }),
  );
}

/** Throws `usage` where there is no prompt, or one that cannot be. */
export function checkPromptOptions({ ids, prompt, chat }: PromptOptions): void {
  if (ids === undefined && prompt === undefined)
    throw new SkeinError('usage', 'One of --prompt and --ids is needed.');
  if (chat === true && prompt === undefined) throw new SkeinError('usage', '--chat needs --prompt.');
}

export function promptIds(model: Model, { ids: given, prompt = '', chat = false }: PromptOptions): number[] {
  const ids =
    given ??
    (chat
      ? chatIds(model, [{ role: 'user', content: prompt }], { now: new Date() })
      : model.tokenizer.encode(prompt));
  checkIds(ids, model.info.vocabulary);
  return ids;
}

/** A text has at most as many tokens as bytes; the chat template adds some. The model's own context bounds it besides. */
export function capacityFor(options: PromptOptions & { capacity?: number }, after: number): number {
  const before = options.ids?.length ?? Buffer.byteLength(options.prompt ?? '') + 512;
  return options.capacity ?? Math.max(2048, before + after);
}

const maxTextBytes = 64 * 1024 * 1024;

/** `io/invalid` where it is not UTF-8. */
async function readText(file: string): Promise<string> {
  const bytes = await readBounded(file, maxTextBytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SkeinError('io/invalid', `${file} is not UTF-8.`, { data: { path: file }, cause });
  }
}

/** A JSON document. `io/invalid` where it is none. */
export async function readJson(file: string): Promise<unknown> {
  const bytes = await readBounded(file, maxTextBytes);
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch (cause) {
    throw new SkeinError('io/invalid', `${file} is not JSON: ${(cause as Error).message}`, {
      data: { path: file },
      cause,
    });
  }
}

/** A JSON list of strings, or one a line. `io/invalid` where there is none, or one twice. */
export async function readChoices(file: string): Promise<string[]> {
  const text = await readText(file);
  const choices = /^\s*\[/u.test(text)
    ? await readJson(file)
    : text.split(/\r?\n/u).filter(line => line !== '');
  const isChoice = (one: unknown): one is string => typeof one === 'string' && one !== '';
  if (!Array.isArray(choices) || choices.length === 0 || !choices.every(isChoice))
    throw new SkeinError('io/invalid', `${file} has no choices: one a line, or a JSON list of strings.`, {
      data: { path: file },
    });
  if (new Set(choices).size < choices.length)
    throw new SkeinError('io/invalid', `${file} has a choice twice.`, { data: { path: file } });
  return choices;
}

export interface TextOptions {
  readonly text?: string;
  readonly file?: string;
}

export const withTextOptions = (command: Command): Command =>
  command
    .addOption(new Option('--text <text>', 'the text').conflicts('file'))
    .option('--file <file>', 'a file with the text, in UTF-8', place);

/** The text as it stands in the file, which need not be UTF-8. Throws `usage` where there is none. */
export async function textBytes({ text, file }: TextOptions): Promise<Uint8Array> {
  if (text !== undefined) return utf8(text);
  if (file === undefined) throw new SkeinError('usage', 'One of --text and --file is needed.');
  return readBounded(file, maxTextBytes);
}

/** The lines that have something on them, without their ends. */
export function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const feed = bytes.indexOf(10, at);
    const end = feed < 0 ? bytes.length : feed;
    const line = bytes.subarray(at, bytes[end - 1] === 13 ? end - 1 : end);
    if (line.length > 0) lines.push(line);
    at = end + 1;
  }
  return lines;
}
