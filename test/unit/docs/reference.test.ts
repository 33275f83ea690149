// The generated reference is current: registries, schemas and programs say the same as the committed pages.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../../../cli/reference/index.js';
import { errorCodes, exit } from '../../../core/index.js';

const root = path.resolve(import.meta.dirname, '../../..');
const files = await generatedFiles();

describe('the reference', () => {
  it.each(Object.keys(files))('%s is what scripts/docs.mjs writes', name => {
    const file = path.join(root, name);
    expect(existsSync(file) ? readFileSync(file, 'utf8') : 'missing').toBe(files[name]);
  });

  it('names every error code with its exit code, and every exit code', () => {
    for (const [code, { exit: number }] of Object.entries(errorCodes)) {
      expect(files['docs/reference/errors.md']).toMatch(new RegExp(`\\| \`${code}\` \\|.*\\| ${number} \\|`));
    }
    for (const number of Object.values(exit)) {
      expect(files['docs/reference/exit-codes.md']).toContain(`| ${number} |`);
    }
  });

  it('has a page of every program', () => {
    for (const program of ['skein', 'skein-agent', 'skein-coordinator']) {
      expect(files['docs/reference/cli.md']).toContain(`\n## ${program}\n`);
    }
    expect(files['docs/reference/cli.md']).toContain('### `skein-agent records import <file>`');
  });
});
