// npm run -s fuzz -- --count N --seed S: damages N files in child processes of little memory; one that dies or hangs is a
// failure of the file it was at. Progress goes to standard error, one JSON document to standard output.
// --first N --count 1 repeats one case; --run-every N runs every N-th model that could be read.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Failure, type FuzzReport, fuzz } from './run.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
    'run-every': { type: 'string', default: '20' },
    child: { type: 'boolean', default: false },
  },
});
const [count, seed, first, runEvery] = ['count', 'seed', 'first', 'run-every'].map(name => {
  const value = Number(values[name as 'count']);
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`--${name} is no whole number.`);
  return value;
}) as [number, number, number, number];

const batch = 5_000;
const silenceMs = 60_000;
const heapMb = 192;

type Message = { at: number } | { report: FuzzReport; peakMb: number };

async function child(): Promise<void> {
  const onCase = (at: number): void => void (at % 100 === 0 && process.send?.({ at } satisfies Message));
  const report = await fuzz({ seed, first, count, runEvery: Math.max(1, runEvery), onCase });
  const peakMb = process.resourceUsage().maxRSS / 1024;
  await new Promise(resolve => process.send?.({ report, peakMb } satisfies Message, resolve));
}

interface Ended {
  readonly report?: FuzzReport;
  readonly peakMb: number;
  readonly at: number;
  readonly how: string;
}

function inChild(from: number, many: number): Promise<Ended> {
  const args = [
    ...['--child', '--seed', String(seed), '--first', String(from), '--count', String(many)],
    ...['--run-every', String(runEvery)],
  ];
  return new Promise(resolve => {
    const process = fork(fileURLToPath(import.meta.url), args, {
      execArgv: ['--import', 'tsx', `--max-old-space-size=${heapMb}`],
    });
    let [at, peakMb]: [number, number] = [from, 0];
    let report: FuzzReport | undefined;
    const stop = (): void => void process.kill('SIGKILL');
    let timer = setTimeout(stop, silenceMs);
    process.on('message', (message: Message) => {
      clearTimeout(timer);
      timer = setTimeout(stop, silenceMs);
      if ('at' in message) at = message.at;
      else [report, peakMb] = [message.report, message.peakMb];
    });
    process.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve({ ...(report && { report }), peakMb, at, how: signal ?? `exit code ${code}` });
    });
  });
}

function merge(into: Record<string, number>, from: Record<string, number>): void {
  for (const [key, value] of Object.entries(from)) into[key] = (into[key] ?? 0) + value;
}

async function parent(): Promise<void> {
  const outcomes: Record<string, Record<string, number>> = {};
  const runs: Record<string, number> = {};
  const failures: Failure[] = [];
  let [slowest, largest, peakMb] = [{ index: 0, ms: 0 }, { index: 0, mb: 0 }, 0];
  for (let from = first; from < first + count; from += batch) {
    const ended = await inChild(from, Math.min(batch, first + count - from));
    peakMb = Math.max(peakMb, ended.peakMb);
    if (ended.report === undefined) {
      failures.push({
        index: ended.at,
        subject: '?',
        what: `The process ended at or after this case: ${ended.how}.`,
      });
    } else {
      for (const [name, codes] of Object.entries(ended.report.outcomes)) {
        outcomes[name] ??= {};
        merge(outcomes[name], codes);
      }
      merge(runs, ended.report.runs);
      failures.push(...ended.report.failures);
      if (ended.report.slowest.ms > slowest.ms) slowest = ended.report.slowest;
      if (ended.report.largest.mb > largest.mb) largest = ended.report.largest;
    }
    process.stderr.write(
      `${from + batch - first} of ${count}: ${failures.length} failures, peak ${Math.round(peakMb)} MB\n`,
    );
  }
  const whole = {
    seed,
    first,
    count,
    outcomes,
    runs,
    slowest,
    largest,
    peakMb: Math.round(peakMb),
    failures,
  };
  process.stdout.write(`${JSON.stringify({ fuzz: whole })}\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

await (values.child ? child() : parent());
