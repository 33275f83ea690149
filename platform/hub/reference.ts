// What to get from the hub, in words: `owner/repository[@revision][:file]`; and which hub, from the environment.

import { SkeinError } from '../../core/errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface HubReference {
  readonly repository: string;
  /** A branch, a tag, a commit, or a reference such as `refs/pr/1`. */
  readonly revision: string;
  /** Path in the repository; undefined: the whole model, as a folder. */
  readonly file: string | undefined;
}

/** Segments begin with no dot, so that none leads upwards or is hidden. */
const segment = '[A-Za-z0-9_][A-Za-z0-9_.+-]{0,120}';
const pattern = new RegExp(
  `^(${segment}/${segment})(?:@(${segment}(?:/${segment}){0,4}))?(?::(${segment}(?:/${segment}){0,4}))?$`,
);

/** Throws `usage`. */
export function parseReference(text: string): HubReference {
  const [, repository, revision = 'main', file] = pattern.exec(text) ?? [];
  if (repository === undefined)
    throw new SkeinError('usage', `${JSON.stringify(text)} is not owner/repository[@revision][:file].`);
  return { repository, revision, file };
}

export interface Hub {
  /** Without a slash at the end. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * HF_ENDPOINT names a mirror, HF_TOKEN opens what is gated, HF_HUB_OFFLINE=1 forbids the network: then it throws
 * `model/download`.
 */
export function hubOf(environment: Environment): Hub {
  if (['1', 'true', 'yes', 'on'].includes((environment.HF_HUB_OFFLINE ?? '').toLowerCase()))
    throw new SkeinError('model/download', 'HF_HUB_OFFLINE is set.');
  const endpoint = (environment.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
  if (!/^https?:\/\/[^/?#]/.test(endpoint) || !URL.canParse(endpoint))
    throw new SkeinError('model/download', `HF_ENDPOINT is no address such as https://huggingface.co.`);
  const token = environment.HF_TOKEN?.trim();
  // Not shown: what stands there may still be a secret.
  if (token !== undefined && !/^[\x21-\x7e]*$/.test(token))
    throw new SkeinError('model/download', 'HF_TOKEN has characters that no token has.');
  return { endpoint, headers: token ? { authorization: `Bearer ${token}` } : {} };
}

export const resolveUrl = ({ endpoint }: Hub, repository: string, revision: string, file: string): string =>
  `${endpoint}/${repository}/resolve/${revision}/${file}`;
