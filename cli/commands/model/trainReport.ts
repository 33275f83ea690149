// What `skein model train` tells while it runs and at its end: loss, speed and memory.

import type { TrainingProgress } from '../../../federation/learning/index.js';
import type { MemoryPlan, OptimizerKind } from '../../../model/engine/types.js';
import type { AdapterShape } from '../../../proto/messages.js';
import { size } from '../../ui/format.js';
import { bar, Live } from '../../ui/live.js';
import type { Channel } from '../../ui/terminal.js';

export interface TrainResult {
  /** The folder that was written. */
  readonly adapter: string;
  readonly shape: AdapterShape;
  readonly parameters: number;
  readonly examples: number;
  readonly steps: number;
  /** By step. */
  readonly loss: readonly number[];
  /** Of the steps that this process took; null where it took none. */
  readonly tokensPerSecond: number | null;
  /** Resident memory of the process at its highest. */
  readonly peakBytes: number;
  readonly optimizer: OptimizerKind;
  readonly optimizerBytes: number;
  /** What was planned for the given memory. */
  readonly memory: MemoryPlan | null;
}

/** What `--stream` prints of a step. */
export interface StepReport extends TrainingProgress {
  /** Of the steps that this process took by now. */
  readonly tokensPerSecond: number | null;
  /** Memory of the process at this moment. */
  readonly residentBytes: number;
}

/** One line, drawn again at every step; without a terminal a line at every tenth of the work. */
export class ProgressLine {
  done: number;
  readonly #live: Live;
  readonly #began = performance.now();
  #tokens = 0;
  #ms = 0;

  constructor(err: Channel, done: number, steps: number) {
    this.#live = new Live(err);
    this.done = done;
    if (done > 0) this.#live.keep(`Going on after step ${done} of ${steps}.`);
  }

  show({ step, steps, loss, learningRate, tokens }: TrainingProgress): StepReport {
    this.done = step;
    this.#tokens += tokens;
    this.#ms = performance.now() - this.#began;
    const residentBytes = process.memoryUsage.rss();
    const text = [
      `step ${step} of ${steps}`,
      `loss ${loss.toFixed(4)}`,
      `rate ${learningRate.toPrecision(3)}`,
      `${Math.round(this.tokensPerSecond ?? 0)} tokens/s`,
      size(residentBytes),
    ].join(', ');
    const tenth = Math.floor((10 * step) / steps);
    const before = Math.floor((10 * (step - 1)) / steps);
    this.#live.update([`${bar(step / steps)} ${text}`], tenth > before ? { step: text } : {});
    return { step, steps, loss, learningRate, tokens, tokensPerSecond: this.tokensPerSecond, residentBytes };
  }

  end(): void {
    this.#live.clear();
  }

  get tokensPerSecond(): number | null {
    return this.#tokens === 0 ? null : Math.round((10_000 * this.#tokens) / this.#ms) / 10;
  }

  get peakBytes(): number {
    return process.resourceUsage().maxRSS * 1024;
  }
}

export function drawResult(result: TrainResult): string {
  const { adapter, loss, steps, examples, tokensPerSecond, peakBytes, parameters, optimizer } = result;
  const [first, last] = [loss[0] ?? 0, loss.at(-1) ?? 0];
  return [
    `Wrote ${adapter}: rank ${result.shape.rank} on ${result.shape.targets.join(', ')}, ${parameters} weights.`,
    `${steps} steps on ${examples} examples; loss ${first.toFixed(4)} at the first, ${last.toFixed(4)} at the last.`,
    `${tokensPerSecond ?? '–'} tokens/s, peak memory ${size(peakBytes)}, of which ${optimizer} keeps ${size(result.optimizerBytes)}.`,
  ].join('\n');
}
