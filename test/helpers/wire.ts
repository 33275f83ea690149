// A fleet's wire in one test process: real folders, real SQLite, real TLS on ports of their own.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EgressGate } from '../../agent/egress/gate.js';
import { enrol } from '../../agent/identity/enrol.js';
import type { Identity } from '../../agent/identity/identityFolder.js';
import { Link, type LinkOptions } from '../../agent/link/link.js';
import { linkSchema } from '../../agent/store/schema/link.js';
import { Broker } from '../../coordinator/broker/broker.js';
import { Counters } from '../../coordinator/broker/counters.js';
import type { Tap } from '../../coordinator/broker/meteredSocket.js';
import { Refusals } from '../../coordinator/broker/refusals.js';
import { Devices } from '../../coordinator/identity/devices.js';
import { EnrolmentServer } from '../../coordinator/identity/enrolmentServer.js';
import { type FleetIdentity, initFleet, openFleet } from '../../coordinator/identity/fleetFolder.js';
import { Blobs } from '../../coordinator/inbox/blobs.js';
import { Inbox } from '../../coordinator/inbox/inbox.js';
import { Post } from '../../coordinator/inbox/post.js';
import type { UploadLimits } from '../../coordinator/inbox/uploads.js';
import type { VerifiedUpdate } from '../../coordinator/inbox/verified.js';
import { wireSchema } from '../../coordinator/store/schema/wire.js';
import { systemClock } from '../../core/clock.js';
import { systemRandom } from '../../core/random.js';
import { type Database, openDatabase } from '../../platform/database.js';
import { silentLog } from '../../platform/log.js';

export const temporaryFolder = (name: string): Promise<string> =>
  mkdtemp(path.join(tmpdir(), `skein-${name}-`));

export const newFleetFolder = async (fleet = 'test'): Promise<string> => {
  const folder = await temporaryFolder('fleet');
  await initFleet(folder, {
    fleet,
    hosts: ['127.0.0.1', 'localhost'],
    clock: systemClock,
    random: systemRandom,
  });
  return folder;
};

/** Everything of a coordinator below its inbox. Opened again on the same folder it is the same coordinator restarted. */
export interface Gate {
  readonly folder: string;
  readonly identity: FleetIdentity;
  readonly database: Database;
  readonly counters: Counters;
  readonly refusals: Refusals;
  readonly devices: Devices;
  readonly enrolment: EnrolmentServer;
  readonly enrolmentPort: number;
  stop(): Promise<void>;
}

export async function openGate(
  folder: string,
  options: { onBytes?: Tap; log?: typeof silentLog } = {},
): Promise<Gate> {
  const log = options.log ?? silentLog;
  const identity = await openFleet(folder);
  const database = await openDatabase(path.join(folder, 'wire.db'), [{ version: 1, sql: wireSchema }]);
  const counters = new Counters({ database, clock: systemClock, log });
  await counters.start();
  const refusals = new Refusals(counters, log, systemClock);
  const devices = new Devices({ database, fleet: identity, clock: systemClock, random: systemRandom });
  const enrolment = new EnrolmentServer({
    fleet: identity,
    devices,
    refusals,
    clock: systemClock,
    log,
    ...(options.onBytes && { onBytes: options.onBytes }),
  });
  const enrolmentPort = await enrolment.start({ host: '127.0.0.1', port: 0 });
  return {
    folder,
    identity,
    database,
    counters,
    refusals,
    devices,
    enrolment,
    enrolmentPort,
    async stop() {
      await enrolment.stop();
      await counters.stop();
      await database.close();
    },
  };
}

export const invite = async (
  gate: Gate,
  device: string,
  mqttPort = 1,
  lifetimeMs = 60_000,
): Promise<string> => {
  const endpoints = { host: '127.0.0.1', port: gate.enrolmentPort, mqttHost: '127.0.0.1', mqttPort };
  return (await gate.devices.invite(device, endpoints, lifetimeMs)).token;
};

export const enrolled = async (gate: Gate, device: string, mqttPort = 1): Promise<Identity> =>
  enrol(await temporaryFolder('device'), await invite(gate, device, mqttPort));

