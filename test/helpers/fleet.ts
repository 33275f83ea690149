// A whole fleet of real programs in a folder of its own: coordinator, agents, records, a task, and what they leave behind.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import type { DeviceView, ReleaseView, RoundView, StatusView, TaskView } from '../../proto/api.js';
import { RunningProgram, type RunOptions, runJson } from './programs.js';
import { writeTinyModel } from './tinyModel.js';

export interface Labelled {
  readonly text: string;
  readonly label: string;
}

export interface FleetOptions {
  readonly devices: Readonly<Record<string, readonly Labelled[]>>;
  readonly root: readonly Labelled[];
  readonly template?: string;
  readonly labels?: readonly string[];
  readonly rounds?: number;
  readonly seed?: number;
  readonly plan?: Readonly<Record<string, unknown>>;
  readonly adapter?: Readonly<Record<string, unknown>>;
  readonly roundTimeout?: string;
  /** Default: the tiny model. */
  readonly modelFile?: string;
  readonly tap?: boolean;
  /** Options of Node itself for the coordinator, for example `--tls-keylog=FILE`. */
  readonly nodeArgs?: readonly string[];
  /** A process in whose network namespace everything runs. */
  readonly networkOf?: number;
}

export interface Addresses {
  readonly operatorUrl: string;
  readonly mqtt: { readonly host: string; readonly port: number };
  readonly enroll: { readonly host: string; readonly port: number };
}

export class TestFleet {
  readonly folder: string;
  readonly model: string;
  readonly #options: FleetOptions;
  readonly #running = new Map<string, RunningProgram>();
  #addresses: Addresses | undefined;

  private constructor(folder: string, model: string, options: FleetOptions) {
    this.folder = folder;
    this.model = model;
    this.#options = options;
  }

  /** Makes the fleet, starts the coordinator, enrols every device and gives it its records. No agent runs yet. */
  static async create(options: FleetOptions): Promise<TestFleet> {
    const folder = mkdtempSync(path.join(tmpdir(), 'skein-fleet-'));
    const model = options.modelFile ?? (await writeTinyModel(folder));
    const fleet = new TestFleet(folder, model, options);
    try {
      await fleet.#setUp();
    } catch (error) {
      await fleet.destroy();
      throw error;
    }
    return fleet;
  }

  at = (...parts: readonly string[]): string => path.join(this.folder, ...parts);
  data = (device: string): string => this.at('devices', device);

  async #setUp(): Promise<void> {
    await this.skein('init', '--name', 'test', '--host', '127.0.0.1', '--model', this.model);
    const anyPort = { host: '127.0.0.1', port: 0 };
    this.configure({ mqtt: anyPort, enroll: anyPort, http: anyPort });
    await this.startCoordinator();
    // Agents that run on must find the coordinator again after a restart: its ports stay as they came out.
    const { mqtt, enroll } = this.addresses();
    this.configure({ mqtt, enroll, http: anyPort });
    for (const [device, records] of Object.entries(this.#options.devices)) {
      await this.enroll(device);
      const file = this.at(`${device}.jsonl`);
      writeFileSync(file, records.map(record => JSON.stringify(record)).join('\n'));
      await this.agent(device, 'records', 'import', file);
    }
  }

