// skein model train on a small model: what it writes and prints, what it refuses, and that an interrupted run goes on.

import { copyFileSync, promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerModelCommands } from '../../cli/commands/model/index.js';
import { isSkeinError, SkeinError } from '../../core/index.js';
import { readAdapterFolder } from '../../platform/adapterFolder.js';
import { writeTinyModel } from '../helpers/tinyModel.js';

let folder: string;
let file: string;
let rows: string;
let chats: string;
beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(tmpdir(), 'skein-train-'));
  file = await writeTinyModel(folder);
  const lines = Array.from({ length: 12 }, (_, i) => ({
    prompt: `note ${i % 3}:`,
    completion: ` team ${i % 3}`,
  }));
  rows = await write('rows.jsonl', `${lines.map(line => JSON.stringify(line)).join('\n')}\n\n`);
  const talk = (answer: string) => ({
    messages: [
      { role: 'user', content: 'the weather' },
      { role: 'assistant', content: answer },
      { role: 'user', content: 'and then' },
      { role: 'assistant', content: 'rain' },
    ],
  });
  chats = await write('chats.jsonl', ['sun', 'snow'].map(answer => JSON.stringify(talk(answer))).join('\n'));
});
afterAll(() => fs.rm(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

async function write(name: string, text: string): Promise<string> {
  const at = path.join(folder, name);
  await fs.writeFile(at, text);
  return at;
}

interface Run {
  readonly argv: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

/** What `skein model …` prints on standard output. */
async function run({ argv, signal = new AbortController().signal, onProgress }: Run): Promise<string> {
  const program = new Command('skein');
  await registerModelCommands(program, { signal });
  for (const command of program.commands.flatMap(group => [group, ...group.commands])) {
    command.exitOverride().configureOutput({ outputError: () => {} });
  }
  let printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation(text => {
    onProgress?.(String(text));
    return true;
  });
  await program.parseAsync(['model', ...argv], { from: 'user' });
  return printed;
}
const trainArgv = (data: string, out: string, ...more: string[]): string[] => [
  ...['train', '--model', file, '--data', data, '--out', path.join(folder, out), '--mode', 'exact'],
  ...['--rank', '4', '--learning-rate', '0.02', ...more],
];
const failure = async (work: Promise<unknown>): Promise<SkeinError> => {
  const error = await work.then(
    () => undefined,
    thrown => thrown as unknown,
  );
  if (!isSkeinError(error)) throw error ?? new Error('It was not refused.');
  return error;
};
const bytesOf = (out: string) => fs.readFile(path.join(folder, out, 'adapter_model.safetensors'));
const exists = (name: string) =>
  fs.stat(path.join(folder, name)).then(
    () => true,
    () => false,
  );

describe('skein model train', () => {
  it('learns rows, prints one document and writes a PEFT folder that answers', async () => {
    const lines: string[] = [];
    const argv = trainArgv(rows, 'notes', '--steps', '20', '--targets', 'v,q,down', '--json', '--stream');
    const printed = (await run({ argv, onProgress: line => lines.push(line) })).trim().split('\n');
    const result = JSON.parse(printed.pop() ?? '');
    expect(printed).toHaveLength(20);
    expect(JSON.parse(printed[19] ?? '')).toMatchObject({ step: 20, steps: 20, learningRate: 0.02 });
    expect(JSON.parse(printed[19] ?? '').residentBytes).toBeGreaterThan(1e7);
    expect(result).toMatchObject({
      adapter: path.join(folder, 'notes'),
      shape: { mode: 'lora', rank: 4, alpha: 8, targets: ['q', 'v', 'down'] },
      examples: 12,
      steps: 20,
      optimizer: 'adamw',
    });
    expect(result.loss).toHaveLength(20);
    expect(result.loss.at(-1)).toBeLessThan(result.loss[0] * 0.5);
    expect(result.tokensPerSecond).toBeGreaterThan(0);
    expect(result.peakBytes).toBeGreaterThan(1e7);
    // A program reads this, and nobody looks.
    expect(lines).toEqual([]);
    expect(await exists('notes.checkpoint')).toBe(false);
    const { shape, tensors } = await readAdapterFolder(path.join(folder, 'notes'));
    expect(shape.rank).toBe(4);
    expect(tensors).toHaveLength(2 * 3 * 2);
    const prompt = [
      'generate',
      '--model',
      file,
      '--prompt',
      'note 1:',
      '--max-tokens',
      '8',
      '--mode',
      'exact',
    ];
    const answer = await run({ argv: [...prompt, '--adapter', path.join(folder, 'notes'), '--json'] });
    expect(JSON.parse(answer).text).toContain(' team 1');
  });

  it('learns what the assistant says, with another optimiser, from an adapter, for people', async () => {
    const first = trainArgv(chats, 'first', '--ffa', '--optimizer', 'adafactor', '--steps', '12');
    expect(await run({ argv: first })).toMatch(
      /^Wrote .*first: rank 4 on q, v, \d+ weights\.\n12 steps on 2 /,
    );
    const argv = trainArgv(
      chats,
      'second',
      '--adapter',
      path.join(folder, 'first'),
      '--steps',
      '4',
      '--json',
    );
    const schedule = ['--schedule', 'cosine', '--warmup', '1', '--lora-plus', '2'];
    const second = JSON.parse(await run({ argv: [...argv, ...schedule] }));
    expect(second.shape.mode).toBe('ffa');
    const fresh = JSON.parse(await run({ argv: trainArgv(chats, 'third', '--steps', '1', '--json') }));
    expect(second.loss[0]).toBeLessThan(fresh.loss[0]);
  });

  it('stays within a budget and says what it chose, or what would do', async () => {
    const argv = trainArgv(rows, 'lean', '--steps', '2', '--json', '--memory');
    const result = JSON.parse(await run({ argv: [...argv, '1GB'] }));
    expect(result.memory).toMatchObject({ budgetBytes: 1e9, recompute: 'none' });
    expect(result.memory.text).toContain('Within 1.0 GB');
    const error = await failure(run({ argv: [...argv, '1MB'] }));
    expect(error.code).toBe('train/memory');
    const least = `${Math.ceil((error.data.leastBytes as number) / 1e6)}MB`;
    expect(error.message).toContain(least.replace('MB', ' MB'));
    expect(JSON.parse(await run({ argv: [...argv, least] })).steps).toBe(2);
  });

  it('is interrupted, and goes on to the same bits', async () => {
    const more = ['--steps', '9', '--schedule', 'linear', '--optimizer', 'adafactor'];
    await run({ argv: trainArgv(rows, 'whole', ...more) });
    const controller = new AbortController();
    const lines: string[] = [];
    const onProgress = (line: string): void => {
      lines.push(line);
      if (line.startsWith('step 4 of 9,')) controller.abort(new SkeinError('cancelled', 'Stopped.'));
    };
    const argv = trainArgv(rows, 'torn', ...more);
    const stopped = await failure(run({ argv, signal: controller.signal, onProgress }));
    expect(stopped.code).toBe('cancelled');
    expect(lines.at(-1)).toMatch(
      /^Stopped after step 4 of 9\. .*torn\.checkpoint keeps them: .* --resume\.\n$/,
    );
    expect(stopped.data).toMatchObject({ steps: 4, checkpoint: path.join(folder, 'torn.checkpoint') });
    expect(await exists('torn')).toBe(false);

    expect((await failure(run({ argv }))).code).toBe('usage');
    const other = trainArgv(rows, 'torn', ...more, '--seed', '5', '--resume');
    expect((await failure(run({ argv: other }))).code).toBe('checkpoint/invalid');
    const result = JSON.parse(await run({ argv: [...argv, '--resume', '--json'] }));
    expect(result.loss).toHaveLength(9);
    expect(await bytesOf('torn')).toEqual(await bytesOf('whole'));
    expect(await exists('torn.checkpoint')).toBe(false);
  });

  it('is killed, and goes on from the last checkpoint to the same bits', async () => {
    const more = ['--steps', '13', '--ffa'];
    const keep = (line: string): void => {
      if (line.startsWith('step 12 of 13,'))
        copyFileSync(path.join(folder, 'alive.checkpoint'), path.join(folder, 'killed.checkpoint'));
    };
    await run({ argv: trainArgv(rows, 'alive', ...more), onProgress: keep });
    const steps: string[] = [];
    const argv = trainArgv(rows, 'killed', ...more, '--resume');
    await run({ argv, onProgress: line => steps.push(line) });
    expect(steps.join('')).toMatch(/^Going on after step 10 of 13\.\nstep 11 of 13/);
    expect(await bytesOf('killed')).toEqual(await bytesOf('alive'));
  });

  it.each([
    ['{"prompt": "a"}', '"completion" is missing'],
    ['{"prompt": "a", "completion": 3}', '"completion" is not a string'],
    ['{"prompt": "", "completion": "a"}', '"prompt" is empty'],
    ['[1]', 'not a JSON object'],
    ['{', 'not JSON'],
    ['\xff', 'not UTF-8'],
    ['{"messages": []}', 'not a list'],
    ['{"messages": [{"role": "user", "content": "x"}]}', 'no message is of the assistant'],
    ['{"messages": [{"role": "tool", "content": "x"}]}', 'role of message 1'],
    ['{"messages": [null]}', 'role of message 1'],
    ['{"prompt": "a", "completion": "\\ud800"}', 'surrogate'],
  ])('refuses %s by its line, and trains nothing', async (line, why) => {
    const bad = path.join(folder, 'bad.jsonl');
    const good = '{"prompt": "a", "completion": "b"}\n';
    await fs.writeFile(bad, Buffer.from(`${good}\n${line}\n${good}`, 'latin1'));
    const error = await failure(run({ argv: trainArgv(bad, 'bad') }));
    expect(error.code).toBe('record/invalid');
    expect(error.message).toContain(`line 3: ${why.startsWith('"') ? why : ''}`);
    expect(error.message).toContain(why);
    expect(error.data).toMatchObject({ lines: [3], path: bad });
    expect(await exists('bad')).toBe(false);
  });

  it('refuses rows that are too long by their lines, an empty file, and a folder of something else', async () => {
    const long = await write('long.jsonl', JSON.stringify({ prompt: 'a b '.repeat(600), completion: 'c' }));
    const error = await failure(run({ argv: trainArgv(long, 'long') }));
    expect(error.code).toBe('record/invalid');
    expect(error.message).toMatch(/line 1: \d+ tokens, at most 512 can be/);
    const empty = await write('empty.jsonl', '\n\n');
    expect((await failure(run({ argv: trainArgv(empty, 'x') }))).code).toBe('record/none');
    await fs.mkdir(path.join(folder, 'taken'));
    await write('taken/letter.txt', 'dear');
    expect((await failure(run({ argv: trainArgv(rows, 'taken') }))).code).toBe('usage');
    await write('taken/adapter_config.json', '{}');
    for (const out of ['taken', '.', 'rows.jsonl'])
      expect((await failure(run({ argv: trainArgv(rows, out) }))).code, out).toBe('usage');
    expect(await exists('taken/letter.txt')).toBe(true);
    const here = trainArgv(rows, 'x').map(word => (word === path.join(folder, 'x') ? process.cwd() : word));
    expect((await failure(run({ argv: here }))).code).toBe('usage');
    const unset = trainArgv(rows, 'x').map(word => (word === path.join(folder, 'x') ? '' : word));
    await expect(run({ argv: unset })).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });

  it('makes the parents of its folder before it trains', async () => {
    await run({ argv: trainArgv(rows, 'new/parent/adapter', '--steps', '11') });
    expect(await exists('new/parent/adapter/adapter_model.safetensors')).toBe(true);
  });
});

describe('skein model export', () => {
  it('writes the adapter anew, in another type and under another name, or refuses', async () => {
    await run({ argv: trainArgv(rows, 'given', '--steps', '3') });
    const argv = (...more: string[]): string[] => [
      ...['export', '--model', file, '--adapter', path.join(folder, 'given')],
      ...['--out', path.join(folder, 'exported'), ...more],
    ];
    const same = JSON.parse(await run({ argv: argv('--json') }));
    expect(same).toMatchObject({ dtype: 'f32', base: 'tiny.gguf', largestChange: 0 });
    expect(await bytesOf('exported')).toEqual(await bytesOf('given'));
    const half = JSON.parse(await run({ argv: argv('--dtype', 'bf16', '--base', 'a/b', '--json') }));
    expect(half.bytes).toBeLessThan(same.bytes * 0.7);
    expect(half.largestChange).toBeGreaterThan(0);
    expect(half.largestChange).toBeLessThan(0.01);
    const config = await fs.readFile(path.join(folder, 'exported', 'adapter_config.json'), 'utf8');
    expect(JSON.parse(config).base_model_name_or_path).toBe('a/b');
    const { tensors } = await readAdapterFolder(path.join(folder, 'exported'));
    expect(tensors).toHaveLength(2 * 2 * 2);
    expect(await run({ argv: argv('--dtype', 'f16') })).toMatch(/^Wrote .*\nAs f16 no value changed by more/);

    await fs.mkdir(path.join(folder, 'larger'), { recursive: true });
    const other = await writeTinyModel(path.join(folder, 'larger'), { layers: 3 });
    const misfit = argv().with(2, other);
    expect((await failure(run({ argv: misfit }))).code).toBe('adapter/invalid');
  });
});
