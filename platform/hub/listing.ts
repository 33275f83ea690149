// What a repository of the hub holds at a revision: files with their sizes and hashes, as its API tells them.

import { z } from 'zod';
import { SkeinError } from '../../core/errors.js';
import type { Checksum } from './download.js';
import type { Hub, HubReference } from './reference.js';
import { Interrupted, type Patience, type Reply, refusal, request, worthWaiting } from './request.js';

export interface HubFile {
  readonly bytes: number;
  readonly checksum: Checksum;
}

export interface Listing {
  /** The commit that the revision stood for. */
  readonly commit: string;
  /** By path. */
  readonly files: ReadonlyMap<string, HubFile>;
}

const maxBytes = 1 << 24;
const hex = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`));
const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** Large files stand outside of git, and have a SHA-256 of their content; small ones have git's own name of a blob. */
const answer = z.object({
  sha: hex(40),
  siblings: z
    .array(
      z.object({
        rfilename: z.string().max(4_096),
        size: count.optional(),
        blobId: hex(40).optional(),
        lfs: z.object({ sha256: hex(64), size: count }).nullish(),
      }),
    )
    .max(100_000),
});

/** Throws `net/unreachable`, `model/download` for what is not there or not given, `cancelled`. */
export async function listRepository(
  hub: Hub,
  reference: HubReference,
  signal: AbortSignal,
  patience?: Patience,
): Promise<Listing> {
  const { repository, revision } = reference;
  const url = `${hub.endpoint}/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
  for (let inVain = 1; ; inVain++) {
    try {
      return read(await request(url, hub.headers, signal, reply => textOf(reply, url)), url);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      if (!(await worthWaiting(error, inVain, false, signal, patience)))
        throw new SkeinError('net/unreachable', `${error.message}.`, { cause: error });
    }
  }
}

async function textOf({ response, body }: Reply, url: string): Promise<string> {
  if (response.status !== 200) throw refusal(url, response);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body()) {
    bytes += part.length;
    if (bytes > maxBytes) throw new SkeinError('model/download', `${url} does not end.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function read(text: string, url: string): Listing {
  let parsed: z.infer<typeof answer>;
  try {
    parsed = answer.parse(JSON.parse(text));
  } catch (cause) {
    throw new SkeinError('model/download', `${url} does not answer as the hub does.`, { cause });
  }
  const files = parsed.siblings.flatMap(({ rfilename, size, blobId, lfs }): [string, HubFile][] => {
    if (lfs) return [[rfilename, { bytes: lfs.size, checksum: { algorithm: 'sha256', hex: lfs.sha256 } }]];
    if (size === undefined || blobId === undefined) return [];
    return [[rfilename, { bytes: size, checksum: { algorithm: 'git-sha1', hex: blobId } }]];
  });
  return { commit: parsed.sha, files: new Map(files) };
}
