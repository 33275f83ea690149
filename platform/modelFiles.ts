// A model at a path: one GGUF file or a Hugging Face folder, opened, hashed, and told apart from what it was before.

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type ByteSource, sha256Hex } from '../core/bytes.js';
import { isSkeinError, SkeinError, toSkeinError } from '../core/errors.js';
import { isFolder, type ModelFiles } from '../model/formats/files.js';
import { huggingFaceFiles } from '../model/formats/huggingFace.js';
import type { ModelFolder } from '../model/formats/source.js';
import { fileSha256, openSource } from './files.js';
import { packedCacheFolder } from './packedCache.js';
import { openPackedFolder } from './packedFolder.js';

type Closing = { close(): void };

/**
 * Throws `io/*`. A folder's files are opened as they are asked for, and all closed together. Packed weights are kept in
 * Skein's cache.
 */
export function openModelFiles(at: string): ModelFiles & Closing {
  const files = isFolderPath(at) ? openModelFolder(at) : openSource(at);
  const name = identity(files);
  if (name === undefined) return files;
  const folder = path.join(packedCacheFolder(), name);
  return Object.assign(files, { packed: openPackedFolder(folder) });
}

const identityBytes = 65_536;

/** Tells models apart by sizes, beginnings and ends, wherever they stand; the engine compares rows of what it packed besides. */
function identity(files: ModelFiles): string | undefined {
  let sources: (ByteSource | undefined)[];
  try {
    sources = isFolder(files) ? huggingFaceFiles(files).map(name => files.read(name)) : [files];
  } catch (error) {
    // No model, as whoever reads it will say.
    if (isSkeinError(error, 'model/invalid')) return undefined;
    throw error;
  }
  const parts = sources
    .filter(source => source !== undefined)
    .flatMap(source => {
      const length = Math.min(identityBytes, source.size);
      return [`${source.size} `, source.read(0, length), source.read(source.size - length, length)];
    });
  return sha256Hex(...parts).slice(0, 32);
}

function isFolderPath(at: string): boolean {
  try {
    return statSync(at).isDirectory();
  } catch (error) {
    throw toSkeinError(error);
  }
}

/** A folder's files as they are asked for, whether they make a model or not. */
export function openModelFolder(folder: string): ModelFolder & Closing {
  const opened = new Map<string, (ByteSource & Closing) | undefined>();
  let open = true;
  return {
    read(name) {
      if (!open || name !== path.basename(name))
        throw new SkeinError('io/invalid', `${folder}: no file ${JSON.stringify(name)} can be opened.`);
      if (!opened.has(name)) opened.set(name, openIfThere(path.join(folder, name)));
      return opened.get(name);
    },
    close() {
      open = false;
      for (const source of opened.values()) source?.close();
      opened.clear();
    },
  };
}

function openIfThere(file: string): (ByteSource & Closing) | undefined {
  try {
    return openSource(file);
  } catch (error) {
    if (isSkeinError(error, 'io/not-found')) return undefined;
    throw error;
  }
}

/** Paths of the files that the model consists of: the file itself, or what is read of a folder, in name order. */
function partsOf(at: string): readonly string[] | undefined {
  if (!isFolderPath(at)) return undefined;
  const folder = openModelFolder(at);
  try {
    return huggingFaceFiles(folder).map(name => path.join(at, name));
  } finally {
    folder.close();
  }
}

/**
 * The model's name in a fleet: the SHA-256 (hex) of the file. For a folder, that of one line for each file that is read of
 * it (config.json, the safetensors files and their index, tokenizer.json, tokenizer_config.json, chat_template.jinja), in
 * code unit order of names, as `sha256sum` prints it: hash, two spaces, name, line feed. Throws `io/*`, `model/invalid`.
 */
export async function modelSha256(at: string, signal?: AbortSignal): Promise<string> {
  const parts = partsOf(at);
  if (parts === undefined) return fileSha256(at, signal);
  const hash = createHash('sha256');
  for (const file of parts) hash.update(`${await fileSha256(file, signal)}  ${path.basename(file)}\n`);
  return hash.digest('hex');
}

/** Bytes of all its files together, and a time that changes with any of them. Throws `io/*`, `model/invalid`. */
export async function modelStamp(at: string): Promise<{ bytes: number; modifiedMs: number }> {
  try {
    const stats = await Promise.all((partsOf(at) ?? [at]).map(file => stat(file)));
    const sum = (of: (one: (typeof stats)[number]) => number) =>
      stats.reduce((total, one) => total + of(one), 0);
    return { bytes: sum(one => one.size), modifiedMs: sum(one => one.mtimeMs) };
  } catch (error) {
    throw toSkeinError(error);
  }
}
