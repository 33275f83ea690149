// The coordinator's configuration: skein-coordinator.yaml and what the command line says, checked once, all problems at once.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { dayMs, duration, loadConfig } from '../platform/config.js';
import { type LogLevel, logLevels } from '../platform/log.js';
import { dataFolder } from '../platform/paths.js';

export const configFileName = 'skein-coordinator.yaml';

const host = z.string().regex(/^[A-Za-z0-9._:-]{1,253}$/, { error: 'expected a host name or an address' });
const port = z.int().min(0).max(65_535);
const listener = (defaultHost: string, defaultPort: number, what: string) =>
  z
    .strictObject({
      host: host.default(defaultHost).describe(`Address to listen on: ${what}`),
      port: port.default(defaultPort).describe('0: any free port.'),
    })
    .prefault({});

/** The file as it is written. Relative paths are relative to the file's folder. */
export const coordinatorSchema = z.strictObject({
  version: z.literal(1).default(1).describe('Version of this format.'),
  dataFolder: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The fleet’s folder, made by `skein init`: identity and database. Default: the folder of this file.',
    ),
  mqtt: listener('0.0.0.0', 8883, 'the broker, MQTT over mutual TLS.'),
  enroll: listener('0.0.0.0', 8443, 'HTTPS where devices get their certificate.'),
  http: z
    .strictObject({
      host: host
        .default('127.0.0.1')
        .describe('Address of the operator’s API and dashboard. It speaks plain HTTP: keep it on loopback.'),
      port: port.default(8080).describe('0: any free port.'),
      names: z
        .array(host)
        .max(16)
        .default([])
        .describe('Further host names it may be asked under, for a proxy in front of it.'),
    })
    .prefault({}),
  advertise: z
    .strictObject({
      host: host
        .optional()
        .describe('Where tokens send devices. Default: the first name in the coordinator’s certificate.'),
    })
    .prefault({}),
  model: z
    .strictObject({
      file: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The base model: a GGUF file or a Hugging Face folder. Default: the one that `skein model get` keeps; without one no task can run.',
        ),
      arithmetic: z
        .enum(['fast', 'exact'])
        .default('fast')
        .describe('fast: 8-bit activations. exact: float32.'),
      threads: z.int().min(1).max(64).default(1).describe('Threads of one model operation.'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(logLevels).default('info'),
      file: z.string().min(1).optional().describe('Default: standard error.'),
    })
    .prefault({}),
  history: duration()
    .default(365 * dayMs)
    .describe(
      'What is over is kept this long: decisions about updates, and rounds of tasks before the last.',
    ),
  keepReleases: z
    .int()
    .min(2)
    .max(100_000)
    .default(100)
    .describe('Newest releases whose files are kept, to go back to or to export; manifests stay for ever.'),
  tap: z
    .strictObject({
      file: z
        .string()
        .min(1)
        .describe(
          'Every byte of the devices’ connections is appended here after decryption: for audits, never for daily use.',
        ),
    })
    .optional(),
});

type Parsed = z.output<typeof coordinatorSchema>;

/** What the rest of the coordinator sees: every path absolute, every default applied. */
export interface CoordinatorConfig extends Pick<Parsed, 'mqtt' | 'enroll' | 'http'> {
  readonly dataFolder: string;
  /** Undefined: the first name in the coordinator's certificate. */
  readonly advertiseHost: string | undefined;
  readonly model: {
    /** Undefined: the cached one, if there is one. */
    readonly file: string | undefined;
    readonly arithmetic: 'fast' | 'exact';
    readonly threads: number;
  };
  readonly log: { readonly level: LogLevel; readonly file: string | undefined };
  readonly tapFile: string | undefined;
  readonly historyMs: number;
  readonly keepReleases: number;
}

export interface ConfigArguments {
  readonly config?: string;
  /** The fleet's folder. */
  readonly fleet?: string;
  readonly model?: string;
}

/**
 * The file is `--config`, else skein-coordinator.yaml in the fleet's folder, else none. Throws `config/invalid` with all
 * problems and `config/unreadable`.
 */
export async function loadCoordinatorConfig(args: ConfigArguments): Promise<CoordinatorConfig> {
  const folder = args.fleet ?? process.env.SKEIN_FLEET ?? path.join(dataFolder(), 'fleet');
  const inFolder = path.join(folder, configFileName);
  const file = args.config ?? (existsSync(inFolder) ? inFolder : undefined);
  const parsed = await loadConfig(coordinatorSchema, {
    ...(file !== undefined && { file }),
    overrides: {
      ...(args.fleet !== undefined && { dataFolder: path.resolve(args.fleet) }),
      ...(args.model !== undefined && { model: { file: path.resolve(args.model) } }),
    },
  });
  const base = path.resolve(file === undefined ? folder : path.dirname(file));
  const absolute = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : path.resolve(base, name);
  const { mqtt, enroll, http, advertise, model, log, tap, history, keepReleases } = parsed;
  return {
    dataFolder: absolute(parsed.dataFolder) ?? base,
    mqtt,
    enroll,
    http,
    advertiseHost: advertise.host,
    model: { ...model, file: absolute(model.file) },
    log: { ...log, file: absolute(log.file) },
    tapFile: absolute(tap?.file),
    historyMs: history,
    keepReleases,
  };
}
