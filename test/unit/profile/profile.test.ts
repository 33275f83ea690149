// Device profiles: the shipped ones load, the committed JSON Schema is the zod schema's, wrong files give typed errors.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSkeinError, SkeinError } from '../../../core/index.js';
import { loadProfile, parseProfile, profileFolder, profileJsonSchema } from '../../../platform/profile.js';

const shipped = readdirSync(profileFolder()).filter(name => name.endsWith('.yaml'));

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof SkeinError) return error.code;
    throw error;
  }
  return 'none';
};

describe('the shipped profiles', () => {
  it('are the two first devices', () => {
    expect(shipped).toEqual(expect.arrayContaining(['x86-mini-pc.yaml', 'raspberry-pi-5.yaml']));
  });

  it.each(shipped)('%s loads by its name, which it also carries', file => {
    const name = path.basename(file, '.yaml');
    const profile = loadProfile(name);
    expect(profile.name).toBe(name);
    expect(profile.memory).toBeGreaterThanOrEqual(1024 ** 3);
    expect(profile).toEqual(loadProfile(path.join(profileFolder(), file)));
  });

  it('schema.json is generated from the zod schema', () => {
    const committed = JSON.parse(readFileSync(path.join(profileFolder(), 'schema.json'), 'utf8'));
    expect(committed).toEqual(profileJsonSchema());
  });
});

describe('wrong profiles', () => {
  const valid = readFileSync(path.join(profileFolder(), 'x86-mini-pc.yaml'), 'utf8');

  it('names every problem with its path', () => {
    const broken = valid.replace(/threads: \d+/, 'threads: 0').replace(/nice: \d+/, 'nice: 40\nextra: 1');
    try {
      parseProfile(broken, 'x.yaml');
      expect.unreachable();
    } catch (error) {
      expect(isSkeinError(error, 'config/invalid')).toBe(true);
      expect((error as SkeinError).message).toMatch(/threads[\s\S]*nice[\s\S]*extra/);
    }
  });

  it('refuses quantities without a unit', () => {
    expect(codeOf(() => parseProfile(valid.replace(/memory: .*/, 'memory: 2048'), 'x'))).toBe(
      'config/invalid',
    );
    expect(codeOf(() => parseProfile(valid.replace(/memory: .*/, 'memory: 2 parsecs'), 'x'))).toBe(
      'config/invalid',
    );
  });

  it('unknown names and unreadable files are typed', () => {
    expect(codeOf(() => loadProfile('no-such-device'))).toBe('config/unreadable');
    expect(codeOf(() => loadProfile('./no/such/file.yaml'))).toBe('config/unreadable');
  });

  it('arbitrary text gives a profile or a typed error', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string().map(tail => valid + tail),
    );
    fc.assert(
      fc.property(text, written => {
        expect(['none', 'config/invalid', 'config/unreadable']).toContain(
          codeOf(() => parseProfile(written, 'x')),
        );
      }),
    );
  });
});
