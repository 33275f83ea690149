// Device profiles: the shipped ones load, the committed JSON Schema is the zod schema's, wrong files give typed errors.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { SkeinError } from '../../../core/index.js';
import { loadProfile, profileFolder, profileJsonSchema } from '../../../platform/profile.js';

const shipped = readdirSync(profileFolder()).filter(name => name.endsWith('.yaml'));
const folder = mkdtempSync(path.join(tmpdir(), 'skein-profile-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function failure(nameOrFile: string): Promise<SkeinError> {
  try {
    await loadProfile(nameOrFile);
  } catch (error) {
    if (error instanceof SkeinError) return error;
    throw error;
  }
  throw new Error('Expected a failure.');
}

const written = (text: string): string => {
  const file = path.join(folder, 'profile.yaml');
  writeFileSync(file, text);
  return file;
};

describe('the shipped profiles', () => {
  it('are the two first devices', () => {
    expect(shipped).toEqual(expect.arrayContaining(['x86-mini-pc.yaml', 'raspberry-pi-5.yaml']));
  });

  it.each(shipped)('%s loads by its name, which it also carries', async file => {
    const name = path.basename(file, '.yaml');
    const profile = await loadProfile(name);
    expect(profile.name).toBe(name);
    expect(profile.memory).toBeGreaterThanOrEqual(1024 ** 3);
    expect(await loadProfile(path.join(profileFolder(), file))).toEqual(profile);
  });

  it('schema.json is generated from the zod schema', () => {
    const committed = JSON.parse(readFileSync(path.join(profileFolder(), 'schema.json'), 'utf8'));
    expect(committed).toEqual(profileJsonSchema());
  });
});

describe('wrong profiles', () => {
  const valid = readFileSync(path.join(profileFolder(), 'x86-mini-pc.yaml'), 'utf8');

  it('names every problem with its path', async () => {
    const broken = valid.replace(/threads: \d+/, 'threads: 0').replace(/nice: \d+/, 'nice: 40\nextra: 1');
    const error = await failure(written(broken));
    expect(error.code).toBe('config/invalid');
    expect(error.message).toMatch(/threads[\s\S]*nice[\s\S]*extra/);
  });

  it.each(['memory: 2048', 'memory: 2 parsecs', 'memory: -1GiB'])('refuses %s', async line => {
    const error = await failure(written(valid.replace(/memory: .*/, line)));
    expect(error.code).toBe('config/invalid');
    expect(error.data.problems).toHaveLength(1);
  });

  it('unknown names and unreadable files are typed', async () => {
    expect((await failure('no-such-device')).code).toBe('config/unreadable');
    expect((await failure('../package')).code).toBe('config/unreadable');
    expect((await failure('./no/such/file.yaml')).code).toBe('config/unreadable');
  });

  it('arbitrary text gives a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async text => {
        const error = await failure(written(text));
        expect(['config/invalid', 'config/unreadable']).toContain(error.code);
      }),
    );
  });
});