/** What a coordinator heard, and the machinery that heard it. */
export interface Coordinator extends Gate {
  readonly broker: Broker;
  readonly port: number;
  readonly post: Post;
  readonly files: Blobs;
  readonly inbox: Inbox;
  readonly heard: { readonly device: string; readonly kind: string; readonly message: object }[];
  readonly taken: VerifiedUpdate[];
}

export interface CoordinatorOptions {
  readonly port?: number;
  readonly onBytes?: Tap;
  readonly limits?: Partial<UploadLimits>;
  readonly admit?: (update: { device: string; task: string; round: number; size: number }) => Promise<void>;
  readonly take?: (update: VerifiedUpdate) => Promise<void>;
  readonly log?: typeof silentLog;
}

export async function openCoordinator(
  folder: string,
  options: CoordinatorOptions = {},
): Promise<Coordinator> {
  const gate = await openGate(folder, options);
  const { identity, devices, counters, refusals, database } = gate;
  const log = options.log ?? silentLog;
  const broker = new Broker({
    fleet: identity,
    devices,
    counters,
    refusals,
    log,
    ...(options.onBytes && { onBytes: options.onBytes }),
  });
  const fleet = identity.fleet;
  const post = new Post({ fleet, broker, clock: systemClock });
  const files = new Blobs(database, 'files');
  const inbox = new Inbox({
    fleet,
    database,
    broker,
    post,
    files,
    counters,
    refusals,
    clock: systemClock,
    log,
    ...(options.limits && { limits: options.limits }),
  });
  const heard: Coordinator['heard'] = [];
  const taken: VerifiedUpdate[] = [];
  for (const kind of ['presence', 'reply', 'progress'] as const) {
    inbox.handle(kind, async ({ device, message }) => {
      heard.push({ device, kind, message });
    });
  }
  inbox.onUpdate({
    ...(options.admit && { admit: options.admit }),
    async take(update) {
      await options.take?.(update);
      taken.push(update);
    },
  });
  await inbox.start();
  const port = await broker.start({ host: '127.0.0.1', port: options.port ?? 0 });
  return {
    ...gate,
    broker,
    port,
    post,
    files,
    inbox,
    heard,
    taken,
    async stop() {
      await broker.stop();
      await inbox.stop();
      await gate.stop();
    },
  };
}

export interface Device {
  readonly folder: string;
  readonly identity: Identity;
  readonly database: Database;
  readonly gate: EgressGate;
  readonly link: Link;
  stop(): Promise<void>;
}

export const aboutDevice = {
  agentVersion: '0.0.0',
  profile: 'test',
  threads: 1,
  memoryBytes: 1,
  baseModels: [],
  release: '',
};

export interface DeviceOptions
  extends Partial<Pick<LinkOptions, 'chunkWindow' | 'retryMs' | 'backoff' | 'keepaliveMs' | 'log'>> {
  readonly bytesPerDay?: number;
}

/** Opened again on the same folder it is the same device restarted. Not started. */
export async function openDevice(
  folder: string,
  identity: Identity,
  options: DeviceOptions = {},
): Promise<Device> {
  const { bytesPerDay = 1e9, ...rest } = options;
  const database = await openDatabase(path.join(folder, 'link.db'), [{ version: 1, sql: linkSchema }]);
  const gate = new EgressGate({
    database,
    fleet: identity.fleet,
    device: identity.device,
    bytesPerDay,
    clock: systemClock,
  });
  await gate.start();
  const link = new Link({
    identity,
    database,
    gate,
    presence: () => aboutDevice,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    backoff: { minMs: 20, maxMs: 100, stableMs: 1000, revokedMs: 3_600_000 },
    retryMs: 300,
    ...rest,
  });
  return {
    folder,
    identity,
    database,
    gate,
    link,
    async stop() {
      await link.stop();
      await gate.stop();
      await database.close();
    },
  };
}

/** Enrolled with a running coordinator, and connected. */
export async function connectedDevice(
  coordinator: Coordinator,
  name: string,
  options: DeviceOptions = {},
): Promise<Device> {
  const identity = await enrolled(coordinator, name, coordinator.port);
  const device = await openDevice(await temporaryFolder('device'), identity, options);
  device.link.start();
  await until(
    () =>
      device.link.connected &&
      coordinator.heard.some(({ device, kind }) => device === name && kind === 'presence'),
  );
  return device;
}

/** Waits for something that comes by itself; the test's own time limit is the only one. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 5));
}
