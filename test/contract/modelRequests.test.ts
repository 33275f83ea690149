// The model commands that ask something of a model: score, embed, chat, and how generate draws and stops.

import { promises as fs } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerModelCommands } from '../../cli/commands/model/index.js';
import { open } from '../../model/index.js';
import { openSource } from '../../platform/files.js';
import { ConversingProgram } from '../helpers/programs.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { tinyModel, writeTinyModel } from '../helpers/tinyModel.js';

const folder = temporaryFolder();
let file: string;
beforeAll(async () => {
  file = await writeTinyModel(folder);
});
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
  await program.parseAsync(['model', ...argv, '--model', file], { from: 'user' });
  vi.restoreAllMocks();
  return printed;
}
const json = async <T>(...argv: string[]): Promise<T> => JSON.parse(await run(...argv, '--json')) as T;

async function write(name: string, content: string): Promise<string> {
  const to = path.join(folder, name);
  await fs.writeFile(to, content);
  return to;
}

interface Made {
  readonly ids: number[];
  readonly text: string;
  readonly end: string;
  readonly seed?: number;
}

describe('generate', () => {
  const base = ['generate', '--ids', '10,20,30', '--max-tokens', '30', '--mode', 'exact'] as const;

  it('draws the same for a seed, and says which it took', async () => {
    const hot = [...base, '--temperature', '1.5', '--top-p', '0.95'] as const;
    const one = await json<Made>(...hot, '--seed', '3');
    expect(await json<Made>(...hot, '--seed', '3')).toEqual(one);
    const free = await json<Made>(...hot);
    expect(await json<Made>(...hot, '--seed', String(free.seed))).toEqual(free);
    expect((await json<Made>(...base)).seed).toBeUndefined();
  });

  it('stops before a text, and tells tokens as they come', async () => {
    const hot = [...base, '--temperature', '2', '--seed', '5'] as const;
    const whole = await json<Made>(...hot);
    const stop = whole.text.slice(6, 9);
    const stopped = await json<Made>(...hot, '--stop', stop);
    expect(stopped.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
    expect(stopped.end).toBe('text');
    expect(await run(...hot, '--stop', stop)).toBe(`${stopped.text}\n`);
    const lines = (await run(...hot, '--json', '--stream'))
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(lines.at(-1)).toEqual(whole);
    expect(lines.slice(0, -1).map(({ id }) => id)).toEqual(whole.ids);
  });
});

describe('generate with a constraint', () => {
  it('makes JSON of a schema, or one of some choices, and says what is cut', async () => {
    const schema = await write(
      'schema.json',
      JSON.stringify({
        type: 'object',
        properties: {
          bed: { type: 'integer' },
          state: { enum: ['wet', 'dry'] },
          notes: { type: 'array', items: { type: 'string', maxLength: 5 }, maxItems: 2 },
        },
        required: ['bed', 'state'],
      }),
    );
    const ids = ['generate', '--ids', '10,20,30', '--temperature', '3'] as const;
    for (const seed of ['1', '2', '3']) {
      const made = await json<Made>(...ids, '--schema', schema, '--seed', seed, '--max-tokens', '60');
      const value = JSON.parse(made.text.replace('<|im_end|>', ''));
      expect(Number.isInteger(value.bed)).toBe(true);
      expect(['wet', 'dry']).toContain(value.state);
    }
    expect(await json(...ids, '--schema', schema, '--max-tokens', '9')).toMatchObject({ end: 'length' });
    const choices = await write('answers.txt', 'yes\nno\nnobody\n');
    expect(await run('generate', '--prompt', 'x', '--choices', choices)).toMatch(/^(yes|no|nobody)\n$/u);
    const bad = await write('bad-schema.json', '{"type": "string", "pattern": "a"}');
    await expect(run(...ids, '--schema', bad)).rejects.toMatchObject({ code: 'schema/unsupported' });
  });
});

describe('score', () => {
  it('gives the log-probability of each choice', async () => {
    const choices = [' the', ' a bed', 'x'];
    const lines = await write('choices.txt', `${choices.join('\r\n')}\n\n`);
    const list = await write('choices.json', JSON.stringify(choices));
    const exact = ['--mode', 'exact', '--prompt', 'in the'] as const;
    const scored = await json<{ choices: { text: string; ids: number[]; logprob: number }[]; best: string }>(
      'score',
      ...exact,
      '--choices',
      lines,
    );
    expect(await json('score', ...exact, '--choices', list)).toEqual(scored);
    expect(scored.choices.map(({ text }) => text)).toEqual(choices);
    const source = openSource(file);
    const model = await open(source, { arithmetic: 'exact' });
    const expected = await model.score({
      ids: model.tokenizer.encode('in the'),
      continuations: choices.map(choice => model.tokenizer.encode(choice)),
    });
    model.close();
    source.close();
    for (const [n, { logprob }] of scored.choices.entries()) {
      expect(logprob).toBeCloseTo(expected[n] as number, 3);
    }
    const most = Math.max(...scored.choices.map(({ logprob }) => logprob));
    expect(scored.best).toBe(scored.choices.find(({ logprob }) => logprob === most)?.text);
    expect(await run('score', ...exact, '--choices', lines)).toContain(JSON.stringify(scored.best));
  });
});

describe('embed', () => {
  it('gives a vector of length 1, the same from a file', async () => {
    const note = await write('note.txt', 'the bed is wet');
    for (const pooling of ['mean', 'last']) {
      const given = ['--pooling', pooling, '--mode', 'exact'] as const;
      const one = await json<{ embedding: number[]; tokens: number }>(
        'embed',
        '--text',
        'the bed is wet',
        ...given,
      );
      expect(Math.hypot(...one.embedding)).toBeCloseTo(1, 5);
      expect(one.embedding).toHaveLength(64);
      expect(await json('embed', '--file', note, ...given)).toEqual(one);
      const expectTwo = async (argv: readonly string[]): Promise<void> => {
        const two = await json<{ embeddings: number[][]; tokens: number[] }>('embed', ...argv, ...given);
        expect(two.tokens).toEqual([one.tokens, one.tokens]);
        expect(two.embeddings).toHaveLength(2);
        for (const other of two.embeddings)
          for (const [at, value] of other.entries()) expect(value).toBeCloseTo(one.embedding[at] ?? 9, 4);
      };
      const twice = ['--text', 'the bed is wet', '--text', 'the bed is wet'];
      await expectTwo(twice);
      const lines = await write('lines.txt', 'the bed is wet\r\n\nthe bed is wet');
      await expectTwo(['--file', lines, '--lines']);
    }
    expect((await json<{ ids: number[] }>('tokenize', '--file', note)).ids.length).toBeGreaterThan(3);
  });
});

describe('chat', () => {
  it('answers a conversation from a file as generate answers its last message', async () => {
    const messages = await write('chat.json', JSON.stringify([{ role: 'user', content: 'the bed' }]));
    const limits = ['--max-tokens', '6', '--mode', 'exact'] as const;
    const answer = await json<Made>('chat', '--messages', messages, ...limits);
    const made = await json<Made>('generate', '--prompt', 'the bed', '--chat', ...limits);
    expect(answer.ids).toEqual(made.ids);
    const told = await json<Made>('chat', '--messages', messages, '--system', 'in on', ...limits);
    expect(told.ids).not.toEqual(answer.ids);
  });

  it('converses: an interrupt stops the answer, and only without one the program', async () => {
    const large = path.join(folder, 'large.gguf');
    await fs.writeFile(large, tinyModel({ contextLength: 20_000, layers: 6 }));
    const limits = ['--max-tokens', '19000', '--capacity', '20000', '--temperature', '3', '--seed', '2'];
    const chat = new ConversingProgram('skein', ['model', 'chat', '--model', large, ...limits]);
    chat.say('the bed');
    await chat.heard(1);
    chat.interrupt();
    chat.say('/new');
    chat.say('/exit');
    expect(await chat.ended).toMatchObject({ code: 0 });
    expect(Buffer.byteLength(chat.output)).toBeLessThan(10_000);
    const idle = new ConversingProgram('skein', [
      'model',
      'chat',
      '--model',
      large,
      '--max-tokens',
      '2',
      '--json',
    ]);
    idle.say('the bed');
    await idle.heard(1);
    idle.interrupt();
    expect(await idle.ended).toMatchObject({ code: 130 });
  });
});

describe('what cannot be', () => {
  it.each([
    ['another pooling', ['embed', '--text', 'x', '--pooling', 'max'], 'commander.invalidArgument'],
    ['no text', ['embed'], 'usage'],
    ['text and file', ['tokenize', '--text', 'x', '--file', 'y'], 'commander.conflictingOption'],
    ['a file that is not there', ['embed', '--file', 'nowhere.txt'], 'io/not-found'],
    ['no choices', ['score', '--prompt', 'x'], 'commander.missingMandatoryOptionValue'],
    ['no prompt to score', ['score', '--choices', 'none.txt'], 'usage'],
    [
      'greedy and hot',
      ['generate', '--prompt', 'x', '--greedy', '--temperature', '1'],
      'commander.conflictingOption',
    ],
    [
      'a temperature that is none',
      ['generate', '--prompt', 'x', '--temperature', 'hot'],
      'commander.invalidArgument',
    ],
    ['a share above 1', ['generate', '--prompt', 'x', '--top-p', '2'], 'engine/request'],
    ['a scale of nothing', ['logits', '--ids', '1', '--adapter-scale', '2'], 'usage'],
    [
      'a message longer than the context',
      ['chat', '--max-tokens', '600', '--capacity', '600'],
      'engine/capacity',
    ],
  ])('refuses %s', async (name, argv, code) => {
    if (name.startsWith('a message')) argv = [...argv, '--messages', await write('one.json', longMessage)];
    await expect(run(...argv)).rejects.toMatchObject({ code });
  });

  const longMessage = JSON.stringify([{ role: 'user', content: 'x'.repeat(400) }]);

  it.each(['', '[]', '["a", 1]', '["a", "a"]', '["a', '\n\n'])('refuses choices %j', async content => {
    const choices = await write('bad.txt', content);
    await expect(run('score', '--prompt', 'x', '--choices', choices)).rejects.toMatchObject({
      code: 'io/invalid',
    });
  });

  it.each(['', '{}', '[]', '[{"role": "me", "content": "x"}]', '[{"role": "user"}]'])(
    'refuses the conversation %j',
    async content => {
      const messages = await write('bad.json', content);
      await expect(run('chat', '--messages', messages)).rejects.toMatchObject({ code: 'io/invalid' });
    },
  );
});
