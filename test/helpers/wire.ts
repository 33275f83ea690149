// A fleet's wire in one test process: real folders, real SQLite, real TLS on ports of their own.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { enrol } from '../../agent/identity/enrol.js';
import type { Identity } from '../../agent/identity/identityFolder.js';
import { Counters } from '../../coordinator/broker/counters.js';
import type { Tap } from '../../coordinator/broker/meteredSocket.js';
import { Refusals } from '../../coordinator/broker/refusals.js';
import { Devices } from '../../coordinator/identity/devices.js';
import { EnrolmentServer } from '../../coordinator/identity/enrolmentServer.js';
import { type FleetIdentity, initFleet, openFleet } from '../../coordinator/identity/fleetFolder.js';
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
