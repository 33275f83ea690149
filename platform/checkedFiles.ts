// Remembers what was found when files were read through, by what the system says of them: that they are right, or their hash.

import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { type ByteSource, sha256Of, toHex } from '../core/bytes.js';
import { openSource } from './files.js';

/** One line for each time that a file was found right; the last one counts. */
const listName = '.checked';
/** Where identities change for no reason the list would grow for ever. */
const maxListBytes = 1 << 20;

/**
 * Within one boot of the machine: what was in memory when power failed may never have come to the disk, and a disk may decay.
 * Empty where the system does not say.
 */
const bootId = read('/proc/sys/kernel/random/boot_id')?.trim() ?? '';

/** Nothing here throws: what is not remembered is read through again. */
export class CheckedFiles {
  readonly #list: string;
  #identities: Map<string, string> | undefined;

  constructor(folder: string) {
    this.#list = path.join(folder, listName);
  }

  known(file: string): boolean {
    this.#identities ??= this.#load();
    const remembered = this.#identities.get(path.basename(file));
    return remembered !== undefined && remembered === identityInBoot(file);
  }

  remember(file: string): void {
    this.#identities ??= this.#load();
    const identity = identityInBoot(file);
    if (identity === undefined) return;
    const name = path.basename(file);
    this.#identities.set(name, identity);
    addToList(this.#list, `${name} ${identity}`);
  }

  #load(): Map<string, string> {
    return loadList(this.#list);
  }
}

const hashesOfProcess = new Map<string, string>();
/** Within a tick of the file system's clock a file may change and keep its times. */
const tickMs = 100;

/** SHA-256 (hex) of a file's content, read again only when somebody has touched the file. Throws `io/*`. */
export function rememberedSha256(file: string, list: string): string {
  const identity = identityOf(file)?.join('-');
  const remembered = identity && (hashesOfProcess.get(identity) ?? loadList(list).get(identity));
  if (remembered !== undefined && /^[0-9a-f]{64}$/.test(remembered)) return remembered;
  const source = openSource(file);
  try {
    const sha256 = toHex(sha256Of(piecesOf(source)));
    if (identity !== undefined && identity === identityOf(file)?.join('-') && settled(file)) {
      hashesOfProcess.set(identity, sha256);
      addToList(list, `${identity} ${sha256}`);
    }
    return sha256;
  } finally {
    source.close();
  }
}

const settled = (file: string): boolean => Date.now() - statSync(file).ctimeMs > tickMs;

function* piecesOf(source: ByteSource): Iterable<Uint8Array> {
  const length = 1 << 18;
  for (let at = 0; at < source.size; at += length) yield source.read(at, Math.min(length, source.size - at));
}

/** One write of one line: processes that do the same at the same time do not mix. Half a line ends at the next. */
function addToList(list: string, line: string): void {
  try {
    mkdirSync(path.dirname(list), { recursive: true, mode: 0o700 });
    appendFileSync(list, `\n${line}\n`, { mode: 0o600 });
  } catch {
    // A folder that takes nothing.
  }
}

function loadList(list: string): Map<string, string> {
  const text = read(list) ?? '';
  if (text.length > maxListBytes) {
    try {
      rmSync(list, { force: true });
    } catch {
      // As above.
    }
    return new Map();
  }
  return new Map(
    text.split('\n').map(line => {
      const [name = '', ...rest] = line.split(' ');
      return [name, rest.join(' ')];
    }),
  );
}

/** Changes whenever somebody writes to the file, cuts it off, or puts another in its place. */
function identityOf(file: string): readonly bigint[] | undefined {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs];
  } catch {
    return undefined;
  }
}

function identityInBoot(file: string): string | undefined {
  const identity = identityOf(file);
  return identity && [bootId, ...identity].join(' ');
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
