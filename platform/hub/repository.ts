// A file or a whole model of any repository of the hub, in the cache: fetched, gone on with, checked, or there already.

import { promises as fs } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { SkeinError, toSkeinError } from '../../core/errors.js';
import { readModel } from '../../model/formats/files.js';
import {
  checkHuggingFaceConfig,
  companions,
  indexFile,
  shardsOf,
  singleFile,
} from '../../model/formats/huggingFace.js';
import { configFile } from '../../model/formats/huggingFaceConfig.js';
import type { ModelFolder } from '../../model/formats/source.js';
import { ensureFolder, naming, readBounded, writeFileAtomic } from '../files.js';
import { openModelFolder } from '../modelFiles.js';
import { cacheFolder } from '../paths.js';
import { checksumOf, download } from './download.js';
import { type HubFile, type Listing, listRepository } from './listing.js';
import { type Environment, type Hub, type HubReference, hubOf, resolveUrl } from './reference.js';

export interface HubProgress {
  /** Of this file, in the repository. */
  readonly file: string;
  readonly bytes: number;
  readonly total: number;
}

export interface HubOptions {
  /** Default: `models/hub` in the cache folder of Skein. */
  readonly folder?: string;
  readonly environment?: Environment;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: HubProgress) => void;
  /** See `DownloadHooks`. */
  readonly waitMs?: (attempt: number) => number;
}

export interface HubModel {
  /** The file, or the folder of the model. */
  readonly file: string;
  readonly from: 'hub' | 'cache';
  readonly commit: string;
  readonly bytes: number;
}

/** Beside the files: what they must be. With it, what is whole needs no network. */
const recordName = '.skein-hub.json';
const checksum = z.object({ algorithm: z.enum(['sha256', 'git-sha1']), hex: z.string() });
const record = z.object({
  commit: z.string(),
  files: z.record(z.string(), z.object({ bytes: z.number(), checksum })),
  /** Names of the files of the model, once it was fetched as one. */
  model: z.array(z.string()).optional(),
});
type Recorded = z.infer<typeof record>;

/**
 * Throws `net/unreachable`, `model/download` where the hub refuses, `model/not-found` where the repository has no such file
 * or no folder of a model, what `readModel` throws for one that is not read, `model/checksum`, `io/*`, `cancelled`. What has
 * come is kept for the next attempt.
 */
export async function obtainFromHub(reference: HubReference, options: HubOptions = {}): Promise<HubModel> {
  const { environment = process.env, signal = new AbortController().signal } = options;
  const { repository, revision, file } = reference;
  const root = options.folder ?? path.join(cacheFolder(environment), 'models', 'hub');
  const folder = path.join(
    root,
    ...`${repository}${revision === 'main' ? '' : `@${encodeURIComponent(revision)}`}`.split('/'),
  );
  const at = file === undefined ? folder : inFolder(folder, file);
  const recorded = await readRecord(folder);
  const names = file === undefined ? recorded?.model : [file];
  const cached = recorded && names && (await bytesInCache(folder, recorded, names, signal));
  if (cached !== undefined)
    return { file: at, from: 'cache', commit: recorded?.commit as string, bytes: cached };

  const hub = hubOf(environment);
  const listing = await listRepository(hub, reference, signal, options.waitMs);
  await ensureFolder(folder);
  const source: Source = { hub, repository, listing, folder, options, signal };
  const fetched = file === undefined ? await fetchModel(source) : await fetchFile(source, file);
  const before = recorded?.commit === listing.commit ? recorded : undefined;
  const model = file === undefined ? Object.keys(fetched) : before?.model;
  const now: Recorded = {
    commit: listing.commit,
    files: { ...before?.files, ...fetched },
    ...(model && { model }),
  };
  await writeFileAtomic(path.join(folder, recordName), JSON.stringify(now));
  const bytes = Object.values(fetched).reduce((sum, one) => sum + one.bytes, 0);
  return { file: at, from: 'hub', commit: listing.commit, bytes };
}

