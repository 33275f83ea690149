// The device's daemon: one link, one model worker, and the features that meet in them. It never loads the engine itself.

import { fromHex } from '../core/bytes.js';
import type { Clock } from '../core/clock.js';
import { toSkeinError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { ensureFolder } from '../platform/files.js';
import { lockFolder } from '../platform/folderLock.js';
import type { Log } from '../platform/log.js';
import { Upkeep } from '../platform/upkeep.js';
import { packageVersion } from '../platform/version.js';
import type { ModelWorker } from '../platform/worker/types.js';
import type { StatusView } from './answering/requests.js';
import type { AgentConfig } from './config.js';
import { EgressGate } from './egress/gate.js';
import { controlSocket } from './http/controlClient.js';
import { ControlServer } from './http/controlServer.js';
import { loadIdentity } from './identity/identityFolder.js';
import { Learning } from './learning/learning.js';
import { LinkOutlet } from './learning/outlet.js';
import { Link } from './link/link.js';
import { WatchFolder } from './records/watchFolder.js';
import { ReleaseIntake } from './releases/releaseIntake.js';
import { localStatus } from './status.js';
import { agentUpkeep } from './store/upkeep.js';
import { type ModelBench, openModelBench, openWorkbench, type Workbench } from './workbench.js';

export interface AgentOptions {
  readonly config: AgentConfig;
  /** The base model's file. */
  readonly modelFile: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** In place of a child process. */
  readonly worker?: ModelWorker;
}

export interface Agent {
  /** Ends everything in order; what is unfinished goes on at the next start. */
  stop(): Promise<void>;
}

/** Throws `identity/missing`, `io/*`, `store/invalid`, `io/locked` where another daemon runs on the same folder. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { config, clock, log } = options;
  const running: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of running.splice(0).reverse()) {
      await end().catch(error => log.error({ err: error }, 'a part did not end well'));
    }
  };
  try {
    await ensureFolder(config.dataFolder, 0o700);
    running.push(await lockFolder(config.dataFolder, 'agent'));
    const bench = await openWorkbench(config, clock);
    running.push(() => bench.close());
    const parts = await assemble(options, bench);
    const { model, gate, link, intake, learning, control } = parts;
    running.push(() => model.worker.stop());
    for (const part of [control, gate, intake, learning, link, ...storeParts(options, bench)]) {
      await part.start();
      running.push(() => part.stop());
    }
    log.info(
      { device: parts.device, data: config.dataFolder, profile: config.profile.name },
      'agent started',
    );
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function assemble({ config, modelFile, clock, random, log, worker }: AgentOptions, bench: Workbench) {
  const { database, records, releases } = bench;
  const identity = await loadIdentity(config.dataFolder);
  const { fleet, device } = identity;
  const status = async (): Promise<StatusView> => ({
    ...(await localStatus(bench)),
    running: true,
    online: link.connected,
    offlineReason: link.connected ? '' : (link.lastEnd?.code ?? ''),
  });
  const model: ModelBench = openModelBench(bench, modelFile, status, worker);
  const baseModel = await model.base.sha256();
  let release = (await releases.liveContent())?.hash ?? '';

  const { bytesPerDay } = config.policy;
  const gate = new EgressGate({ database, fleet, device, bytesPerDay, clock });
  const link = new Link({
    identity,
    database,
    gate,
    presence: () => ({
      agentVersion: packageVersion(),
      profile: config.profile.name,
      threads: config.model.threads,
      memoryBytes: config.profile.memory,
      baseModels: [baseModel],
      release,
    }),
    clock,
    random,
    log,
    chunkWindow: config.profile.chunkWindow,
  });
  const intake = new ReleaseIntake({
    store: releases,
    base: model.base,
    releaseKey: identity.releaseKey,
    fleet,
    fetchBlob: (sha256, size, signal) => link.fetchBlob(sha256, size, signal),
    clock,
    log,
  });
  const learning = new Learning({
    database,
    records,
    worker: model.worker,
    outlet: new LinkOutlet(link),
    adapterOf: (hash, signal) => intake.adapterOf(hash, signal),
    situation: async () => ({
      acceptTasks: config.policy.acceptTasks,
      minRecords: config.policy.minRecords,
      arithmetic: config.model.arithmetic,
      baseModel,
      bytesLeftToday: await gate.bytesLeftToday(),
    }),
    folder: config.dataFolder,
    clock,
    log,
  });
  const control = new ControlServer({
    socket: controlSocket(config.dataFolder),
    service: model.service,
    log,
  });

  const handled = (what: string, work: Promise<void>): void => {
    work.catch(error => {
      const known = toSkeinError(error);
      log.warn({ code: known.code, err: known }, `${what} was refused`);
    });
  };
  link.events.on('assignment', ({ task, round, message }) => {
    handled('an assignment', learning.offered(task, round, message));
  });
  link.events.on('closed', ({ task, round, message }) => {
    handled('the end of a round', learning.closed(task, round, message));
  });
  link.events.on('delivered', ({ hash, accepted, reason }) => {
    const refusal = accepted ? '' : reason === '' ? 'round/invalid-update' : reason;
    handled('an acknowledgement', learning.acknowledged(fromHex(hash), refusal));
  });
  link.events.on('release', ({ message }) => {
    handled('a release', intake.receive(message));
  });
  intake.events.on('live', ({ hash }) => {
    release = hash;
    // Where there is no session, the next one says it.
    link.announce().catch(() => undefined);
  });
  return { device, model, gate, link, intake, learning, control };
}

interface Part {
  start(): void | Promise<void>;
  stop(): Promise<void>;
}

function storeParts({ config, clock, log }: AgentOptions, { database, records }: Workbench): Part[] {
  const { watchFolder, retentionMs } = config.records;
  const { historyMs } = config;
  const jobs = agentUpkeep({ database, records, clock, retentionMs, historyMs });
  return [
    ...(watchFolder === undefined ? [] : [new WatchFolder({ folder: watchFolder, records, clock, log })]),
    new Upkeep({ jobs, clock, log }),
  ];
}
