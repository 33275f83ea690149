// Device profiles: what a kind of device may spend on Skein, as data in firmware-configs/ and as files of the operator's own.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { SkeinError } from '../core/errors.js';
import { bytes, duration, loadConfig } from './config.js';

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
    memory: bytes().describe('Memory that Skein may use on this device; announced to the coordinator.'),
    arithmetic: z
      .enum(['fast', 'exact'])
      .describe('fast: 8-bit activations, base quantized in memory. exact: float32.'),
    nice: z.int().min(0).max(19).describe('Added to the nice value of the model worker.'),
    workerIdle: duration().describe('The model is unloaded after this long without work; 0s: never.'),
    bytesPerDay: bytes().describe('Content bytes that may leave the device in 24 hours.'),
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
      throw new SkeinError('io/not-found', 'This installation lacks its folder firmware-configs.');
    folder = parent;
  }
}

/** A profile of firmware-configs/ by its name, or any file by its path (anything with a slash or an extension). */
export async function loadProfile(nameOrFile: string): Promise<DeviceProfile> {
  if (/[/\\]|\.(ya?ml|json)$/.test(nameOrFile)) return loadConfig(profileSchema, { file: nameOrFile });
  const file = path.join(profileFolder(), `${nameOrFile}.yaml`);
  if (existsSync(file)) return loadConfig(profileSchema, { file });
  throw new SkeinError('config/unreadable', `There is no device profile "${nameOrFile}".`, {
    data: { profile: nameOrFile, folder: profileFolder() },
  });
}