  configure(listeners: Readonly<Record<string, unknown>>): void {
    writeFileSync(
      this.at('fleet', 'skein-coordinator.yaml'),
      stringify({
        ...listeners,
        advertise: { host: '127.0.0.1' },
        model: { file: this.model },
        log: { level: 'debug' },
        ...(this.#options.tap === true && { tap: { file: this.at('tap.bin') } }),
      }),
    );
  }

  /** Where the coordinator listens, or listened last. */
  addresses(): Addresses {
    const file = this.at('fleet', 'coordinator.json');
    if (existsSync(file)) this.#addresses = JSON.parse(readFileSync(file, 'utf8')) as Addresses;
    if (this.#addresses === undefined) throw new Error('the coordinator has not started');
    return this.#addresses;
  }

  async enroll(device: string): Promise<void> {
    mkdirSync(this.data(device), { recursive: true });
    writeFileSync(
      path.join(this.data(device), 'agent.yaml'),
      stringify({ model: { file: this.model, threads: 1 }, log: { level: 'debug' } }),
    );
    const { token } = await this.skein<{ token: string }>('device', 'add', device);
    await this.agent(device, 'enroll', token);
  }

  async startCoordinator(): Promise<RunningProgram> {
    rmSync(this.at('fleet', 'coordinator.json'), { force: true });
    const { nodeArgs = [] } = this.#options;
    const program = new RunningProgram(
      'skein-coordinator',
      ['run', '--config', this.at('fleet', 'skein-coordinator.yaml')],
      this.at('coordinator.log'),
      this.#where({ nodeArgs }),
    );
    this.#running.set('coordinator', program);
    await this.until('the coordinator answers', () =>
      this.status().then(
        () => true,
        () => false,
      ),
    );
    return program;
  }

  startAgent(device: string, options: RunOptions = {}): RunningProgram {
    const args = ['run', '--data', this.data(device)];
    const log = this.at(`${device}.log`);
    const program = new RunningProgram('skein-agent', args, log, this.#where(options));
    this.#running.set(device, program);
    return program;
  }

  startAgents(): void {
    for (const device of Object.keys(this.#options.devices)) this.startAgent(device);
  }

  program(name: string): RunningProgram {
    const program = this.#running.get(name);
    if (program === undefined) throw new Error(`${name} was never started`);
    return program;
  }

  async submitTask(id = 'task'): Promise<void> {
    const { root, labels, template, rounds, seed, plan, adapter, roundTimeout, devices } = this.#options;
    writeFileSync(this.at('root.jsonl'), root.map(record => JSON.stringify(record)).join('\n'));
    const task = {
      id,
      template: template ?? '{text} ->',
      labels: labels ?? [],
      adapter: { rank: 4, ...adapter },
      plan: { batchSize: 4, maxTokens: 64, learningRate: 0.01, ...plan },
      rounds: rounds ?? 1,
      goal: Object.keys(devices).length,
      roundTimeout: roundTimeout ?? '5m',
      seed: seed ?? 7,
      root: 'root.jsonl',
    };
    writeFileSync(this.at('task.yaml'), stringify(task));
    await this.skein('task', 'submit', this.at('task.yaml'));
  }

  skein<T>(...args: readonly string[]): Promise<T> {
    return runJson<T>('skein', [...args, '--fleet', this.at('fleet')], this.#where());
  }

  /** Runs a command of the agent with `--json`. */
  agent<T>(device: string, ...args: readonly string[]): Promise<T> {
    return runJson<T>('skein-agent', [...args, '--data', this.data(device)], this.#where());
  }

  #where(options: RunOptions = {}): RunOptions {
    const { networkOf } = this.#options;
    return { ...options, ...(networkOf !== undefined && { networkOf }) };
  }

  /** The operator's API itself: quicker than a process, for what is asked again and again. */
  async #get<T>(route: string): Promise<T> {
    const token = readFileSync(this.at('fleet', 'identity', 'operator.token'), 'utf8').trim();
    const url = new URL(route, this.addresses().operatorUrl);
    const { networkOf } = this.#options;
    if (networkOf !== undefined) return fetchInside<T>(networkOf, url, token);
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  status = (): Promise<StatusView> => this.#get('/api/status');
  devices = async (): Promise<readonly DeviceView[]> =>
    (await this.#get<{ devices: DeviceView[] }>('/api/devices')).devices;
  rounds = async (): Promise<readonly RoundView[]> =>
    (await this.#get<{ rounds: RoundView[] }>('/api/rounds')).rounds;
  releases = async (): Promise<readonly ReleaseView[]> =>
    (await this.#get<{ releases: ReleaseView[] }>('/api/releases')).releases;
  tasks = async (): Promise<readonly TaskView[]> =>
    (await this.#get<{ tasks: TaskView[] }>('/api/tasks')).tasks;

  /** The task's end; fails with the reason where it is not `done`. */
  async taskDone(): Promise<readonly RoundView[]> {
    await this.until('the task ends', async () => (await this.tasks())[0]?.state !== 'running');
    const task = (await this.tasks())[0];
    if (task?.state !== 'done') throw new Error(`the task is ${task?.state}: ${task?.reason}`);
    return this.rounds();
  }

  /** Polls; what is asked for may fail while a program is down. */
  async until(what: string, holds: () => Promise<boolean>, withinMs = 120_000): Promise<void> {
    const end = Date.now() + withinMs;
    for (;;) {
      if (await holds().catch(() => false)) return;
      if (Date.now() > end) throw new Error(`waited in vain until ${what}\n${this.logs()}`);
      await new Promise(resolve => setTimeout(resolve, 25));
    }
  }

  /** Ends of all logs, for the message of a failed test. */
  logs(lines = 25): string {
    return [...this.#running]
      .map(([name, program]) => `--- ${name}\n${program.log.split('\n').slice(-lines).join('\n')}`)
      .join('\n');
  }

  async stop(): Promise<void> {
    const agents = [...this.#running].filter(([name]) => name !== 'coordinator');
    await Promise.all(agents.map(([, program]) => program.stop()));
    await this.#running.get('coordinator')?.stop();
  }

  /** Ends everything and removes the folder. */
  async destroy(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function fetchInside<T>(pid: number, url: URL, token: string): Promise<T> {
  const script = `fetch(process.argv[1], { headers: { authorization: 'Bearer ' + process.argv[2] } })
    .then(response => (response.ok ? response.text() : Promise.reject(response.status)))
    .then(text => process.stdout.write(text));`;
  const args = ['-t', String(pid), '-n', process.execPath, '-e', script, url.href, token];
  const { stdout } = await promisify(execFile)('nsenter', args, { maxBuffer: 1e8 });
  return JSON.parse(stdout) as T;
}
