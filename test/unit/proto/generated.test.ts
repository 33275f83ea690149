// The committed code is what the .proto files make today.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');

test('proto/gen is what `npm run proto` makes', () => {
  const out = mkdtempSync(path.join(tmpdir(), 'skein-proto-'));
  execFileSync(process.execPath, [path.join(root, 'scripts/proto.mjs'), out], { stdio: 'pipe' });
  for (const file of ['skein.js', 'skein.d.ts']) {
    expect(
      readFileSync(path.join(out, file), 'utf8') === readFileSync(path.join(root, 'proto/gen', file), 'utf8'),
      file,
    ).toBe(true);
  }
});
