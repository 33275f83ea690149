// Answers the operator's questions and carries out the commands, over the parts of the coordinator.

import { SkeinError } from '../../core/errors.js';
import { renderPrompt } from '../../federation/learning/template.js';
import { requireSound } from '../../federation/soundness.js';
import type {
  DeviceView,
  FleetEvent,
  ReleaseView,
  RoundView,
  StatusView,
  TaskSubmission,
  TaskView,
  TryView,
} from '../../proto/api.js';
import type { Counters } from '../broker/counters.js';
import type { BaseModel } from '../evaluation/baseModel.js';
import { type Evaluator, promptOf } from '../evaluation/evaluator.js';
import type { Fleet } from '../fleet/fleet.js';
import { deviceView } from '../fleet/views.js';
import type { Devices, Endpoints } from '../identity/devices.js';
import { defaultUploadLimits } from '../inbox/uploads.js';
import { type Releases, releaseView } from '../releases/releases.js';
import type { Context } from '../rounds/ports.js';
import type { Rounds } from '../rounds/rounds.js';
import type { RoundTraffic } from '../rounds/traffic.js';
import { roundView, taskView } from '../rounds/views.js';
import type { RoundWork } from '../rounds/work.js';
import type { Task } from '../tasks/tasks.js';
import type { Feed } from './feed.js';
import type { DeviceInvitation, Operator } from './operator.js';

/** What the fleet can honestly say of its updates. */
export const privacyLine =
  'No record text leaves a device. Updates are not yet protected against reconstruction by the coordinator: no secure aggregation, epsilon unbounded.';

const invitationMs = 24 * 3_600_000;

export interface FleetOperatorOptions {
  readonly fleetName: string;
  readonly version: string;
  readonly startedMs: number;
  readonly devices: Devices;
  readonly fleet: Fleet;
  readonly rounds: Rounds;
  readonly traffic: RoundTraffic;
  readonly work: RoundWork;
  readonly releases: Releases;
  readonly counters: Counters;
  readonly feed: Feed;
  /** Undefined where the coordinator has no model. */
  readonly model: BaseModel | undefined;
  readonly evaluator: Evaluator | undefined;
  /** Where devices reach the coordinator. */
  readonly endpoints: () => Endpoints;
}

export class FleetOperator implements Operator {
  readonly #options: FleetOperatorOptions;
  readonly #unfollow: (() => void)[] = [];

  constructor(options: FleetOperatorOptions) {
    this.#options = options;
  }

