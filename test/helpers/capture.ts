// A network of one's own, with nothing but a loopback, and a packet capture of all that happens in it.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const tools = ['/usr/bin/tshark', '/usr/bin/nsenter', '/usr/bin/unshare'];
const ip = ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'].find(existsSync);

/** Why no capture can be made here; undefined where it can. Throws where nothing may be skipped. */
export function captureImpossible(): string | undefined {
  const absent = [...tools.filter(tool => !existsSync(tool)), ...(ip === undefined ? ['ip (iproute2)'] : [])];
  const reason =
    absent.length > 0
      ? `absent: ${absent.join(', ')}`
      : process.getuid?.() !== 0
        ? 'it needs root'
        : undefined;
  if (reason !== undefined && process.env.SKEIN_REQUIRE_ALL === '1') throw new Error(`No capture: ${reason}`);
  return reason;
}

export class CapturedNetwork {
  readonly pid: number;
  readonly #holder: ChildProcess;
  readonly #tshark: ChildProcess;
  readonly #file: string;

  private constructor(holder: ChildProcess, tshark: ChildProcess, file: string) {
    this.#holder = holder;
    this.#tshark = tshark;
    this.#file = file;
    this.pid = holder.pid as number;
  }

  /** Captures into `file` from now on. */
  static async start(file: string): Promise<CapturedNetwork> {
    const holder = spawn('unshare', ['-n', 'sh', '-c', `${ip} link set lo up && echo up && exec cat`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await said(holder.stdout, 'up');
    const args = ['-t', String(holder.pid), '-n', 'tshark', '-i', 'lo', '-B', '64', '-w', file];
    const tshark = spawn('nsenter', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    await said(tshark.stderr, 'Capturing on');
    tshark.stderr?.resume();
    // The line comes a moment before the first packet is taken.
    await new Promise(resolve => setTimeout(resolve, 1000));
    return new CapturedNetwork(holder, tshark, file);
  }

  /** Ends the capture; packets still in the kernel's buffer are waited for. */
  async stop(): Promise<void> {
    if (this.#tshark.exitCode !== null || this.#tshark.signalCode !== null) return;
    await new Promise(resolve => setTimeout(resolve, 1000));
    const ended = new Promise(resolve => this.#tshark.once('close', resolve));
    this.#tshark.kill('SIGINT');
    await ended;
    this.#holder.stdin?.end();
  }

  /** One field of every packet that passes the display filter. */
  async fields(filter: string, field: string): Promise<string[]> {
    const out = await this.#read(['-Y', filter, '-T', 'fields', '-e', field]);
    return out.split('\n').filter(line => line !== '');
  }

  /** The decrypted bytes of every TLS connection to `port`, by direction. */
  async decrypted(port: number, keylog: string): Promise<{ up: Buffer; down: Buffer }[]> {
    const streams = new Set(await this.fields(`tcp.dstport == ${port}`, 'tcp.stream'));
    const out = [];
    for (const stream of streams) {
      const keys = ['-o', `tls.keylog_file:${keylog}`];
      const text = await this.#read(['-q', ...keys, '-z', `follow,tls,raw,${stream}`]);
      // What the second node sent is indented; the first may be either side.
      const serverFirst = new RegExp(`^Node 0: .*:${port}$`, 'm').test(text);
      const lines = text.split('\n').filter(line => /^\t?[0-9a-f]+$/.test(line));
      const side = (second: boolean) =>
        Buffer.concat(
          lines.filter(line => line.startsWith('\t') === second).map(line => Buffer.from(line.trim(), 'hex')),
        );
      out.push({ up: side(serverFirst), down: side(!serverFirst) });
    }
    return out;
  }

  async #read(args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('tshark', ['-r', this.#file, ...args], { maxBuffer: 1e9 });
    return stdout;
  }
}

function said(stream: NodeJS.ReadableStream | null, word: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    stream?.on('data', part => {
      text += String(part);
      if (text.includes(word)) resolve();
    });
    stream?.once('close', () => reject(new Error(`ended before it said "${word}": ${text}`)));
  });
}
