// The agent's configuration: agent.yaml and what the command line says, checked once, all problems at once.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { bytes, dayMs, duration, loadConfig } from '../platform/config.js';
import { logLevels } from '../platform/log.js';
import { configFolder, dataFolder } from '../platform/paths.js';
import { type DeviceProfile, loadProfile } from '../platform/profile.js';
import { nameSchema } from '../proto/schemas.js';

export const configFileName = 'agent.yaml';

/** The file as it is written. Relative paths are relative to the file's folder. */
export const agentSchema = z.strictObject({
  version: z.literal(1).default(1).describe('Version of this format.'),
  dataFolder: z
    .string()
    .min(1)
    .optional()
    .describe('Identity, records, releases, outbox. Nobody else may read it.'),
  profile: z
    .string()
    .min(1)
    .default('x86-mini-pc')
    .describe('A device profile of firmware-configs/, or a file.'),
  model: z
    .strictObject({
      file: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The base model: a GGUF file or a Hugging Face folder. Default: the one that `skein model get` keeps.',
        ),
      arithmetic: z.enum(['fast', 'exact']).optional().describe("Default: the profile's."),
      threads: z.int().min(1).max(64).optional().describe("Default: the profile's."),
    })
    .default({}),
  records: z
    .strictObject({
      watchFolder: z.string().min(1).optional().describe('Files *.jsonl dropped here are imported.'),
      retention: duration().optional().describe('Records older than this are forgotten. Default: kept.'),
    })
    .default({}),
  policy: z
    .strictObject({
      acceptTasks: z
        .union([z.boolean(), z.array(nameSchema).max(100)])
        .default(true)
        .describe('Whether the device learns for the fleet: yes, no, or only these tasks.'),
      minRecords: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(1)
        .describe('Fewer records than this are no ground to learn on.'),
      bytesPerDay: bytes()
        .optional()
        .describe("Content bytes that may leave in 24 hours. Default: the profile's."),
    })
    .default({ acceptTasks: true, minRecords: 1 }),
  history: duration()
    .default(365 * dayMs)
    .describe('Receipts, and assignments and releases that are over, are kept this long.'),
  log: z
    .strictObject({
      level: z.enum(logLevels).default('info'),
      file: z.string().min(1).optional().describe('Default: standard error.'),
    })
    .default({ level: 'info' }),
});

/** What the rest of the agent sees: every path absolute, every default applied. */
export interface AgentConfig {
  readonly dataFolder: string;
  readonly profile: DeviceProfile;
  readonly model: {
    readonly file: string | undefined;
    readonly arithmetic: 'fast' | 'exact';
    readonly threads: number;
  };
  readonly records: { readonly watchFolder: string | undefined; readonly retentionMs: number | undefined };
  readonly policy: {
    readonly acceptTasks: boolean | readonly string[];
    readonly minRecords: number;
    readonly bytesPerDay: number;
  };
  readonly historyMs: number;
  readonly log: { readonly level: (typeof logLevels)[number]; readonly file: string | undefined };
}

export interface ConfigArguments {
  readonly config?: string;
  readonly data?: string;
  readonly model?: string;
  readonly profile?: string;
}

/** As loadProfile has it: anything else is a name. */
const isPath = (profile: string): boolean => /[/\\]|\.(ya?ml|json)$/.test(profile);

/**
 * The file is `--config`, else agent.yaml in the data folder, else in the user's configuration folder, else none.
 * Throws `config/invalid` and `config/unreadable`, of the profile too.
 */
export async function loadAgentConfig(args: ConfigArguments): Promise<AgentConfig> {
  const candidates = [args.data === undefined ? [] : [args.data], [configFolder()]].flat();
  const file = args.config ?? candidates.map(folder => path.join(folder, configFileName)).find(existsSync);
  const parsed = await loadConfig(agentSchema, {
    ...(file !== undefined && { file }),
    overrides: {
      ...(args.data !== undefined && { dataFolder: path.resolve(args.data) }),
      ...(args.profile !== undefined && {
        profile: isPath(args.profile) ? path.resolve(args.profile) : args.profile,
      }),
      ...(args.model !== undefined && { model: { file: path.resolve(args.model) } }),
    },
  });
  const base = file === undefined ? process.cwd() : path.dirname(path.resolve(file));
  const absolute = <T extends string | undefined>(name: T): T =>
    (name === undefined ? undefined : path.resolve(base, name)) as T;
  const profile = await loadProfile(isPath(parsed.profile) ? absolute(parsed.profile) : parsed.profile);
  return {
    dataFolder: absolute(parsed.dataFolder) ?? path.join(dataFolder(), 'agent'),
    profile,
    model: {
      file: absolute(parsed.model.file),
      arithmetic: parsed.model.arithmetic ?? profile.arithmetic,
      threads: parsed.model.threads ?? profile.threads,
    },
    records: { watchFolder: absolute(parsed.records.watchFolder), retentionMs: parsed.records.retention },
    policy: {
      acceptTasks: parsed.policy.acceptTasks,
      minRecords: parsed.policy.minRecords,
      bytesPerDay: parsed.policy.bytesPerDay ?? profile.bytesPerDay,
    },
    historyMs: parsed.history,
    log: { level: parsed.log.level, file: absolute(parsed.log.file) },
  };
}