  /** From now on changes of the parts become events. */
  start(): void {
    const { rounds, devices } = this.#options;
    this.#unfollow.push(
      rounds.events.on('task', id =>
        this.#touch(`task ${id}`, async () => ({ type: 'task', task: this.#task(id) })),
      ),
      rounds.events.on('round', context => this.#touchRound(context)),
      rounds.events.on('release', () => this.#touchReleases()),
      devices.events.on('invited', id => this.touchDevice(id)),
      devices.events.on('enrolled', id => this.touchDevice(id)),
      devices.events.on('revoked', id => this.touchDevice(id)),
    );
  }

  stop(): void {
    for (const unfollow of this.#unfollow.splice(0)) unfollow();
  }

  touchDevice(id: string): void {
    this.#touch(`device ${id}`, async () => ({ type: 'device', device: await this.#device(id) }));
  }

  async status(): Promise<StatusView> {
    const { fleetName, version, startedMs, fleet, rounds, counters, releases, traffic } = this.#options;
    const devices = await this.#options.devices.list();
    const task = rounds.tasks().at(-1);
    const round = task && rounds.rounds(task.task.id).at(-1);
    const live = await releases.live();
    const sum = (name: 'up' | 'down'): number => Object.values(counters.all(name)).reduce((a, b) => a + b, 0);
    return {
      fleet: fleetName,
      version,
      startedMs,
      devices: {
        enrolled: devices.filter(({ enrolledMs, revokedMs }) => enrolledMs !== null && revokedMs === null)
          .length,
        online: fleet.online().length,
        revoked: devices.filter(({ revokedMs }) => revokedMs !== null).length,
      },
      task: task === undefined ? null : this.#task(task.task.id),
      round: (round && roundView(round, traffic)) ?? null,
      release: live === undefined ? null : releaseView(live),
      bytesUp: sum('up'),
      bytesDown: sum('down'),
      refused: counters.all('refused'),
      privacy: privacyLine,
    };
  }

  async devices(): Promise<readonly DeviceView[]> {
    const { devices, fleet, counters } = this.#options;
    return (await devices.list()).map(row => deviceView(row, fleet.get(row.id), counters));
  }

  async addDevice(id: string): Promise<DeviceInvitation> {
    const { devices, endpoints } = this.#options;
    return { id, ...(await devices.invite(id, endpoints(), invitationMs)) };
  }

  async revokeDevice(id: string): Promise<DeviceView> {
    const { devices, fleet, rounds } = this.#options;
    await devices.revoke(id);
    await fleet.disconnected(id);
    await rounds.revoked(id);
    return this.#device(id);
  }

  async tasks(): Promise<readonly TaskView[]> {
    return this.#options.rounds.tasks().map(({ task }) => this.#task(task.id));
  }

  async submitTask(submission: TaskSubmission): Promise<TaskView> {
    const { model, rounds } = this.#options;
    if (model === undefined) {
      throw new SkeinError(
        'model/not-found',
        'The coordinator has no model: updates could neither be checked nor evaluated. Start it with --model FILE.',
      );
    }
    const {
      baseModel = model.sha256,
      labels = [],
      minimum = Math.ceil(submission.goal / 2),
      root,
      ...rest
    } = submission;
    if (baseModel !== model.sha256) {
      throw new SkeinError(
        'model/mismatch',
        `The task is for model ${baseModel}; the coordinator has ${model.sha256}.`,
      );
    }
    requireSound(submission, {
      maxUpdateBytes: defaultUploadLimits.maxBlobBytes,
      model: { contextLength: model.contextLength, adapterTensors: model.adapterTensors(submission.adapter) },
    });
    const task: Task = { ...rest, baseModel, labels, minimum };
    await rounds.submit(task, root);
    return this.#task(task.id);
  }

  async cancelTask(id: string): Promise<TaskView> {
    await this.#options.rounds.cancel(id);
    return this.#task(id);
  }

  async rounds(task?: string): Promise<readonly RoundView[]> {
    const { rounds, traffic } = this.#options;
    return rounds.rounds(task).flatMap(round => roundView(round, traffic) ?? []);
  }

  async releases(): Promise<readonly ReleaseView[]> {
    return (await this.#options.releases.list()).map(releaseView);
  }

  async releaseFile(hash: string, name: string): Promise<Uint8Array> {
    const { manifest, signature, content } = await this.#options.releases.get(hash);
    if (name === 'manifest.json') return manifest;
    if (name === 'manifest.sig') return signature;
    const file = content.files.find(file => file.name === name);
    if (file === undefined) throw new SkeinError('release/not-found', `The release has no file ${name}.`);
    return this.#options.work.file(file.sha256);
  }

  async rollback(target: string): Promise<ReleaseView> {
    const { rounds, releases } = this.#options;
    return releaseView(await releases.get(await rounds.rollback(target)));
  }

  async try(
    { text, task }: { readonly text: string; readonly task?: string },
    signal: AbortSignal,
  ): Promise<TryView> {
    const { rounds, releases, evaluator, work } = this.#options;
    if (evaluator === undefined) {
      throw new SkeinError('model/not-found', 'The coordinator has no model. Start it with --model FILE.');
    }
    const live = await releases.live();
    const id = task ?? live?.content.task ?? rounds.tasks().at(-1)?.task.id;
    if (id === undefined)
      throw new SkeinError('task/not-found', 'There is no task yet whose template could be used.');
    const of = rounds.task(id).task;
    const prompt = promptOf(of);
    const base = await evaluator.answer(prompt, text, null, signal);
    const usable =
      live !== undefined &&
      live.content.files.length > 0 &&
      live.content.task === id &&
      live.content.baseModel === of.baseModel;
    return {
      prompt: renderPrompt(of.template, text),
      base,
      live: usable
        ? {
            ...(await evaluator.answer(prompt, text, await work.adapter(live.content.files), signal)),
            release: live.hash,
          }
        : null,
    };
  }

  follow(listener: (event: FleetEvent) => void): () => void {
    return this.#options.feed.follow(listener);
  }

  #task(id: string): TaskView {
    const { rounds } = this.#options;
    return taskView(rounds.task(id), rounds.rounds(id));
  }

  async #device(id: string): Promise<DeviceView> {
    const { devices, fleet, counters } = this.#options;
    const row = await devices.get(id);
    if (row === undefined) throw new SkeinError('device/not-found', `There is no device ${id}.`);
    return deviceView(row, fleet.get(id), counters);
  }

  #touchRound({ task, round }: Context): void {
    this.#touch(`round ${task} ${round}`, async () => {
      const found = this.#options.rounds.rounds(task).find(({ number }) => number === round);
      const view = found && roundView(found, this.#options.traffic);
      return view && { type: 'round', round: view };
    });
  }

  /** One release becoming live changes the state of another. */
  #touchReleases(): void {
    void this.#options.releases.list().then(
      releases => {
        for (const release of releases.slice(0, 2)) {
          this.#touch(`release ${release.hash}`, async () => ({
            type: 'release',
            release: releaseView(release),
          }));
        }
      },
      () => undefined,
    );
  }

  /** Whatever changes, the figures of the whole change with it. */
  #touch(subject: string, draw: () => Promise<FleetEvent | undefined>): void {
    const { feed } = this.#options;
    feed.touch(subject, draw);
    feed.touch('status', async () => ({ type: 'status', status: await this.status() }));
  }
}
