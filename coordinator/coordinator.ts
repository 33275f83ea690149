// The whole coordinator: its parts made, wired and started in order, and stopped in the opposite one.

import { sign, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../core/clock.js';
import { SkeinError } from '../core/errors.js';
import type { Random } from '../core/random.js';
import { openDatabase } from '../platform/database.js';
import { writeFileAtomic } from '../platform/files.js';
import { lockFolder } from '../platform/folderLock.js';
import type { Log } from '../platform/log.js';
import { defaultModel } from '../platform/modelFile.js';
import { cacheFolder } from '../platform/paths.js';
import { Upkeep } from '../platform/upkeep.js';
import { packageVersion } from '../platform/version.js';
import { startModelWorker } from '../platform/worker/index.js';
import type { ModelWorker } from '../platform/worker/types.js';
import { Broker } from './broker/broker.js';
import { Counters } from './broker/counters.js';
import { Refusals } from './broker/refusals.js';
import type { CoordinatorConfig } from './config.js';
import { type BaseModel, readBaseModel } from './evaluation/baseModel.js';
import { Evaluator } from './evaluation/evaluator.js';
import { Fleet } from './fleet/fleet.js';
import { openTap } from './fleet/tap.js';
import { Feed } from './http/feed.js';
import { FleetOperator } from './http/fleetOperator.js';
import { HttpServer } from './http/server.js';
import { Devices, type Endpoints } from './identity/devices.js';
import { EnrolmentServer } from './identity/enrolmentServer.js';
import { type FleetIdentity, openFleet } from './identity/fleetFolder.js';
import { Blobs } from './inbox/blobs.js';
import { presenceHandler } from './inbox/handlers/presence.js';
import { progressHandler } from './inbox/handlers/progress.js';
import { replyHandler } from './inbox/handlers/reply.js';
import { updateConsumer } from './inbox/handlers/update.js';
import { Inbox } from './inbox/inbox.js';
import { Post } from './inbox/post.js';
import { Releases } from './releases/releases.js';
import { Rounds } from './rounds/rounds.js';
import { RoundTraffic } from './rounds/traffic.js';
import { RoundWork } from './rounds/work.js';
import { coordinatorMigrations } from './store/migrations.js';
import { coordinatorUpkeep } from './store/upkeep.js';
import { readRootSet } from './tasks/tasks.js';

const workerIdleMs = 10 * 60_000;

export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly signal?: AbortSignal;
  /** Default: a child process with the engine. */
  readonly worker?: ModelWorker;
}

/** Where the coordinator can be reached; `coordinator.json` in the fleet's folder holds the same. */
export interface Addresses {
  readonly fleet: string;
  readonly pid: number;
  readonly operatorUrl: string;
  readonly mqtt: { readonly host: string; readonly port: number };
  readonly enroll: { readonly host: string; readonly port: number };
}

export interface RunningCoordinator {
  readonly addresses: Addresses;
  readonly operatorToken: string;
  readonly rounds: Rounds;
  readonly operator: FleetOperator;
  /** Nothing that was acknowledged is lost by it. */
  stop(): Promise<void>;
}

export const addressFile = (folder: string): string => path.join(folder, 'coordinator.json');

