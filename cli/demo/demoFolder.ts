// The demo's folder: made when it begins, gone when it ends, whatever ends it.

import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import YAML from 'yaml';
import { SkeinError, toSkeinError } from '../../core/index.js';
import { ensureFolder } from '../../platform/files.js';
import type { LabelledText } from '../../platform/worker/types.js';
import type { DemoData } from './records/dataset.js';

const leastFreeBytes = 1_000_000;
const lookEveryMs = 500;

export class DemoFolder {
  readonly folder: string;
  readonly #keep: boolean;

  /** Throws `io/*` where the temporary folder cannot be written. */
  constructor(keep: boolean) {
    this.#keep = keep;
    try {
      this.folder = mkdtempSync(path.join(tmpdir(), 'skein-demo-'));
    } catch (error) {
      throw toSkeinError(error);
    }
    process.once('exit', this.#remove);
  }

  at(...names: readonly string[]): string {
    return path.join(this.folder, ...names);
  }

  /**
   * Reports `io/full`, at once or later. The programs wait for space on a full disk, and a demo that nobody tidies up for
   * would wait with them. Returns what ends the watch.
   */
  watchDisk(report: (error: SkeinError) => void): () => void {
    const look = (): void => {
      const { bavail, bsize, blocks } = statfsSync(this.folder);
      // Some file systems do not say how large they are.
      if (blocks > 0 && bavail * bsize < leastFreeBytes)
        report(new SkeinError('io/full', `Less than 1 MB is free on the disk of ${this.folder}.`));
    };
    look();
    const timer = setInterval(look, lookEveryMs).unref();
    return () => clearInterval(timer);
  }

  async writeYaml(file: string, value: unknown): Promise<void> {
    await this.write(file, YAML.stringify(value));
  }

  async writeRecords(file: string, records: readonly LabelledText[]): Promise<void> {
    await this.write(file, records.map(({ text, label }) => `${JSON.stringify({ text, label })}\n`).join(''));
  }

  /** `file` is relative to the folder. */
  async write(file: string, content: string): Promise<void> {
    try {
      await ensureFolder(path.dirname(this.at(file)), 0o700);
      await writeFile(this.at(file), content, { mode: 0o600 });
    } catch (error) {
      throw toSkeinError(error, this.at(file));
    }
  }

  remove(): void {
    this.#remove();
    process.off('exit', this.#remove);
  }

  readonly #remove = (): void => {
    if (!this.#keep) rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  };
}

export interface TaskChoices {
  readonly id: string;
  readonly rounds: number;
  readonly seed: number;
}

/** The task file: the same training for the rounds and, with as many passes, for each device alone. */
export const taskFile = (data: DemoData, { id, rounds, seed }: TaskChoices, localEpochs: number) => ({
  id,
  template: data.template,
  labels: data.labels,
  adapter: { mode: 'lora', rank: 8, targets: ['q', 'v'] },
  plan: { localEpochs, batchSize: 8, learningRate: data.learningRate, maxTokens: 256, arithmetic: 'fast' },
  rounds,
  goal: data.devices.length,
  roundTimeout: '20m',
  seed,
  root: 'root.jsonl',
});
