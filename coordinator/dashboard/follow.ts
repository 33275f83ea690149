// Follows the fleet: loads everything, then applies server-sent events; after a break it backs off and loads again.
import { effect } from '@preact/signals';
import type {
  DeviceView,
  FleetEvent,
  ReleaseView,
  RoundView,
  StatusView,
  TaskView,
} from '../../proto/api.js';
import { RequestError, request } from './client.js';
import { applyEvent } from './fleetState.js';
import { connection, fleet } from './store.js';
import { token } from './token.js';

const eventTypes = [
  'device',
  'task',
  'round',
  'release',
  'status',
] as const satisfies readonly FleetEvent['type'][];
/** Events are applied together: a busy fleet must not redraw the page for each of them. */
const batchMs = 100;
const firstRetryMs = 500;
const lastRetryMs = 15_000;

/** Starts, and follows whatever token there is from then on. */
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
  for (let attempt = 0; !stop.aborted; attempt++) {
    const openedOnce = await followOnce(withToken, stop);
    if (stop.aborted) return;
    connection.value = 'reconnecting';
    if (openedOnce) attempt = 0;
    await pause(Math.min(lastRetryMs, firstRetryMs * 2 ** attempt) * (0.5 + Math.random() / 2), stop);
  }
}

/** One connection, until it breaks; answers whether it had come up. */
async function followOnce(withToken: string, stop: AbortSignal): Promise<boolean> {
  const broken = new AbortController();
  const ended = AbortSignal.any([stop, broken.signal]);
  const source = new EventSource(`api/events?token=${encodeURIComponent(withToken)}`);
  // Events that come while the snapshot is loading wait for it: it may be older than they are.
  let waiting: FleetEvent[] = [];
  let loaded = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    if (!loaded || fleet.value === undefined) return;
    fleet.value = waiting.reduce(applyEvent, fleet.value);
    waiting = [];
  };
  for (const type of eventTypes) {
    source.addEventListener(type, message => {
      waiting.push(JSON.parse(message.data) as FleetEvent);
      timer ??= setTimeout(flush, batchMs);
    });
  }
  source.onerror = () => broken.abort();
  // The server's headers must be there before the snapshot is asked for, or a change between the two would be missed.
  try {
    await opened(source, ended);
    await load(ended);
    loaded = true;
    flush();
    connection.value = 'live';
    await new Promise(resolve => ended.addEventListener('abort', resolve, { once: true }));
  } catch (error) {
    // An event source does not say why it failed: this request finds out whether it was the token.
    if (!stop.aborted && !(error instanceof RequestError))
      await request('status', undefined, stop).catch(() => {});
  } finally {
    clearTimeout(timer);
    source.close();
  }
  return loaded;
}

function opened(source: EventSource, ended: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    source.onopen = () => resolve();
    ended.addEventListener('abort', () => reject(new Error('the event source closed')), { once: true });
  });
}

/** Loads everything anew; also after an action whose effects reach further than its answer. */
export async function load(signal?: AbortSignal): Promise<void> {
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

/** Waits, but no longer than until the network or the reader comes back. */
function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = new AbortController();
    const end = () => {
      done.abort();
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, ms);
    const options = { signal: done.signal };
    addEventListener('online', end, options);
    document.addEventListener(
      'visibilitychange',
      () => document.visibilityState === 'visible' && end(),
      options,
    );
    stop.addEventListener('abort', end, options);
  });
}
