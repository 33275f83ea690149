// The worker's memory: answering and training on the real model in one process stays within what was planned.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { MemoryPlan } from '../../model/engine/types.js';
import { modelFile } from '../helpers/model.js';

const file = await modelFile();
const child = fileURLToPath(new URL('trainingMemoryChild.ts', import.meta.url));

interface Found {
  readonly peakBytes: number;
  readonly losses: readonly number[];
  readonly plan: MemoryPlan;
}

describe.skipIf(file === undefined)('memory', () => {
  test('a process that answers and trains in fast mode stays below 1 GB, as planned', async () => {
    const budget = 1e9;
    const run = promisify(execFile);
    const argv = ['--import', 'tsx', child, file as string, String(budget)];
    const { peakBytes, losses, plan } = JSON.parse((await run(process.execPath, argv)).stdout) as Found;
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    expect(plan.maxTokensPerRun).toBeGreaterThanOrEqual(128);
    expect(peakBytes).toBeLessThan(budget);
    expect(peakBytes).toBeLessThan(plan.estimatedBytes * 1.1);
  });
});
