// Device profiles: what a kind of device may spend on Skein, as data in firmware-configs/ and as files of the operator's own.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import YAML from 'yaml';
import { z } from 'zod';
import { parseBytes, parseDuration, SkeinError, toSkeinError } from '../core/index.js';

const maxProfileBytes = 64 * 1024;

const quantity = (parse: (text: string) => number | undefined, example: string, pattern: RegExp) =>
  z
    .string()
    .regex(pattern, `Expected a quantity such as ${example}`)
    .transform((text, context) => {
      const value = parse(text);
      if (value === undefined)
        context.addIssue({ code: 'custom', message: `Expected a quantity such as ${example}` });
      return value ?? 0;
    });

const bytes = quantity(parseBytes, '64KiB', /^\d+(\.\d+)?\s*(B|kB|MB|GB|KiB|MiB|GiB)$/);
const duration = quantity(parseDuration, '10m', /^\d+(\.\d+)?\s*(ms|s|m|h|d)$/);

/** The file as it is written; the parsed value has bytes and milliseconds as numbers. */
export const profileSchema = z
  .strictObject({
    version: z.literal(1).describe('Version of this format.'),
    name: z
      .string()
      .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
      .describe('Announced to the coordinator and shown to the operator.'),
    threads: z
      .int()
      .min(1)
      .max(64)
      .describe('Threads of one model operation. Fewer than cores: the device has other work.'),
    memory: bytes.describe('Memory that Skein may use on this device; announced to the coordinator.'),
    arithmetic: z
      .enum(['fast', 'exact'])
      .describe('fast: 8-bit activations, base quantized in memory. exact: float32.'),
    nice: z.int().min(0).max(19).describe('Added to the nice value of the model worker.'),
    workerIdle: duration.describe('The model is unloaded after this long without work; 0s: never.'),
    bytesPerDay: bytes.describe('Content bytes that may leave the device in 24 hours.'),
    chunkWindow: z.int().min(1).max(64).describe('Chunks of 48 KiB that are asked for or under way at once.'),
  })
  .meta({ title: 'Skein device profile' });

export interface DeviceProfile extends z.output<typeof profileSchema> {}

/** The JSON Schema of a profile file, for editors: firmware-configs/schema.json is exactly this. */
export const profileJsonSchema = (): Record<string, unknown> =>
  z.toJSONSchema(profileSchema, { io: 'input' }) as Record<string, unknown>;

/** The folder of the profiles that ship with Skein, from the sources as from dist/. */
export function profileFolder(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = path.join(folder, 'firmware-configs');
    if (existsSync(path.join(candidate, 'schema.json'))) return candidate;
    const parent = path.dirname(folder);
    if (parent === folder)
      throw new SkeinError('io/not-found', 'The folder firmware-configs is missing from this installation.');
    folder = parent;
  }
}

/** Reads text as a profile; `config/invalid` lists every problem with its path. */
export function parseProfile(text: string, source: string): DeviceProfile {
  if (Buffer.byteLength(text) > maxProfileBytes) {
    throw new SkeinError('config/invalid', `${source}: a profile has at most ${maxProfileBytes} bytes.`);
  }
  let raw: unknown;
  try {
    raw = YAML.parse(text, { maxAliasCount: 0, logLevel: 'error' });
  } catch (error) {
    throw new SkeinError('config/unreadable', `${source}: ${(error as Error).message}`, { cause: error });
  }
  const result = profileSchema.safeParse(raw);
  if (!result.success) {
    const problems = result.error.issues.map(
      issue => `${issue.path.join('.') || '(root)'}: ${issue.message}`,
    );
    throw new SkeinError('config/invalid', `${source} is no device profile:\n  ${problems.join('\n  ')}`, {
      data: { path: source, problems },
    });
  }
  return result.data;
}

/** A profile of firmware-configs/ by its name, or any file by its path (anything with a slash or an extension). */
export function loadProfile(nameOrFile: string): DeviceProfile {
  const isFile = /[/\\]|\.(ya?ml|json)$/.test(nameOrFile);
  const file = isFile ? path.resolve(nameOrFile) : path.join(profileFolder(), `${nameOrFile}.yaml`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const cause = toSkeinError(error);
    const message = isFile
      ? `The device profile cannot be read: ${cause.message}`
      : `There is no device profile "${nameOrFile}" in firmware-configs.`;
    throw new SkeinError('config/unreadable', message, { data: { path: file }, cause: error });
  }
  return parseProfile(text, file);
}
