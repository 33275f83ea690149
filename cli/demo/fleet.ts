// The demo's fleet: a coordinator and its devices, each a process of its own, set up the way an operator would.

import { isSkeinError, SkeinError, sleep, systemClock } from '../../core/index.js';
import type { DeviceView } from '../../proto/api.js';
import type { FleetClient } from '../client.js';
import { connect } from '../fleet.js';
import type { Children, Daemon } from './children.js';
import { type DemoFolder, type TaskChoices, taskFile } from './demoFolder.js';
import { Programs } from './programs.js';
import type { DemoData } from './records/dataset.js';

export interface DemoDevice {
  readonly id: string;
  readonly records: number;
  /** The agent's data folder. */
  readonly data: string;
}

export interface DemoFleet {
  readonly programs: Programs;
  readonly client: FleetClient;
  readonly devices: readonly DemoDevice[];
  readonly daemons: readonly Daemon[];
}

export const profile = 'x86-mini-pc';
const fleetName = 'demo';
const patienceMs = 60_000;
const pollMs = 100;

/** Writes records, task files and configurations; nothing runs yet. */
export async function layOut(
  place: DemoFolder,
  data: DemoData,
  task: TaskChoices,
  model: string,
): Promise<void> {
  await place.writeRecords('holdout.jsonl', data.holdout);
  await place.writeRecords('root.jsonl', data.root);
  await place.writeYaml('task.yaml', taskFile(data, task, 1));
  // The fair comparison: as many passes over the device's own records as the rounds take together.
  await place.writeYaml('alone.yaml', taskFile(data, task, task.rounds));
  for (const { id, records } of data.devices) {
    await place.writeRecords(`records/${id}.jsonl`, records);
    // Four agents share a small machine here: one thread each, whatever the profile would allow on its own.
    await place.writeYaml(`devices/${id}/agent.yaml`, {
      profile,
      model: { file: model, threads: 1 },
      log: { level: 'info' },
    });
  }
}

export async function startCoordinator(
  place: DemoFolder,
  children: Children,
  model: string,
  signal: AbortSignal,
): Promise<{ programs: Programs; client: FleetClient; coordinator: Daemon }> {
  const folder = place.at('fleet');
  const programs = new Programs(children, folder, signal);
  await programs.init(fleetName, model);
  // Any free ports, and a record of everything that arrives: what the leak search reads.
  await place.writeYaml('fleet/skein-coordinator.yaml', {
    mqtt: { host: '127.0.0.1', port: 0 },
    enroll: { host: '127.0.0.1', port: 0 },
    http: { host: '127.0.0.1', port: 0 },
    advertise: { host: '127.0.0.1' },
    // It evaluates while the devices wait for its release: the machine is its own then.
    model: { file: model, threads: 2 },
    tap: { file: place.at('tap.bin') },
  });
  const coordinator = programs.coordinator(place.at('fleet', 'skein-coordinator.yaml'));
  const client = await orDeath(coordinator, answering(folder, signal));
  return { programs, client, coordinator };
}

/** The coordinator writes down where it listens once it does. */
async function answering(fleet: string, signal: AbortSignal): Promise<FleetClient> {
  for (const until = Date.now() + patienceMs; ; ) {
    try {
      const client = await connect({ fleet }, signal, {});
      await client.status();
      return client;
    } catch (error) {
      const early = isSkeinError(error, 'io/not-found') || isSkeinError(error, 'net/refused');
      if (!early || Date.now() > until) throw error;
    }
    await sleep(systemClock, pollMs, signal);
  }
}

/** Invites, enrols, imports and starts one device. */
export async function startDevice(
  place: DemoFolder,
  programs: Programs,
  id: string,
  records: number,
): Promise<{ device: DemoDevice; daemon: Daemon }> {
  const data = place.at('devices', id);
  const { token } = await programs.addDevice(id);
  await programs.enroll(data, token);
  await programs.importRecords(data, place.at('records', `${id}.jsonl`));
  return { device: { id, records, data }, daemon: programs.agent(id, data) };
}

/** Until every device is as `wanted` says; the coordinator knows it from their presence. */
export async function allDevices(
  { client, devices }: Pick<DemoFleet, 'client' | 'devices'>,
  what: string,
  wanted: (device: DeviceView) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const ids = new Set(devices.map(({ id }) => id));
  for (const until = Date.now() + patienceMs; ; ) {
    const ready = (await client.devices()).filter(device => ids.has(device.id) && wanted(device));
    if (ready.length === ids.size) return;
    if (Date.now() > until) {
      throw new SkeinError('demo/failed', `Only ${ready.length} of ${ids.size} devices ${what}.`);
    }
    await sleep(systemClock, pollMs, signal);
  }
}

/** Whatever happens first: the work's end, or a daemon's that it depends on. */
export const orDeath = <T>(daemon: Daemon, work: Promise<T>): Promise<T> => Promise.race([work, daemon.died]);
