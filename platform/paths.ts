// Where Skein keeps things by default: the XDG base directories (specification 0.8), below `skein`.

import { homedir } from 'node:os';
import path from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The specification ignores relative paths. */
function base(environment: Environment, name: string, fallback: string): string {
  const value = environment[name];
  return value !== undefined && path.isAbsolute(value) ? value : path.join(homedir(), fallback);
}

export const configFolder = (environment: Environment = process.env): string =>
  path.join(base(environment, 'XDG_CONFIG_HOME', '.config'), 'skein');

export const dataFolder = (environment: Environment = process.env): string =>
  path.join(base(environment, 'XDG_DATA_HOME', path.join('.local', 'share')), 'skein');

export const stateFolder = (environment: Environment = process.env): string =>
  path.join(base(environment, 'XDG_STATE_HOME', path.join('.local', 'state')), 'skein');

export const cacheFolder = (environment: Environment = process.env): string =>
  path.join(base(environment, 'XDG_CACHE_HOME', '.cache'), 'skein');