interface Source {
  readonly hub: Hub;
  readonly repository: string;
  readonly listing: Listing;
  readonly folder: string;
  readonly options: HubOptions;
  readonly signal: AbortSignal;
}
type Fetched = Record<string, HubFile>;

const inFolder = (folder: string, name: string): string => path.join(folder, ...name.split('/'));

async function fetchFile(source: Source, name: string): Promise<Fetched> {
  const { hub, repository, listing, folder, signal } = source;
  const { onProgress, waitMs } = source.options;
  const found = listing.files.get(name);
  if (found === undefined) throw missing(repository, name, listing);
  const target = inFolder(folder, name);
  await ensureFolder(path.dirname(target));
  if (!(await isThere(target, found, signal))) {
    const url = resolveUrl(hub, repository, listing.commit, name);
    await download({ url, headers: hub.headers, ...found }, target, {
      signal,
      onBytes: bytes => onProgress?.({ file: name, bytes, total: found.bytes }),
      ...(waitMs && { waitMs }),
    });
  }
  return { [name]: found };
}

/** Opened anew, since other files are there by now. */
function withFolder<T>(folder: string, use: (files: ModelFolder) => T): T {
  const files = openModelFolder(folder);
  try {
    return naming(folder, () => use(files));
  } finally {
    files.close();
  }
}

/** What is read of a folder. A model that is not read is refused by its configuration, before its weights are fetched. */
async function fetchModel(source: Source): Promise<Fetched> {
  const { listing, folder, repository } = source;
  const single = listing.files.has(singleFile);
  if (!listing.files.has(configFile) || !(single || listing.files.has(indexFile)))
    throw missing(repository, undefined, listing);
  const small = [configFile, ...companions, ...(single ? [] : [indexFile])];
  // Of an earlier commit, which had them.
  for (const name of [singleFile, indexFile, ...companions])
    if (!listing.files.has(name)) await fs.rm(path.join(folder, name), { force: true });
  const fetched: Fetched = {};
  const fetchAll = async (names: readonly string[]): Promise<void> => {
    for (const name of names) Object.assign(fetched, await fetchFile(source, name));
  };
  await fetchAll(small.filter(name => listing.files.has(name)));
  const shards = withFolder(folder, files => {
    checkHuggingFaceConfig(files);
    return single ? [singleFile] : shardsOf(files);
  });
  await fetchAll(shards);
  withFolder(folder, readModel);
  return fetched;
}

function missing(repository: string, file: string | undefined, { files }: Listing): SkeinError {
  const useful = [...files.keys()].filter(name => /\.(gguf|safetensors)$/.test(name));
  const others = useful.length === 0 ? 'no GGUF or safetensors file' : useful.slice(0, 10).join(', ');
  const message =
    file === undefined
      ? `${repository} is no folder of config.json and safetensors. It has ${others}; name a file as ${repository}:FILE.`
      : `${repository} has no ${file}. It has ${others}.`;
  return new SkeinError('model/not-found', message);
}

async function readRecord(folder: string): Promise<Recorded | undefined> {
  try {
    const bytes = await readBounded(path.join(folder, recordName), 1 << 24);
    return record.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    // Missing or damaged: everything is compared with the hub again.
    return undefined;
  }
}

/** Of these files together; undefined where one is missing or damaged. */
async function bytesInCache(
  folder: string,
  { files }: Recorded,
  names: readonly string[],
  signal: AbortSignal,
): Promise<number | undefined> {
  let bytes = 0;
  for (const name of names) {
    const expected = files[name];
    if (expected === undefined || !(await isThere(inFolder(folder, name), expected, signal)))
      return undefined;
    bytes += expected.bytes;
  }
  return bytes;
}

async function isThere(at: string, { bytes, checksum }: HubFile, signal: AbortSignal): Promise<boolean> {
  try {
    if ((await fs.stat(at)).size !== bytes) return false;
    return (await checksumOf(at, bytes, checksum.algorithm, signal)) === checksum.hex;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw toSkeinError(error, at);
  }
}
