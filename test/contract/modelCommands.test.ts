// The model commands on a small model: what they print, as JSON and for people, and what they refuse.

import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerModelCommands } from '../../cli/commands/model/index.js';
import { logSumExp, top } from '../../cli/commands/model/logits.js';
import { memorySource } from '../../core/bytes.js';
import { adapterTensors } from '../../model/architecture/adapterNames.js';
import { readConfig } from '../../model/architecture/config.js';
import { readGguf } from '../../model/formats/gguf.js';
import { encodePeft } from '../../model/formats/peft.js';
import type { AdapterShape } from '../../proto/messages.js';
import { huggingFaceFiles } from '../helpers/huggingFaceFolder.js';
import { tinyModel, tinyVocabulary, writeTinyModel } from '../helpers/tinyModel.js';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(tmpdir(), 'skein-commands-'));
  file = await writeTinyModel(folder);
});
afterAll(() => fs.rm(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** What `skein model …` prints on standard output. */
async function run(...argv: string[]): Promise<string> {
  const program = new Command('skein');
  await registerModelCommands(program, { signal: new AbortController().signal });
  for (const command of program.commands.flatMap(group => [group, ...group.commands])) {
    command.exitOverride().configureOutput({ outputError: () => {} });
  }
  let printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    printed += String(text);
    return true;
  });
  await program.parseAsync(['model', ...argv], { from: 'user' });
  return printed;
}
const json = async (...argv: string[]): Promise<unknown> =>
  JSON.parse(await run(...argv, '--model', file, '--json'));

