// Follows the fleet: loads everything, then applies server-sent events; after a break it backs off and loads again.
import { effect } from '@preact/signals';
import type { DeviceView, ReleaseView, RoundView, StatusView, TaskView } from '../../proto/api.js';
import { request } from './client.js';
import { EventConnection } from './events.js';
import { applyEvent } from './fleetState.js';
import { pause } from './pause.js';
import { connection, fleet } from './store.js';
import { token } from './token.js';

const firstRetryMs = 500;
const lastRetryMs = 15_000;
/** A connection can die without a word (a sleeping laptop, a lost Wi-Fi): from time to time it is put to the test. */
const checkMs = 15_000;
const answerMs = 10_000;

/** Starts, and follows with whatever token there is from then on. */
export function follow(): void {
  effect(() => {
    if (token.value === undefined) {
      fleet.value = undefined;
      connection.value = 'connecting';
      return;
    }
    const stop = new AbortController();
    void keepFollowing(token.value, stop.signal);
    return () => stop.abort();
  });
}

async function keepFollowing(withToken: string, stop: AbortSignal): Promise<void> {
  for (let failures = 0; !stop.aborted; failures++) {
    if (await followOnce(withToken, stop)) failures = 0;
    if (stop.aborted) return;
    connection.value = 'reconnecting';
    await pause(Math.min(lastRetryMs, firstRetryMs * 2 ** failures) * (0.5 + Math.random() / 2), stop);
  }
}

/** One connection, until it breaks or goes silent; answers whether it had come up. */
async function followOnce(withToken: string, stop: AbortSignal): Promise<boolean> {
  const broken = new AbortController();
  const ended = AbortSignal.any([stop, broken.signal]);
  let events: EventConnection | undefined;
  let cameUp = false;
  try {
    // An event source does not say why it fails: this request finds out whether the token is the right one.
    await inTime(request('status', undefined, ended), broken);
    events = new EventConnection(withToken, () => broken.abort());
    // The snapshot is asked for once events flow: a change between the two would be missed.
    await inTime(events.opened(), broken);
    await inTime(load(ended), broken);
    events.deliver(batch => {
      if (fleet.value !== undefined) fleet.value = batch.reduce(applyEvent, fleet.value);
      // A release that goes live ends another.
      if (batch.some(({ type }) => type === 'release')) loadReleases(ended).catch(() => {});
    });
    connection.value = 'live';
    cameUp = true;
    while (!ended.aborted) {
      await pause(checkMs, ended);
      await inTime(check(ended), broken);
    }
  } catch {
    // However it broke, the answer is the same: connect again.
  } finally {
    events?.close();
  }
  return cameUp;
}

/** Waits for a step, and breaks the connection where it takes too long. */
async function inTime<T>(step: Promise<T>, broken: AbortController): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      broken.abort();
      reject(new Error('no answer in time'));
    }, answerMs);
  });
  return Promise.race([step, late]).finally(() => clearTimeout(timer));
}

/** Brings besides what no event tells: bytes of devices, messages that were refused. */
async function check(signal: AbortSignal): Promise<void> {
  const [status, { devices }] = await Promise.all([
    request<StatusView>('status', undefined, signal),
    request<{ devices: DeviceView[] }>('devices', undefined, signal),
  ]);
  if (fleet.value !== undefined)
    fleet.value = applyEvent({ ...fleet.value, devices }, { type: 'status', status });
}

async function load(signal: AbortSignal): Promise<void> {
  const get = <T>(path: string) => request<T>(path, undefined, signal);
  const [status, { devices }, { tasks }, { rounds }, { releases }] = await Promise.all([
    get<StatusView>('status'),
    get<{ devices: DeviceView[] }>('devices'),
    get<{ tasks: TaskView[] }>('tasks'),
    get<{ rounds: RoundView[] }>('rounds'),
    get<{ releases: ReleaseView[] }>('releases'),
  ]);
  fleet.value = { status, devices, tasks, rounds, releases };
}

export async function loadReleases(signal?: AbortSignal): Promise<void> {
  const { releases } = await request<{ releases: ReleaseView[] }>('releases', undefined, signal);
  if (fleet.value !== undefined) fleet.value = { ...fleet.value, releases };
}
