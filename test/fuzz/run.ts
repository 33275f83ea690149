// Damages files by the thousand and counts what comes of it: each is either used or refused with a typed error, in bounded
// time and memory. Case `n` of a seed is the same on every machine.

import { type ErrorCode, isSkeinError } from '../../core/errors.js';
import { SeededRandom } from '../../core/random.js';
import { makeSubjects } from './subjects.js';

export interface FuzzOptions {
  readonly seed: number;
  /** Cases `first` to `first + count - 1`. */
  readonly first: number;
  readonly count: number;
  /** Every so many-th model that was read is also run. */
  readonly runEvery: number;
  readonly onCase?: (index: number) => void;
}

export interface Failure {
  readonly index: number;
  readonly subject: string;
  readonly what: string;
}

export interface FuzzReport {
  /** By subject: how many files were used whole, and how many refused with which code. */
  readonly outcomes: Record<string, Record<string, number>>;
  /** Models that were run, by outcome. */
  readonly runs: Record<string, number>;
  readonly failures: Failure[];
  readonly slowest: { index: number; ms: number };
  /** Largest growth of the process's peak memory by one file. */
  readonly largest: { index: number; mb: number };
}

/** Of one file on a busy machine, and of the memory that it may take beyond what the process had before. */
export const bounds = { ms: 5_000, mb: 32 };

export async function fuzz({ seed, first, count, runEvery, onCase }: FuzzOptions): Promise<FuzzReport> {
  const subjects = makeSubjects();
  const report: FuzzReport = {
    outcomes: Object.fromEntries(subjects.map(({ name }) => [name, {}])),
    runs: {},
    failures: [],
    slowest: { index: first, ms: 0 },
    largest: { index: first, mb: 0 },
  };
  let whole = 0;
  for (let index = first; index < first + count; index++) {
    onCase?.(index);
    const random = new SeededRandom(seed * 2 ** 28 + index);
    const subject = subjects[index % subjects.length] as (typeof subjects)[number];
    const damaged = subject.damaged(random);
    const fail = (what: unknown): void => {
      const shown = what instanceof Error ? (what.stack ?? what.message) : String(what);
      report.failures.push({ index, subject: subject.name, what: shown.slice(0, 600) });
    };
    const peak = process.resourceUsage().maxRSS;
    const began = performance.now();
    const code = await outcome(() => damaged.use(), subject.codes, fail);
    const ms = performance.now() - began;
    const mb = (process.resourceUsage().maxRSS - peak) / 1024;
    add(report.outcomes[subject.name] as Record<string, number>, code);
    if (ms > report.slowest.ms) Object.assign(report.slowest, { index, ms });
    if (mb > report.largest.mb) Object.assign(report.largest, { index, mb });
    if (ms > bounds.ms) fail(`It took ${Math.round(ms)} ms.`);
    if (mb > bounds.mb) fail(`It took ${Math.round(mb)} MB.`);
    if (code === 'used' && damaged.run && whole++ % runEvery === 0)
      add(report.runs, await outcome(damaged.run, [...subject.codes, 'engine/capacity'], fail));
  }
  return report;
}

const add = (counts: Record<string, number>, code: string): void => {
  counts[code] = (counts[code] ?? 0) + 1;
};

/** `used`, the code of an error that may be, or `failed`. */
async function outcome(
  work: () => void | Promise<void>,
  codes: readonly ErrorCode[],
  fail: (error: unknown) => void,
): Promise<string> {
  try {
    await work();
    return 'used';
  } catch (error) {
    if (isSkeinError(error) && codes.includes(error.code)) return error.code;
    fail(error);
    return 'failed';
  }
}
