// The zip reader: entries come out whole, anything else is a typed error.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memorySource, utf8 } from '../../../core/bytes.js';
import { isSkeinError } from '../../../core/errors.js';
import { findZipEntry, readZipEntry } from '../../../platform/zip.js';
import { makeZip } from '../../helpers/zip.js';

const content = utf8('skein '.repeat(50_000));
const archive = makeZip([
  { name: 'other', content: utf8('no') },
  { name: 'in/packed.bin', content },
  { name: 'in/stored.bin', content, stored: true },
  { name: 'in/empty.bin', content: new Uint8Array(0), stored: true },
]);

describe('zip', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'skein-zip-'));
    file = path.join(folder, 'a.zip');
    await writeFile(file, archive);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(['in/packed.bin', 'in/stored.bin'])('unpacks %s', async name => {
    expect(Buffer.compare(await buffer(readZipEntry(file, name)), content)).toBe(0);
  });

  it('unpacks nothing from an empty entry', async () => {
    expect(await buffer(readZipEntry(file, 'in/empty.bin'))).toHaveLength(0);
  });

  it('refuses an entry that is not there', () => {
    expect(() => readZipEntry(file, 'in')).toThrow(expect.objectContaining({ code: 'io/invalid' }));
  });

  it('gives typed errors only', () => {
    const mutated = fc
      .array(fc.tuple(fc.nat(180), fc.nat(255)), { minLength: 1, maxLength: 8 })
      .map(changes => {
        const copy = archive.slice();
        for (const [back, byte] of changes) copy[copy.length - 1 - back] = byte;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), bytes => {
        try {
          const entry = findZipEntry(memorySource(bytes), 'in/packed.bin');
          if (entry !== undefined)
            expect(entry.offset + entry.compressedBytes).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(isSkeinError(error, 'io/invalid'), String(error)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
