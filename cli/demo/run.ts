// The main job, end to end: real programs, set up and asked only the way a user could, from a model file to the table.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { formatBytes, SkeinError, toSkeinError } from '../../core/index.js';
import { obtainModel } from '../../platform/modelFile.js';
import { roundLines, roundPlain, watchRounds } from '../commands/round.js';
import { bar, tenths } from '../ui/live.js';
import type { Terminal } from '../ui/terminal.js';
import { Children } from './children.js';
import { sendControl } from './control.js';
import { DemoFolder } from './demoFolder.js';
import { allDevices, type DemoFleet, layOut, startCoordinator, startDevice } from './fleet.js';
import { type LeakReport, searchLeaks } from './leaks/search.js';
import { measureAlone, measureBase, measureTogether, type Tasks } from './measure.js';
import { pool } from './pool.js';
import { type DemoData, folderData, notesData } from './records/dataset.js';
import { resultText } from './report.js';
import { makeResult } from './result.js';
import { type Said, Steps, say } from './steps.js';
import { readTap } from './tap.js';

export interface DemoOptions {
  readonly devices: number | undefined;
  readonly rounds: number;
  readonly seed: number;
  readonly model: string | undefined;
  readonly data: string | undefined;
  readonly keep: boolean;
  /** Ends after the table, also on a terminal. */
  readonly once: boolean;
}

const defaultDevices = 4;
const taskId = 'demo';
const controlDevice = 'control';
/** Commands that run at once while devices are set up. */
const setUpAtOnce = 4;

export async function runDemo(options: DemoOptions, terminal: Terminal, outer: AbortSignal): Promise<void> {
  const began = performance.now();
  const failed = new AbortController();
  const signal = AbortSignal.any([outer, failed.signal]);
  const steps = new Steps(terminal.err);
  const data = await chooseData(options);
  const model = await findModel(steps, options.model, signal);
  const place = new DemoFolder(options.keep);
  if (options.keep) terminal.err.line(`Everything is kept in ${place.folder}`);
  const children = new Children(place.folder);
  const unwatch = place.watchDisk(error => failed.abort(error));
  try {
    const fleet = await startFleet(steps, place, children, data, options, model, signal);
    for (const daemon of fleet.daemons) daemon.died.catch(error => failed.abort(error));
    const tasks: Tasks = {
      together: place.at('task.yaml'),
      alone: place.at('alone.yaml'),
      holdout: place.at('holdout.jsonl'),
    };
    const base = await steps.run(
      'base',
      update => measureBase(fleet, tasks, update),
      () => 'measured',
    );
    const alone = await steps.run(
      'alone',
      update => measureAlone(fleet, tasks, update),
      () => 'trained and measured',
    );
    await learnTogether(steps, terminal, fleet, tasks.together, signal);
    const together = await steps.run(
      'together',
      update => measureTogether(fleet, tasks, update),
      () => 'measured',
    );
    // Counted up to here: the control's bytes are nobody's.
    const [views, rounds] = await Promise.all([fleet.client.devices(), fleet.client.rounds(taskId)]);
    const leaks = await lookForLeaks(steps, place, fleet, data);
    const result = makeResult({
      devices: fleet.devices,
      base,
      alone,
      together,
      rounds,
      views,
      leaks,
      freeText: data.labels.length === 0,
      seconds: Math.round((performance.now() - began) / 100) / 10,
      model: path.basename(model),
    });
    terminal.out.line(terminal.json ? JSON.stringify(result) : resultText(result, terminal.out));
    if (leaks.leaks.length > 0)
      throw new SkeinError('demo/failed', 'Private phrases reached the coordinator.');
    if (terminal.out.isTTY && !options.once) await stayOpen(terminal, fleet, place, signal);
  } catch (error) {
    // A daemon that died is the reason of whatever failed because of it.
    throw failed.signal.aborted ? toSkeinError(failed.signal.reason) : error;
  } finally {
    unwatch();
    await children.stopAll();
    place.remove();
  }
}

const chooseData = (options: DemoOptions): Promise<DemoData> | DemoData =>
  options.data === undefined
    ? notesData(options.devices ?? defaultDevices, options.seed)
    : folderData(options.data, options.devices);

