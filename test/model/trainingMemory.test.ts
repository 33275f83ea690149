// The worker's memory: answering and training on the real model in one process stays below 1 GB at 128 tokens.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { modelFile } from '../helpers/model.js';

const file = await modelFile();
const child = fileURLToPath(new URL('trainingMemoryChild.ts', import.meta.url));

describe.skipIf(file === undefined)('memory', () => {
  test('a process that answers and trains in fast mode stays below 1 GB', async () => {
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--import', 'tsx', child, file as string]);
    const { peakBytes, losses } = JSON.parse(stdout) as { peakBytes: number; losses: number[] };
    expect(losses).toHaveLength(4);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
    expect(peakBytes).toBeLessThan(1e9);
  });
});