/** Throws `identity/missing` before `skein init`, `io/locked`, `net/port-busy`, `io/*`, `gguf/*` and what else keeps a part from starting. */
export async function startCoordinator(
  config: CoordinatorConfig,
  surroundings: Surroundings,
): Promise<RunningCoordinator> {
  const stops: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    return { ...(await start(config, surroundings, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  config: CoordinatorConfig,
  { clock, random, log, signal, worker: given }: Surroundings,
  stops: (() => Promise<void> | void)[],
): Promise<Omit<RunningCoordinator, 'stop'>> {
  const folder = config.dataFolder;
  const identity = await openFleet(folder);
  stops.push(await lockFolder(folder, 'coordinator'));
  const database = await openDatabase(path.join(folder, 'coordinator.db'), coordinatorMigrations);
  stops.push(() => database.close());
  const counters = new Counters({ database, clock, log });
  await counters.start();
  stops.push(() => counters.stop());

  const model = await findModel(config, log, signal);
  const worker =
    model && (given ?? startModelWorker({ ...config.model, modelFile: model.file, idleMs: workerIdleMs }));
  if (worker !== undefined) stops.push(() => worker.stop());
  const evaluator = worker && new Evaluator(worker);

  // The wire.
  const tap = config.tapFile === undefined ? undefined : openTap(config.tapFile, log);
  if (tap !== undefined) {
    log.warn({ file: config.tapFile }, 'everything that devices send is written to the tap');
    stops.push(() => tap.close());
  }
  const onBytes = tap && { onBytes: tap.tap };
  const refusals = new Refusals(counters, log, clock);
  const devices = new Devices({ database, fleet: identity, clock, random });
  const broker = new Broker({ fleet: identity, devices, counters, refusals, log, ...onBytes });
  const post = new Post({ fleet: identity.fleet, broker, clock });
  const files = new Blobs(database, 'files');
  const inbox = new Inbox({
    fleet: identity.fleet,
    database,
    broker,
    post,
    files,
    counters,
    refusals,
    clock,
    log,
  });
  const enrolment = new EnrolmentServer({ fleet: identity, devices, refusals, clock, log, ...onBytes });

  // Learning.
  const fleet = new Fleet(database, clock);
  const releases = new Releases({
    database,
    clock,
    fleet: identity.fleet,
    sign: bytes => new Uint8Array(sign(null, bytes, identity.releaseKey)),
  });
  const updates = new Blobs(database, 'updates');
  const rootSet = (task: string) => readRootSet(database, task);
  const work = new RoundWork({ files, updates, releases, model, evaluator, rootSet });
  const traffic = new RoundTraffic(device => ({
    up: counters.value('up', device),
    down: counters.value('down', device),
  }));
  const rounds = new Rounds({
    database,
    clock,
    log,
    name: identity.fleet,
    fleet,
    releases,
    work,
    traffic,
    send: (device, kind, context, message) => post.send(device, kind, context, message),
  });

  // The operator.
  const feed = new Feed(clock, log);
  let endpoints: Endpoints | undefined;
  const operator = new FleetOperator({
    fleetName: identity.fleet,
    version: packageVersion(),
    startedMs: clock.now(),
    devices,
    fleet,
    rounds,
    traffic,
    work,
    releases,
    counters,
    feed,
    model,
    evaluator,
    endpoints: () => {
      if (endpoints === undefined) throw new SkeinError('internal', 'Nothing listens yet.');
      return endpoints;
    },
  });

  inbox.handle(
    'presence',
    presenceHandler({ fleet, rounds, broker, onChange: device => operator.touchDevice(device) }),
  );
  inbox.handle('reply', replyHandler(rounds));
  inbox.handle('progress', progressHandler(rounds));
  inbox.onUpdate(updateConsumer(rounds));

  await fleet.start();
  await traffic.start(database);
  operator.start();
  stops.push(
    () => feed.stop(),
    () => operator.stop(),
  );
  await rounds.start();
  stops.push(() => rounds.stop());
  await inbox.start();
  stops.push(() => inbox.stop());
  const { historyMs, keepReleases } = config;
  const upkeep = new Upkeep({
    jobs: coordinatorUpkeep({
      database,
      rounds,
      releases,
      files,
      updates,
      clock,
      historyMs,
      keepReleases,
    }),
    clock,
    log,
  });
  await upkeep.start();
  stops.push(() => upkeep.stop());
  const mqttPort = await broker.start(config.mqtt);
  stops.push(() => broker.stop());
  // A will may not come, or late: what the broker sees of a connection counts as well.
  const offDisconnected = broker.events.on('disconnected', device => {
    if (broker.isConnected(device)) return;
    fleet.disconnected(device).then(
      () => operator.touchDevice(device),
      error => log.error({ err: error, device }, 'a device could not be marked offline'),
    );
  });
  stops.push(offDisconnected);
  const enrollPort = await enrolment.start(config.enroll);
  stops.push(() => enrolment.stop());
  const host = config.advertiseHost ?? firstName(identity);
  endpoints = { host, port: enrollPort, mqttHost: host, mqttPort };
  const http = new HttpServer({ ...config.http, token: identity.operatorToken, operator, log });
  const httpPort = await http.start();
  stops.push(() => http.stop());

  const addresses: Addresses = {
    fleet: identity.fleet,
    pid: process.pid,
    operatorUrl: `http://${urlHost(config.http.host)}:${httpPort}`,
    mqtt: { host: config.mqtt.host, port: mqttPort },
    enroll: { host: config.enroll.host, port: enrollPort },
  };
  await writeFileAtomic(addressFile(folder), `${JSON.stringify(addresses, null, 2)}\n`, 0o600);
  stops.push(() => rm(addressFile(folder), { force: true }));
  log.info({ ...addresses, model: model?.sha256 ?? null }, 'coordinator started');
  return { addresses, operatorToken: identity.operatorToken, rounds, operator };
}

/** The configured model, or the one that is cached; without either the coordinator still serves its releases. */
async function findModel(
  { model: { file } }: CoordinatorConfig,
  log: Log,
  signal: AbortSignal | undefined,
): Promise<BaseModel | undefined> {
  const cached = path.join(cacheFolder(), 'models', defaultModel.fileName);
  const found = file ?? (existsSync(cached) ? cached : undefined);
  if (found !== undefined) return readBaseModel(found, signal);
  log.warn(
    { code: 'model/not-found', looked: cached },
    'no model: no task can run; get one with: skein model get',
  );
  return undefined;
}

/** The first name that `skein init` put into the coordinator's certificate. */
function firstName({ serverCertificate }: FleetIdentity): string {
  const names = new X509Certificate(serverCertificate).subjectAltName ?? '';
  return /^(?:DNS|IP Address):([^,]+)/.exec(names)?.[1] ?? 'localhost';
}

/** Listening everywhere includes loopback; IPv6 addresses stand in brackets. */
const urlHost = (host: string): string =>
  host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
