// skein model train on the real model follows PyTorch's loss, in a process of its own, and its folder answers.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readGguf } from '../../model/formats/gguf.js';
import { encodePeft } from '../../model/formats/peft.js';
import { tokenizerOf } from '../../model/text/tokenizerOf.js';
import { writeAdapterFolder } from '../../platform/adapterFolder.js';
import { openSource } from '../../platform/files.js';
import { startAdapter } from '../helpers/loraFixture.js';
import { modelFile } from '../helpers/model.js';

interface Fixture {
  readonly samples: readonly { readonly prompt_ids: number[]; readonly answer_ids: number[] }[];
  readonly adamw: { readonly lr: number; readonly loss_by_step: readonly number[] };
}

const file = await modelFile();
const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const fixtureFile = new URL('../fixtures/lora-gradients.json', import.meta.url);

describe.skipIf(file === undefined)('skein model train', () => {
  test('exact: its first steps are those of PyTorch and PEFT', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'skein-train-'));
    const at = (name: string): string => path.join(folder, name);
    const fixture = JSON.parse(await readFile(fixtureFile, 'utf8')) as Fixture;
    const tokenizer = tokenizerOf(readGguf(openSource(file as string)));
    const rows = fixture.samples.map(({ prompt_ids, answer_ids }) => ({
      prompt: tokenizer.decode(prompt_ids, { special: true }),
      completion: tokenizer.decode(answer_ids, { special: false }),
    }));
    await writeFile(at('rows.jsonl'), rows.map(row => JSON.stringify(row)).join('\n'));
    const start = startAdapter({ mode: 'lora', rank: 8, alpha: 16, targets: ['q', 'v'] });
    await writeAdapterFolder(at('start'), encodePeft(start, 'SmolLM2-135M-Instruct'));

    const argv = ['model', 'train', '--model', file as string, '--mode', 'exact', '--threads', '2'];
    const data = ['--data', at('rows.jsonl'), '--adapter', at('start'), '--out', at('trained')];
    const steps = ['--steps', '4', '--learning-rate', String(fixture.adamw.lr), '--clip', '0', '--json'];
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ['--import', 'tsx', program, ...argv, ...data, ...steps]);
    const { loss } = JSON.parse(stdout) as { loss: number[] };
    expect(loss).toHaveLength(4);
    for (const [step, found] of loss.entries())
      expect(Math.abs(found / (fixture.adamw.loss_by_step[step] as number) - 1)).toBeLessThan(0.01);
    await rm(folder, { recursive: true });
  });
});
