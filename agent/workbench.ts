// What every command of the agent works with: the data folder with its database, records and releases, and, where it is
// needed, the model with its worker.

import path from 'node:path';
import type { Clock } from '../core/clock.js';
import { type Database, openDatabase } from '../platform/database.js';
import { ensureFolder } from '../platform/files.js';
import { startModelWorker } from '../platform/worker/index.js';
import type { ModelWorker } from '../platform/worker/types.js';
import type { StatusView } from './answering/requests.js';
import { LocalService } from './answering/service.js';
import type { AgentConfig } from './config.js';
import { AloneLearning } from './learning/alone.js';
import { Assignments } from './learning/assignments.js';
import { Records } from './records/records.js';
import { ReleaseStore } from './releases/releaseStore.js';
import { agentMigrations } from './store/migrations.js';
import { BaseModel } from './worker/baseModel.js';

export interface Workbench {
  readonly config: AgentConfig;
  readonly clock: Clock;
  readonly database: Database;
  readonly records: Records;
  readonly releases: ReleaseStore;
  readonly assignments: Assignments;
  close(): Promise<void>;
}

/** Makes the data folder (0700) where there is none. Throws `io/*` and `store/invalid`. */
export async function openWorkbench(config: AgentConfig, clock: Clock): Promise<Workbench> {
  await ensureFolder(config.dataFolder, 0o700);
  const database = await openDatabase(path.join(config.dataFolder, 'agent.db'), agentMigrations);
  return {
    config,
    clock,
    database,
    records: new Records(database, clock),
    releases: new ReleaseStore({ database, folder: path.join(config.dataFolder, 'releases'), clock }),
    assignments: new Assignments(database),
    close: () => database.close(),
  };
}

export interface ModelBench {
  readonly worker: ModelWorker;
  readonly base: BaseModel;
  readonly service: LocalService;
}

/** The daemon's own share of the device's memory. */
const daemonBytes = 80e6;

/** Starts nothing yet: the worker's child comes with the first request. `worker` in place of a child, for tests. */
export function openModelBench(
  { config, database, records, releases, assignments }: Workbench,
  modelFile: string,
  status: () => Promise<StatusView>,
  worker: ModelWorker = startModelWorker({
    modelFile,
    arithmetic: config.model.arithmetic,
    threads: config.model.threads,
    idleMs: config.profile.workerIdle,
    memoryBytes: config.profile.memory - daemonBytes,
    nice: config.profile.nice,
  }),
): ModelBench {
  const { dataFolder, model } = config;
  const alone = new AloneLearning({ dataFolder, records, worker, modelName: path.basename(modelFile) });
  const service = new LocalService({
    worker,
    arithmetic: model.arithmetic,
    records,
    releases,
    alone,
    lastTask: async () => (await assignments.latest())?.content.task,
    status,
  });
  return { worker, base: new BaseModel(modelFile, database), service };
}
