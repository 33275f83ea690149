// The demo as a user starts it: what it prints, that it leaves nothing behind, and what it says where something is wrong.

import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateNotes } from '../../cli/demo/records/generate.js';
import type { DemoResult } from '../../cli/demo/report.js';
import { modelFile } from '../helpers/model.js';
import { RunningProgram, runProgram } from '../helpers/programs.js';

const model = await modelFile();
const home = mkdtempSync(path.join(tmpdir(), 'skein-demo-test-'));
const work = path.join(home, 'tmp');
const data = path.join(home, 'data');
const env = { TMPDIR: work };

/** Processes that have the demo's folder in their command line. */
function processes(): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(work) ? [line] : [];
      } catch {
        return [];
      }
    });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 50));
}

beforeAll(() => {
  mkdirSync(work);
  mkdirSync(data);
  const notes = generateNotes({ devices: 2, seed: 5, perDevice: 24, holdoutPerTeam: 1, rootPerTeam: 1 });
  const write = (name: string, rows: readonly { text: string; label: string }[]): void =>
    writeFileSync(
      path.join(data, name),
      rows.map(({ text, label }) => `${JSON.stringify({ text, label })}\n`).join(''),
    );
  for (const { id, records } of notes.devices) write(`device-${id}.jsonl`, records);
  write('holdout.jsonl', [
    ...notes.holdout,
    // More than fifty labels: free text, as in the demo's own setting.
    ...Array.from({ length: 50 }, (_, n) => ({ text: `note ${n}`, label: `team ${n}` })),
  ]);
  write('root.jsonl', notes.root);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe.skipIf(model === undefined)('the demo', () => {
  const options = ['--devices', '2', '--rounds', '1', '--seed', '3', '--model', model ?? ''];

  it('prints one JSON document, finds no leak but its control, and leaves nothing', async () => {
    const { code, stdout, stderr } = await runProgram(
      'skein',
      ['demo', ...options, '--data', data, '--once', '--json'],
      { env },
    );
    expect(code, stderr).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const result = JSON.parse(stdout) as DemoResult;
    expect(result.devices.map(({ records }) => records)).toEqual([24, 24]);
    for (const device of result.devices) {
      for (const three of [device.accuracy, device.own]) {
        expect(Object.keys(three)).toEqual(['base', 'alone', 'together']);
        for (const share of Object.values(three)) expect(share ?? 0).toBeGreaterThanOrEqual(0);
      }
      // One round sends A and B of rank 8 on q and v once: 460,800 float32 values.
      expect(device.bytes_up).toBeGreaterThan(4 * 460_800);
      expect(device.bytes_down).toBeGreaterThan(4 * 460_800);
    }
    expect(result.rounds).toHaveLength(1);
    expect(result.aggregate).toMatch(/^[0-9a-f]{64}$/);
    expect(result.aggregate).toBe(result.rounds[0]?.aggregate);
    expect(result.leaks).toBe(0);
    expect(result.control_leaks).toBe(2);
    expect(result.searched.bytes).toBeGreaterThan(2 * 4 * 460_800);
    expect(readdirSync(work)).toEqual([]);
    expect(processes()).toEqual([]);
  });

  it.each(['devices', 'alone', 'rounds'])(
    'ends without a trace when it is interrupted at "%s"',
    async step => {
      const log = path.join(home, `interrupted-${step}.log`);
      const demo = new RunningProgram('skein', ['demo', ...options, '--data', data, '--once'], log, { env });
      await until(() => demo.log.includes(`${step}: `) || !demo.alive);
      expect(demo.alive, demo.log).toBe(true);
      process.kill(demo.pid, 'SIGINT');
      await until(() => !demo.alive);
      const { code } = await demo.stop();
      expect(code).toBe(130);
      expect(readFileSync(log, 'utf8')).not.toMatch(/\n\s+at .*:\d+:\d+/);
      expect(readdirSync(work)).toEqual([]);
      expect(processes()).toEqual([]);
    },
  );

  it('says so where the model is cut off', async () => {
    const cut = path.join(home, 'cut.gguf');
    copyFileSync(model ?? '', cut);
    truncateSync(cut, 1_000_000);
    const { code, stdout } = await runProgram('skein', ['demo', '--model', cut, '--once', '--json'], { env });
    expect(code).toBe(12);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'gguf/invalid', message: expect.stringContaining(cut) },
    });
    expect(readdirSync(work)).toEqual([]);
  });

  it('says so where there is no place for its folder', async () => {
    const nowhere = path.join(home, 'none');
    const { code, stderr } = await runProgram('skein', ['demo', ...options, '--once'], {
      env: { TMPDIR: nowhere },
    });
    expect(code).toBe(10);
    expect(stderr).toContain('io/not-found');
    expect(stderr).toContain(nowhere);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
