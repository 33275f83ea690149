// A coordinator's rounds over a real database, and scripted devices that answer assignments, without any network.

import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { BaseModel } from '../../coordinator/evaluation/baseModel.js';
import { Evaluator } from '../../coordinator/evaluation/evaluator.js';
import { Fleet } from '../../coordinator/fleet/fleet.js';
import { Blobs } from '../../coordinator/inbox/blobs.js';
import { Releases } from '../../coordinator/releases/releases.js';
import { Rounds } from '../../coordinator/rounds/rounds.js';
import { RoundTraffic } from '../../coordinator/rounds/traffic.js';
import { RoundWork } from '../../coordinator/rounds/work.js';
import { coordinatorMigrations } from '../../coordinator/store/migrations.js';
import { readRootSet, type Task } from '../../coordinator/tasks/tasks.js';
import { sha256 } from '../../core/bytes.js';
import type { Clock } from '../../core/clock.js';
import { updateTensors } from '../../federation/update/shape.js';
import { BlobStore } from '../../platform/blobStore.js';
import { type Database, openDatabase } from '../../platform/database.js';
import { silentLog } from '../../platform/log.js';
import type { ModelWorker } from '../../platform/worker/types.js';
import type { Assignment, KindMessages, NamedTensor, Presence } from '../../proto/messages.js';
import { decodeUpdate, encodeUpdate } from '../../proto/update.js';

/** Time stands still, and timers run when the test says so. */
export class ManualClock implements Clock {
  #now = 1_700_000_000_000;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.#now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.atMs > this.#now) continue;
      this.#timers.delete(timer);
      timer.run();
    }
  }
}

export const baseModel: BaseModel = {
  file: '',
  sha256: 'ab'.repeat(32),
  contextLength: 512,
  adapterTensors: ({ rank }) => [
    { name: 'model.layers.0.self_attn.q_proj.lora_A.weight', shape: [rank, 4] },
    { name: 'model.layers.0.self_attn.q_proj.lora_B.weight', shape: [6, rank] },
  ],
  freshAdapter: (shape, seed) =>
    baseModel.adapterTensors(shape).map(({ name, shape }) => ({ name, shape, values: values(shape, seed) })),
};

export const task: Task = {
  id: 'notes',
  baseModel: baseModel.sha256,
  template: 'Note: {text}\nTeam:',
  labels: ['x', 'y'],
  adapter: { mode: 'lora', rank: 2, alpha: 4, targets: ['q'] },
  plan: {
    localEpochs: 1,
    batchSize: 4,
    learningRate: 0.003,
    weightDecay: 0,
    clipNorm: 1,
    maxTokens: 64,
    arithmetic: 'fast',
  },
  aggregation: 'weighted-mean',
  rounds: 2,
  goal: 3,
  minimum: 2,
  roundTimeoutMs: 60_000,
  seed: 5,
};
export const root = [{ text: 'a private-looking text of the coordinator', label: 'x' }];

const values = (shape: readonly number[], salt: number): Float32Array =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(salt + i));

/** Says what a device with these public choices would have learned. */
export function encodedUpdate(assignment: Assignment, change: Partial<{ values: number }> = {}): Uint8Array {
  const { task, seed, nonce, startRelease } = assignment;
  const shapes = updateTensors(task.adapter.mode, baseModel.adapterTensors(task.adapter));
  const tensors: NamedTensor[] = shapes.map(({ name, shape }) => ({
    name,
    shape,
    values: values(shape, (change.values ?? 0) + (seed % 1000)),
  }));
  return encodeUpdate({ nonce, startRelease, examples: 1 + (seed % 7), tensors });
}

export const presence: Presence = {
  epoch: 1,
  online: true,
  agentVersion: '0.1.0',
  profile: 'test',
  threads: 1,
  memoryBytes: 1,
  bytesLeftToday: 1,
  baseModels: [baseModel.sha256],
  release: '',
};

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
export const releaseKey = publicKey;

export interface Sent {
  readonly device: string;
  readonly kind: 'assignment' | 'release' | 'closed';
  readonly message: KindMessages['assignment' | 'release' | 'closed'];
}

/** One process of a coordinator; a second one on the same folder is its restart. */
export class Stand {
  readonly database: Database;
  readonly fleet: Fleet;
  readonly releases: Releases;
  readonly rounds: Rounds;
  readonly work: RoundWork;
  readonly blobs: BlobStore;
  readonly sent: Sent[] = [];
  /** Called for what the coordinator sends, after it is noted. */
  onSent: (sent: Sent) => void = () => undefined;
  accuracies = 0;
  #epoch: number;

  private constructor(database: Database, clock: Clock, epoch: number) {
    this.database = database;
    this.#epoch = epoch;
    this.blobs = new BlobStore(database);
    this.fleet = new Fleet(database, clock);
    this.releases = new Releases({
      database,
      clock,
      fleet: 'hospital',
      sign: bytes => new Uint8Array(sign(null, bytes, privateKey)),
    });
    const evaluate = async (): Promise<{ accuracy: number }> => {
      this.accuracies++;
      return { accuracy: 0.5 };
    };
    this.work = new RoundWork({
      files: new Blobs(database, 'files'),
      updates: new Blobs(database, 'updates'),
      releases: this.releases,
      model: baseModel,
      evaluator: new Evaluator({ evaluate } as unknown as ModelWorker),
      rootSet: id => readRootSet(database, id),
    });
    this.rounds = new Rounds({
      database,
      clock,
      log: silentLog,
      name: 'hospital',
      fleet: this.fleet,
      releases: this.releases,
      work: this.work,
      traffic: new RoundTraffic(() => ({ up: 0, down: 0 })),
      send: async (device, kind, _, message) => {
        this.sent.push({ device, kind, message });
        this.onSent({ device, kind, message });
      },
    });
  }

  static async open(folder: string, clock: Clock, epoch = 1): Promise<Stand> {
    const database = await openDatabase(path.join(folder, 'coordinator.db'), coordinatorMigrations);
    return new Stand(database, clock, epoch);
  }

  async start(): Promise<void> {
    await this.fleet.start();
    await this.rounds.start();
  }

  async birth(device: string): Promise<void> {
    await this.fleet.update(device, { ...presence, epoch: this.#epoch });
    await this.rounds.online(device);
  }

  /** What the inbox does when the last chunk of an update has come. */
  async deliver(
    device: string,
    assignment: Assignment,
    round: number,
    bytes = encodedUpdate(assignment),
  ): Promise<string> {
    const received = { hash: sha256(bytes), bytes, update: decodeUpdate(bytes) };
    return this.rounds.update(device, { task: assignment.task.id, round }, received);
  }

  async stop(): Promise<void> {
    await this.rounds.stop();
    await this.database.close();
  }
}

export async function temporaryFolder(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'skein-rounds-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
