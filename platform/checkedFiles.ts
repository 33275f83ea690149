// Remembers which files of a folder were read through and found right, by what the system says of them.

import { appendFileSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

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
    return remembered !== undefined && remembered === identityOf(file);
  }

  remember(file: string): void {
    this.#identities ??= this.#load();
    const identity = identityOf(file);
    if (identity === undefined) return;
    const name = path.basename(file);
    this.#identities.set(name, identity);
    try {
      // One write of one line: processes that do the same at the same time do not mix. Half a line ends at the next.
      appendFileSync(this.#list, `\n${name} ${identity}\n`, { mode: 0o600 });
    } catch {
      // A folder that takes nothing.
    }
  }

  #load(): Map<string, string> {
    const text = read(this.#list) ?? '';
    if (text.length > maxListBytes) {
      try {
        rmSync(this.#list, { force: true });
      } catch {
        // As above.
      }
      return new Map();
    }
    return new Map(
      text.split('\n').map(line => {
        const [name = '', ...identity] = line.split(' ');
        return [name, identity.join(' ')];
      }),
    );
  }
}

/** Changes whenever somebody writes to the file, cuts it off, or puts another in its place. */
function identityOf(file: string): string | undefined {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return [bootId, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return undefined;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
