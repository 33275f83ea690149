// What rounds say to devices. Nothing is kept for who is not connected: it is said again at the next birth.

import { assignmentNonce, batchSeed } from '../../federation/round/seeds.js';
import type { Assignment } from '../../proto/messages.js';
import type { Fleet } from '../fleet/fleet.js';
import type { Releases, StoredRelease } from '../releases/releases.js';
import { type Task, taskSpec } from '../tasks/tasks.js';
import type { Send } from './ports.js';
import type { Round } from './round.js';

export interface RoundMailOptions {
  /** The fleet's name. */
  readonly name: string;
  readonly fleet: Fleet;
  readonly releases: Releases;
  readonly send: Send;
}

export class RoundMail {
  readonly #options: RoundMailOptions;

  constructor(options: RoundMailOptions) {
    this.#options = options;
  }

  async assign(task: Task, round: Round, device: string): Promise<void> {
    const plan = round.state.plan!;
    const assignment: Assignment = {
      task: taskSpec(task),
      startRelease: plan.startRelease,
      seed: batchSeed(whose(task, round, device)),
      deadlineMs: plan.deadlineMs,
      nonce: this.nonce(task, round, device),
    };
    await this.#options.send(device, 'assignment', { task: task.id, round: round.number }, assignment);
  }

  /** What names this very assignment; the same after a restart. */
  nonce(task: Task, round: Round, device: string): Uint8Array {
    return assignmentNonce(this.#options.name, whose(task, round, device));
  }

  /** The live release, to who has another. */
  async live(devices: readonly string[]): Promise<void> {
    const live = await this.#options.releases.live();
    for (const device of devices) await this.#release(device, live);
  }

  async closed(round: Round, device: string): Promise<void> {
    const { phase, release } = round.state;
    if (phase !== 'released' && phase !== 'failed' && phase !== 'cancelled') return;
    const context = { task: round.task, round: round.number };
    await this.#options.send(device, 'closed', context, { outcome: phase, release });
  }

  async #release(device: string, live: StoredRelease | undefined): Promise<void> {
    if (live === undefined || this.#options.fleet.get(device)?.release === live.hash) return;
    const { content, manifest, signature } = live;
    const context = { task: content.task, round: content.round };
    await this.#options.send(device, 'release', context, { manifest, signature });
  }
}

const whose = (task: Task, { number }: Round, device: string) => ({
  task: task.id,
  taskSeed: task.seed,
  round: number,
  device,
});
