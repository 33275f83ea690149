// A model at a path: one GGUF file or a Hugging Face folder, opened, hashed, and told apart from what it was before.

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type ByteSource, sha256Hex } from '../core/bytes.js';
import { isSkeinError, SkeinError, toSkeinError } from '../core/errors.js';
import { isFolder, type ModelFiles } from '../model/formats/files.js';
import { huggingFaceFiles } from '../model/formats/huggingFace.js';
import type { PackedFolder } from '../model/formats/packedFolder.js';
import type { ModelFolder } from '../model/formats/source.js';
import { rememberedSha256 } from './checkedFiles.js';
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
  let packed: PackedFolder | undefined;
  // When it is asked for: what turns out to be no model is not read through.
  const get = () => {
    packed ??= packedFolderOf(at, files);
    return packed;
  };
  return Object.defineProperty(files, 'packed', { enumerable: true, get });
}

function packedFolderOf(at: string, files: ModelFiles): PackedFolder | undefined {
  const name = identity(at, files);
  return name === undefined ? undefined : openPackedFolder(path.join(packedCacheFolder(), name));
}

/** Tells models apart by their content, wherever they stand; the engine compares rows of what it packed besides. */
function identity(at: string, files: ModelFiles): string | undefined {
  const hashOf = (file: string): string[] => {
    try {
      return [rememberedSha256(file, path.join(packedCacheFolder(), '.hashes'))];
    } catch (error) {
      // Whoever reads the model will say what is missing.
      if (isSkeinError(error, 'io/not-found')) return [];
      throw error;
    }
  };
  try {
    const names = isFolder(files) ? huggingFaceFiles(files) : [''];
    return sha256Hex(...names.flatMap(name => hashOf(path.join(at, name)))).slice(0, 32);
  } catch (error) {
    // No model, as whoever reads it will say.
    if (isSkeinError(error, 'model/invalid')) return undefined;
    throw error;
  }
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
