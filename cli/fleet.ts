// Where the coordinator is: options that every fleet command has, and the files that the coordinator leaves in its folder.

import path from 'node:path';
import type { Command } from 'commander';
import { fleetPaths } from '../coordinator/identity/fleetFolder.js';
import { fromUtf8, SkeinError } from '../core/index.js';
import { readBounded } from '../platform/files.js';
import { dataFolder } from '../platform/paths.js';
import { FleetClient } from './client.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface FleetOptions {
  readonly fleet?: string;
  readonly url?: string;
  readonly token?: string;
}

/** The fleet folder where nothing else is said. */
export const defaultFleetFolder = (environment: Environment = process.env): string =>
  environment.SKEIN_FLEET ?? path.join(dataFolder(environment), 'fleet');

export function withFleetOptions(command: Command): Command {
  return command
    .option('--fleet <dir>', 'folder of the fleet (default: $SKEIN_FLEET, else the data folder)')
    .option(
      '--url <url>',
      "the coordinator's operator address (default: $SKEIN_URL, else as the folder says)",
    )
    .option('--token <token>', 'operator token (default: $SKEIN_TOKEN, else as the folder says)')
    .option('--json', 'print one JSON document');
}

/** A client from options, environment and folder, in this order. */
export async function connect(
  options: FleetOptions,
  signal: AbortSignal,
  environment: Environment = process.env,
): Promise<FleetClient> {
  const folder = options.fleet ?? defaultFleetFolder(environment);
  const url = options.url ?? environment.SKEIN_URL ?? (await addressIn(folder));
  const token = options.token ?? environment.SKEIN_TOKEN ?? (await tokenIn(folder));
  if (!/^https?:\/\/[^/]+\/?$/.test(url)) {
    throw new SkeinError('usage', `${url} is no address such as http://127.0.0.1:8080.`);
  }
  return new FleetClient({ url: url.replace(/\/$/, ''), token, signal });
}

const maxFileBytes = 64 * 1024;

async function addressIn(folder: string): Promise<string> {
  const file = path.join(folder, 'coordinator.json');
  let value: unknown;
  try {
    value = JSON.parse(await read(file, 'Start it there with: skein-coordinator run'));
  } catch (error) {
    if (error instanceof SkeinError) throw error;
    throw new SkeinError('io/invalid', `${file} is not JSON.`, { data: { path: file }, cause: error });
  }
  const url = (value as { operatorUrl?: unknown } | null)?.operatorUrl;
  if (typeof url !== 'string')
    throw new SkeinError('io/invalid', `${file} names no operatorUrl.`, { data: { path: file } });
  return url;
}

const tokenIn = async (folder: string): Promise<string> =>
  (await read(fleetPaths(folder).operatorToken, 'Make the fleet with: skein init')).trim();

async function read(file: string, advice: string): Promise<string> {
  try {
    return fromUtf8(await readBounded(file, maxFileBytes));
  } catch (error) {
    if (!(error instanceof SkeinError) || error.code !== 'io/not-found') throw error;
    const message = `No coordinator is known at ${path.dirname(file)}: ${path.basename(file)} is missing. ${advice}, or give --url and --token.`;
    throw new SkeinError('io/not-found', message, { data: { path: file }, cause: error });
  }
}
