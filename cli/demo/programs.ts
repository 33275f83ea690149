// What the demo types: every command line that it runs, and what it expects back. Nothing here that a user could not do.

import { isSkeinError } from '../../core/index.js';
import type { Children, Daemon } from './children.js';

export interface Evaluated {
  readonly count: number;
  /** Null where there was nothing to measure on: a device with few records keeps none out of training. */
  readonly accuracy: number | null;
  readonly exact: number | null;
  /** Hash of the release that answered; empty for the base model. */
  readonly release: string;
}

export interface Invitation {
  readonly id: string;
  readonly token: string;
}

export type Contestant = 'base' | 'alone' | 'live';

export class Programs {
  readonly #children: Children;
  readonly #fleet: string;
  readonly #signal: AbortSignal;

  /** `fleet` is the folder of the fleet. */
  constructor(children: Children, fleet: string, signal: AbortSignal) {
    this.#children = children;
    this.#fleet = fleet;
    this.#signal = signal;
  }

  async init(name: string, model: string): Promise<void> {
    const hosts = ['--host', '127.0.0.1', '--host', 'localhost'];
    await this.#run('skein', ['init', '--fleet', this.#fleet, '--name', name, '--model', model, ...hosts]);
  }

  coordinator(config: string): Daemon {
    return this.#children.start('skein-coordinator', 'coordinator', ['run', '--config', config]);
  }

  addDevice(id: string): Promise<Invitation> {
    return this.#run('skein', ['device', 'add', id, '--fleet', this.#fleet]);
  }

  async submitTask(file: string): Promise<void> {
    await this.#run('skein', ['task', 'submit', file, '--fleet', this.#fleet]);
  }

  async enroll(data: string, token: string): Promise<void> {
    await this.#run('skein-agent', ['enroll', token, '--data', data]);
  }

  async importRecords(data: string, file: string): Promise<void> {
    await this.#run('skein-agent', ['records', 'import', file, '--data', data]);
  }

  agent(id: string, data: string): Daemon {
    return this.#children.start('skein-agent', id, ['run', '--data', data]);
  }

  /** On the records that the device keeps out of training, or on those of `file`. */
  async evaluate(data: string, contestant: Contestant, task: string, file?: string): Promise<Evaluated> {
    const records = file === undefined ? [] : ['--on', file];
    const line = ['evaluate', '--adapter', contestant, '--task', task, ...records, '--data', data];
    try {
      return await this.#run('skein-agent', line);
    } catch (error) {
      if (!isSkeinError(error, 'record/none')) throw error;
      return { count: 0, accuracy: null, exact: null, release: '' };
    }
  }

  async trainAlone(data: string, task: string): Promise<void> {
    await this.#run('skein-agent', ['train', '--alone', '--task', task, '--data', data]);
  }

  #run<T>(program: 'skein' | 'skein-agent', args: readonly string[]): Promise<T> {
    return this.#children.run<T>(program, args, this.#signal);
  }
}
