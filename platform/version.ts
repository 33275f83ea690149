// The version of this Skein, as package.json says it.

import { readFileSync } from 'node:fs';

/** `unknown` where the package's own file is not where it belongs. */
export function packageVersion(): string {
  // One folder up in the sources, two in dist/.
  for (const up of ['../package.json', '../../package.json']) {
    try {
      const read: unknown = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8'));
      const { name, version } = read as { name?: string; version?: string };
      if (name === 'skein' && version !== undefined) return version;
    } catch {
      // The other one, then.
    }
  }
  return 'unknown';
}