const findModel = (steps: Steps, file: string | undefined, signal: AbortSignal): Promise<string> =>
  steps
    .run(
      'model',
      update =>
        obtainModel({
          file,
          signal,
          onProgress: ({ from, phase, bytes, total }) => {
            const share = bytes / total;
            const text = `${phase} from ${from}`;
            update({
              lines: [`${bar(share)} ${formatBytes(bytes)} of ${formatBytes(total)}, ${text}`],
              plain: { text: `${text}, ${tenths(share)}` },
            });
          },
        }),
      ({ file, from }) => `${path.basename(file)} (${from === 'given' ? 'as given' : `from ${from}`})`,
    )
    .then(({ file }) => path.resolve(file));

async function startFleet(
  steps: Steps,
  place: DemoFolder,
  children: Children,
  data: DemoData,
  options: DemoOptions,
  model: string,
  signal: AbortSignal,
): Promise<DemoFleet> {
  await layOut(place, data, { id: taskId, rounds: options.rounds, seed: options.seed }, model);
  const { programs, client, coordinator } = await steps.run(
    'coordinator',
    () => startCoordinator(place, children, model, signal),
    ({ client }) => `broker with TLS, SQLite, dashboard at ${client.url}`,
  );
  const started = await steps.run(
    'devices',
    async update => {
      let ready = 0;
      const started = await pool(setUpAtOnce, data.devices, async ({ id, records }) => {
        const one = await startDevice(place, programs, id, records.length);
        update(say(`${++ready} of ${data.devices.length} enrolled`));
        return one;
      });
      const devices = started.map(({ device }) => device);
      await allDevices({ client, devices }, 'came online', ({ online }) => online, signal);
      return started;
    },
    started => started.map(({ device }) => `${device.id} (${device.records} records)`).join(', '),
  );
  return {
    programs,
    client,
    devices: started.map(({ device }) => device),
    daemons: [coordinator, ...started.map(({ daemon }) => daemon)],
  };
}

/** The rounds, shown as they happen. */
const learnTogether = (
  steps: Steps,
  terminal: Terminal,
  { programs, client, devices }: DemoFleet,
  task: string,
  signal: AbortSignal,
): Promise<number> =>
  steps.run(
    'rounds',
    async update => {
      await programs.submitTask(task);
      let count = 0;
      for await (const rounds of watchRounds(client, taskId, signal)) {
        count = rounds.length;
        const lines = roundLines(rounds, terminal.err).map(line => `  ${line}`);
        update({ lines: ['', ...lines], plain: roundPlain(rounds) } satisfies Said);
      }
      const ended = (await client.tasks()).find(({ id }) => id === taskId);
      if (ended?.state !== 'done') {
        throw new SkeinError('round/failed', `The task is ${ended?.state}: ${ended?.reason}`);
      }
      const live = (await client.releases()).find(({ state }) => state === 'live');
      update(say('the devices fetch, verify and swap in the last release'));
      await allDevices(
        { client, devices },
        'use the release',
        ({ release }) => release === live?.hash,
        signal,
      );
      return count;
    },
    count => `${count} rounds, each ending in a signed release`,
  );

const lookForLeaks = (
  steps: Steps,
  place: DemoFolder,
  fleet: DemoFleet,
  data: DemoData,
): Promise<LeakReport> =>
  steps.run(
    'leak search',
    async update => {
      const folder = place.at('devices', controlDevice);
      const { token } = await fleet.programs.addDevice(controlDevice);
      await fleet.programs.enroll(folder, token);
      await sendControl(folder, token, data.control);
      const recordings = readTap(await readFile(place.at('tap.bin')));
      update(say('searching everything that reached the coordinator'));
      return searchLeaks(recordings, {
        records: data.devices.flatMap(({ records }) => records.flatMap(({ text, label }) => [text, label])),
        canaries: data.canaries,
        control: data.control,
        publicTexts: [
          data.template,
          ...data.labels,
          ...[...data.holdout, ...data.root].flatMap(({ text, label }) => [text, label]),
        ],
      });
    },
    ({ leaks, control }) => `${leaks.length} private phrases found, ${control.length} of 2 controls found`,
  );

/** Until Ctrl-C, which is how it ends well here. */
async function stayOpen(
  terminal: Terminal,
  fleet: DemoFleet,
  place: DemoFolder,
  signal: AbortSignal,
): Promise<void> {
  const token = (await readFile(place.at('fleet', 'identity', 'operator.token'), 'utf8')).trim();
  terminal.err.line(`\nThe dashboard stays open until Ctrl-C: ${fleet.client.url}/#token=${token}`);
  if (signal.aborted) return;
  await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }));
}
