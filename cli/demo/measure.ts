// How well the devices answer: the base model, what each learned alone, and what all learned together.

import { availableParallelism } from 'node:os';
import type { DemoDevice, DemoFleet } from './fleet.js';
import { pool } from './pool.js';
import type { Evaluated } from './programs.js';
import { type Said, say } from './steps.js';

/** On the shared holdout, and on the records that the device kept out of training. */
export interface Measured {
  readonly shared: Evaluated;
  readonly own: Evaluated;
}

export interface Tasks {
  /** The task of the rounds. */
  readonly together: string;
  /** The same with as many passes as the rounds take together. */
  readonly alone: string;
  readonly holdout: string;
}

type Update = (said: Said) => void;

/** Two at a time keep two cores busy; more would only take turns. */
const atOnce = availableParallelism();

/**
 * The base model. Its weights are the same on every device, so the shared holdout is measured once; the devices' own
 * records are measured by each.
 */
export async function measureBase(
  { programs, devices }: DemoFleet,
  tasks: Tasks,
  update: Update,
): Promise<Measured[]> {
  const [first] = devices;
  if (first === undefined) return [];
  const done = counter(devices.length + 1, update);
  const [shared, own] = await Promise.all([
    done(programs.evaluate(first.data, 'base', tasks.together, tasks.holdout)),
    pool(atOnce, [...devices].reverse(), device =>
      done(programs.evaluate(device.data, 'base', tasks.together)),
    ),
  ]);
  return own.reverse().map(own => ({ shared, own }));
}

/** Each device trained on its own records alone: as many passes as the rounds, same rate, same adapter. */
export async function measureAlone(
  { programs, devices }: DemoFleet,
  tasks: Tasks,
  update: Update,
): Promise<Measured[]> {
  const doing = new Map<string, string>();
  const tell = (device: DemoDevice, what: string): void => {
    doing.set(device.id, what);
    update(say([...doing].map(([id, what]) => `${id} ${what}`).join(', ')));
  };
  return pool(atOnce, devices, async device => {
    tell(device, 'trains');
    await programs.trainAlone(device.data, tasks.alone);
    tell(device, 'is measured');
    const shared = await programs.evaluate(device.data, 'alone', tasks.alone, tasks.holdout);
    const own = await programs.evaluate(device.data, 'alone', tasks.alone);
    tell(device, 'done');
    return { shared, own };
  });
}

/**
 * The live release, on each device by its own agent. The shared holdout is measured once for each release that is in use:
 * the same adapter on the same weights gives the same answers.
 */
export async function measureTogether(
  { programs, client, devices }: DemoFleet,
  tasks: Tasks,
  update: Update,
): Promise<Measured[]> {
  const done = counter(devices.length, update);
  const views = await client.devices();
  const shared = new Map<string, Promise<Evaluated>>();
  return pool(atOnce, devices, async device => {
    const own = await done(programs.evaluate(device.data, 'live', tasks.together));
    const release = views.find(({ id }) => id === device.id)?.release ?? '';
    const holdout =
      shared.get(release) ?? programs.evaluate(device.data, 'live', tasks.together, tasks.holdout);
    shared.set(release, holdout);
    return { shared: await holdout, own };
  });
}

function counter(count: number, update: Update): <T>(work: Promise<T>) => Promise<T> {
  let done = 0;
  update(say(`0 of ${count} measured`));
  return async work => {
    const value = await work;
    done++;
    update(say(`${done} of ${count} measured`));
    return value;
  };
}