describe('skein model', () => {
  it('inspects a file', async () => {
    expect(await json('inspect', '--hash')).toMatchObject({
      file,
      architecture: 'llama',
      licence: 'apache-2.0',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      sizes: { layers: 2, hidden: 64, heads: 2, kvHeads: 1, contextLength: 512 },
      tokenizer: { model: 'gpt2', pre: 'smollm', tokens: tinyVocabulary, bos: 1, eos: 2, chatTemplate: true },
    });
    expect(await run('inspect', '--model', file)).toMatch(/Tiny random llama[\s\S]*Q4_1 +14 /);
  });

  it('inspects and runs a Hugging Face folder', async () => {
    const at = await fs.mkdtemp(path.join(folder, 'hf-'));
    const bytes = tinyModel({ weights: 'F32', embedding: 'F32' });
    for (const [name, content] of Object.entries(huggingFaceFiles(bytes)))
      await fs.writeFile(path.join(at, name), content);
    expect(await run('inspect', '--model', at)).toMatch(/Hugging Face folder[\s\S]*llama[\s\S]*F32 +20 /);
    const logits = ['logits', '--ids', '10,20,30', '--mode', 'exact', '--json', '--model'];
    const reference = path.join(at, 'reference.gguf');
    await fs.writeFile(reference, bytes);
    const [here, there] = [await run(...logits, at), await run(...logits, reference)].map(
      text => (JSON.parse(text) as { logsumexp: number }).logsumexp,
    );
    expect(here).toBeCloseTo(there as number, 4);
  });

  it('tokenizes, with special tokens or without', async () => {
    expect(await json('tokenize', '--text', '<|im_end|>')).toEqual({ ids: [2] });
    const { ids } = (await json('tokenize', '--text', '<|im_end|>', '--plain')) as { ids: number[] };
    expect(ids).toHaveLength(9);
    expect(await run('tokenize', '--model', file, '--text', ' the')).toMatch(/" the"/);
  });

  it('tokenizes the bytes of a file as they stand there', async () => {
    const broken = path.join(folder, 'broken.txt');
    await fs.writeFile(broken, Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0xe2, 0x82, 0x62));
    const expected = await json('tokenize', '--text', '\ufeffa\ufffd\ufffdb');
    expect(await json('tokenize', '--file', broken)).toEqual(expected);
  });

  it('gives logits that generation follows', async () => {
    for (const mode of ['exact', 'fast']) {
      const logits = (await json('logits', '--ids', '10,20,30', '--top', '3', '--mode', mode)) as {
        top: { id: number; logit: number }[];
        logsumexp: number;
      };
      expect(logits.top).toHaveLength(3);
      expect(logits.logsumexp).toBeGreaterThan(logits.top[0]?.logit ?? Number.POSITIVE_INFINITY);
      const made = (await json(
        'generate',
        '--ids',
        '10,20,30',
        '--max-tokens',
        '4',
        '--greedy',
        '--mode',
        mode,
      )) as { ids: number[]; text: string };
      expect(made.ids[0]).toBe(logits.top[0]?.id);
      expect(made.ids.length).toBeLessThanOrEqual(4);
    }
  });

  it('generates the same from a text as from its tokens, and prints it whole', async () => {
    const { ids } = (await json('tokenize', '--text', 'the bed')) as { ids: number[] };
    const fromText = (await json('generate', '--prompt', 'the bed', '--max-tokens', '6')) as {
      ids: number[];
      text: string;
    };
    expect(await json('generate', '--ids', ids.join(','), '--max-tokens', '6')).toEqual(fromText);
    expect(await run('generate', '--model', file, '--prompt', 'the bed', '--max-tokens', '6')).toBe(
      `${fromText.text.replace('<|im_end|>', '')}\n`,
    );
    const chat = (await json('generate', '--prompt', 'the bed', '--chat', '--max-tokens', '6')) as {
      ids: number[];
    };
    expect(chat.ids).not.toEqual(fromText.ids);
  });

  it('takes an adapter', async () => {
    const shape: AdapterShape = { mode: 'lora', rank: 2, alpha: 64, targets: ['q', 'v'] };
    const config = readConfig(readGguf(memorySource(tinyModel())));
    const tensors = adapterTensors(config, shape).map(({ name, shape: [rows, columns] }) => ({
      name,
      shape: [rows, columns],
      values: Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i)),
    }));
    const adapter = path.join(folder, 'adapter');
    await fs.mkdir(adapter);
    for (const [name, bytes] of Object.entries(encodePeft({ shape, tensors }, 'tiny')))
      await fs.writeFile(path.join(adapter, name), bytes);
    const base = await json('generate', '--ids', '10,20,30', '--max-tokens', '8');
    expect(
      await json('generate', '--ids', '10,20,30', '--max-tokens', '8', '--adapter', adapter),
    ).not.toEqual(base);
    await expect(json('generate', '--ids', '1', '--adapter', folder)).rejects.toMatchObject({
      code: 'io/not-found',
    });
  });

  it.each([
    ['no prompt', ['generate'], { code: 'usage' }],
    ['a chat without a prompt', ['generate', '--ids', '1', '--chat'], { code: 'usage' }],
    [
      'prompt and tokens',
      ['generate', '--ids', '1', '--prompt', 'x'],
      { code: 'commander.conflictingOption' },
    ],
    ['an empty prompt', ['generate', '--prompt', ''], { code: 'usage' }],
    ['tokens that are none', ['logits', '--ids', '1,-2'], { code: 'commander.invalidArgument' }],
    ['tokens that the model has not got', ['logits', '--ids', '1,99999'], { code: 'usage' }],
    [
      'more tokens than the context holds',
      ['logits', '--ids', Array(600).fill(5).join(',')],
      { code: 'engine/capacity' },
    ],
    ['another arithmetic', ['logits', '--ids', '1', '--mode', 'half'], { code: 'commander.invalidArgument' }],
  ])('refuses %s', async (_, argv, error) => {
    await expect(json(...argv)).rejects.toMatchObject(error);
  });

  it('refuses a file that is no model', async () => {
    const other = path.join(folder, 'other.gguf');
    await fs.writeFile(other, 'GGUF and nothing else, so this is no model at all');
    for (const command of [
      ['inspect'],
      ['tokenize', '--text', 'x'],
      ['logits', '--ids', '1'],
      ['generate', '--prompt', 'x'],
    ]) {
      await expect(run(...command, '--model', other)).rejects.toMatchObject({
        code: expect.stringMatching(/^gguf\//),
      });
    }
  });
});

it('orders logits and sums them', () => {
  expect(top(Float32Array.of(1, 3, 3, 2), 3)).toEqual([
    { id: 1, logit: 3 },
    { id: 2, logit: 3 },
    { id: 3, logit: 2 },
  ]);
  expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.log(2), 9);
});
