// One file over HTTP, whole and checked or not there: interrupted, it goes on where it stopped (RFC 9110, range requests
// with If-Range), also in another process.

import { createHash } from 'node:crypto';
import { createReadStream, promises as fs } from 'node:fs';
import path from 'node:path';
import { SkeinError, toSkeinError } from '../../core/errors.js';
import { claimPart, type Part } from './part.js';
import { Interrupted, type Patience, refusal, request, worthWaiting } from './request.js';

/** `git-sha1`: of a blob, as git names it: over `blob SIZE NUL` and the content. */
export interface Checksum {
  readonly algorithm: 'sha256' | 'git-sha1';
  readonly hex: string;
}

export interface RemoteFile {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly checksum: Checksum;
}

export interface DownloadHooks {
  readonly signal: AbortSignal;
  /** Bytes that are there by now, those of earlier attempts included. */
  readonly onBytes: (bytes: number) => void;
  readonly waitMs?: Patience | undefined;
}

const attemptsInAll = 1_000;

const mismatch = (message: string): SkeinError => new SkeinError('model/checksum', message);

/** Of a file on disk. Throws what the file system throws, and `cancelled`. */
export async function checksumOf(
  file: string,
  bytes: number,
  algorithm: Checksum['algorithm'],
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm === 'sha256' ? 'sha256' : 'sha1');
  if (algorithm === 'git-sha1') hash.update(`blob ${bytes}\0`);
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20, signal }))
    hash.update(piece as Buffer);
  return hash.digest('hex');
}

/**
 * Writes the file to `target`, whose folder exists. Throws `model/checksum` for other content than announced, `net/unreachable`
 * where the server cannot be reached or breaks off time and again, `model/download` where it refuses, `io/*`, `cancelled`.
 */
export async function download(remote: RemoteFile, target: string, hooks: DownloadHooks): Promise<void> {
  const { hex } = remote.checksum;
  let part: Part | undefined;
  try {
    part = await claimPart(path.dirname(target), `${path.basename(target)} ${remote.bytes} ${hex}`);
    const begun = await part.size();
    await complete(remote, part, hooks);
    const whole = await isWhole(remote, part, hooks.signal);
    if (!whole && begun > 0) {
      // What an earlier attempt left may be to blame.
      await fs.rm(part.file);
      await complete(remote, part, hooks);
    }
    if (!whole && (begun === 0 || !(await isWhole(remote, part, hooks.signal)))) {
      await part.remove();
      throw mismatch(`What ${new URL(remote.url).host} sent is not the expected file: its hash is another.`);
    }
    await fs.rename(part.file, target);
    await part.remove();
  } catch (thrown) {
    await part?.leave().catch(() => {});
    if (hooks.signal.aborted) throw toSkeinError(hooks.signal.reason);
    if (thrown instanceof Interrupted)
      throw new SkeinError('net/unreachable', `${thrown.message}.`, { cause: thrown });
    throw toSkeinError(thrown, target);
  }
}

const isWhole = async ({ bytes, checksum }: RemoteFile, part: Part, signal: AbortSignal): Promise<boolean> =>
  (await checksumOf(part.file, bytes, checksum.algorithm, signal)) === checksum.hex;

/** Asks again for what is missing as long as something comes; after attempts that bring nothing it waits, and then gives up. */
async function complete(
  remote: RemoteFile,
  part: Part,
  { signal, onBytes, waitMs }: DownloadHooks,
): Promise<void> {
  let inVain = 0;
  for (let attempt = 0; ; attempt++) {
    const before = await part.size();
    if (before === remote.bytes) return;
    try {
      await fetchRest(remote, part, before, signal, onBytes);
      return;
    } catch (error) {
      if (!(error instanceof Interrupted) || attempt >= attemptsInAll) throw error;
      inVain = (await part.size()) > before ? 0 : inVain + 1;
      if (!(await worthWaiting(error, inVain, before > 0, signal, waitMs))) throw error;
    }
  }
}

/** Asks for everything from byte `begun` on; a server that sends it all, or another version, is taken from the start. */
async function fetchRest(
  { url, headers, bytes }: RemoteFile,
  part: Part,
  begun: number,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const version = await part.version();
  const ranged: Record<string, string> =
    begun === 0 ? {} : { range: `bytes=${begun}-`, ...(version !== undefined && { 'if-range': version }) };
  await request(url, { ...headers, ...ranged }, signal, async ({ response, body }) => {
    const from =
      response.status === 206 ? startOf(response, begun, bytes) : response.status === 200 ? 0 : undefined;
    if (response.status === 416 || (response.status === 206 && from === undefined)) {
      // The server has another file than the one that was begun, or none that is so long.
      await fs.rm(part.file, { force: true });
      throw new Interrupted(`${new URL(url).host} does not go on at byte ${begun} of ${bytes}`);
    }
    if (from === undefined) throw refusal(url, response);
    const announced = Number(response.headers.get('content-length') ?? bytes - from);
    if (response.headers.get('content-encoding') === null && announced !== bytes - from)
      throw mismatch(`${new URL(url).host} announces ${announced + from} bytes of a file of ${bytes}.`);
    await part.setVersion(strongTag(response));
    await append(part.file, from, bytes, body(), onBytes);
  });
}

/** Only a strong entity tag may stand in If-Range. */
function strongTag(response: Response): string | undefined {
  const tag = response.headers.get('etag');
  return tag?.startsWith('"') ? tag : undefined;
}

/** The first byte of a part of the file as it is expected, or undefined. */
function startOf(response: Response, begun: number, bytes: number): number | undefined {
  const match = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/.exec(
    response.headers.get('content-range') ?? '',
  );
  if (match === null || Number(match[1]) !== begun || Number(match[2]) !== bytes - 1) return undefined;
  return match[3] === '*' || Number(match[3]) === bytes ? begun : undefined;
}

async function append(
  file: string,
  from: number,
  bytes: number,
  body: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const handle = await fs.open(file, from === 0 ? 'w' : 'a');
  let done = from;
  try {
    for await (const piece of body) {
      if (done + piece.length > bytes) {
        await handle.truncate(0);
        throw mismatch(`More than the ${bytes} bytes of the file came.`);
      }
      await handle.writeFile(piece);
      done += piece.length;
      onBytes(done);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (done < bytes) throw new Interrupted(`The connection ended at byte ${done} of ${bytes}`);
}
