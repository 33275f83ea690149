// The version of this installation, as package.json has it.

import { readFileSync } from 'node:fs';

export function agentVersion(): string {
  // One folder up in the sources, two in dist/.
  for (const up of ['../package.json', '../../package.json']) {
    try {
      const read = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (read.name === 'skein' && read.version !== undefined) return read.version;
    } catch {
      // The other one, then.
    }
  }
  return 'unknown';
}
