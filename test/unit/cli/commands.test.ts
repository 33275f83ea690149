// What the commands make of command lines, task files, releases and rounds.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTask } from '../../../agent/commands/learningTask.js';
import { choose } from '../../../cli/commands/release.js';
import { roundLines, roundPlain } from '../../../cli/commands/round.js';
import { buildProgram, runCommand } from '../../../cli/program.js';
import { readTaskFile } from '../../../cli/taskFile.js';
import type { Channel } from '../../../cli/ui/terminal.js';
import { parseSubmission } from '../../../coordinator/tasks/submission.js';
import type { ReleaseView, RoundView } from '../../../proto/api.js';

const folder = mkdtempSync(path.join(tmpdir(), 'skein-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const context = { signal: new AbortController().signal };

describe('the command line', () => {
  type Command = Awaited<ReturnType<typeof buildProgram>>;
  const leaves = (command: Command): Command[] =>
    command.commands.length === 0
      ? [command]
      : command.commands.flatMap(child => leaves(child as typeof command));

  it('every command has a description, --json and examples', async () => {
    for (const command of leaves(await buildProgram(context))) {
      expect(command.description()).not.toBe('');
      expect(command.options.map(option => option.long)).toContain('--json');
      let help = '';
      command.configureOutput({
        writeOut: text => {
          help += text;
        },
      });
      command.outputHelp();
      const names: string[] = [];
      for (let at: Command | null = command; at !== null; at = at.parent as Command | null)
        names.unshift(at.name());
      expect(help).toContain(`$ ${names.join(' ')}`);
    }
  });

  it.each([
    ['nothing-like-this'],
    ['device'],
    ['device', 'add'],
    ['demo', '--devices', '0'],
    ['status', '--no-such'],
  ])('refuses %s %s %s as usage', async (...argv) => {
    const code = await runCommand(argv, context).catch((error: { code: string }) => error.code);
    expect([2, 'usage']).toContain(code);
  });

  it('an address must be one', async () => {
    await expect(
      runCommand(['status', '--url', 'file:///etc', '--token', 'x'], context),
    ).rejects.toMatchObject({
      code: 'usage',
    });
  });

  it('without a fleet it says where it looked', async () => {
    await expect(runCommand(['status', '--fleet', folder], context)).rejects.toMatchObject({
      code: 'io/not-found',
      message: expect.stringContaining(folder),
    });
  });
});

describe('a task file', () => {
  const file = path.join(folder, 'task.yaml');

  it('gets defaults that the coordinator accepts', async () => {
    writeFileSync(path.join(folder, 'root.jsonl'), '{"text":"a","label":"b"}\n');
    writeFileSync(
      file,
      'id: tickets\ntemplate: "Note: {text}"\ngoal: 4\nroot: root.jsonl\nroundTimeout: 10m\n',
    );
    const task = await readTaskFile(file);
    expect(task).toMatchObject({
      adapter: { mode: 'lora', rank: 8, alpha: 16, targets: ['q', 'v'] },
      plan: { localEpochs: 1, batchSize: 8 },
      rounds: 5,
      roundTimeoutMs: 600_000,
      root: [{ text: 'a', label: 'b' }],
    });
    expect(parseSubmission(JSON.parse(JSON.stringify(task)))).toEqual(task);
  });

  it('says the same to a device that learns alone, with as many passes as the rounds take together', async () => {
    writeFileSync(
      file,
      'id: t\ntemplate: "Note: {text}"\ngoal: 4\nadapter: { rank: 4 }\nplan: { maxTokens: 64 }\n',
    );
    const fleet = await readTaskFile(file);
    const alone = await readTask({ task: file });
    expect(alone.adapter).toEqual(fleet.adapter);
    expect(alone.plan).toEqual({ ...fleet.plan, localEpochs: fleet.rounds * fleet.plan.localEpochs });
    expect(alone.seed).toBe(fleet.seed);
    expect((await readTask({})).plan).toEqual({ ...alone.plan, maxTokens: 256 });
    await expect(readTask({ task: file, rank: 4000, batchSize: -1 })).rejects.toMatchObject({
      code: 'config/invalid',
      data: {
        problems: [expect.stringContaining('adapter.rank'), expect.stringContaining('plan.batchSize')],
      },
    });
  });

  it('lists all its problems', async () => {
    writeFileSync(file, 'template: 5\ngoal: many\nextra: 1\n');
    await expect(readTaskFile(file)).rejects.toMatchObject({
      code: 'config/invalid',
      data: {
        problems: expect.arrayContaining([expect.stringContaining('id'), expect.stringContaining('extra')]),
      },
    });
  });
});

describe('releases', () => {
  const release = (hash: string, state: ReleaseView['state']): ReleaseView =>
    ({
      hash,
      state,
      task: 't',
      round: 1,
      serial: 1,
      createdMs: 0,
      accuracy: null,
      aggregate: '',
      bytes: 1,
    }) as ReleaseView;
  const releases = [release('abc1', 'live'), release('abd2', 'retired')];

  it('are chosen by the beginning of their hash, or the live one', () => {
    expect(choose(releases, undefined).hash).toBe('abc1');
    expect(choose(releases, 'ABD').hash).toBe('abd2');
    expect(() => choose(releases, 'ab')).toThrowError(expect.objectContaining({ code: 'usage' }));
    expect(() => choose(releases, 'f')).toThrowError(expect.objectContaining({ code: 'release/not-found' }));
    expect(() => choose([], undefined)).toThrowError(expect.objectContaining({ code: 'release/not-found' }));
  });
});

describe('rounds', () => {
  const plain: Channel = { isTTY: false, columns: 100, write() {}, line() {}, style: (_, text) => text };
  const round = (more: Partial<RoundView>): RoundView => ({
    task: 't',
    round: 1,
    state: 'open',
    openedMs: 0,
    closedMs: null,
    deadlineMs: 1,
    devices: [{ device: 'a', phase: 'training', step: 3, steps: 6, bytesUp: 0, bytesDown: 0, reason: '' }],
    bytesUp: 1000,
    bytesDown: 0,
    aggregate: '',
    release: '',
    accuracy: null,
    reason: '',
    ...more,
  });

  it('show devices while they run and one line when they are over', () => {
    const hashes = { aggregate: 'ef'.repeat(32), release: 'ab'.repeat(32) };
    const over = round({ state: 'released', closedMs: 5000, accuracy: 0.25, ...hashes });
    const lines = roundLines([over, round({ round: 2 })], plain);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(
      /round 1 .*released {2}release abababababab .*25\.0 % .*5\.0 s .*aggregate efefefefefef$/,
    );
    expect(lines[0]?.indexOf('root accuracy')).toBeLessThan(60);
    expect(lines[2]).toMatch(/a .*training .*3\/6/);
  });

  it('as lines of a log change only with what they say', () => {
    const before = roundPlain([round({})]);
    const after = roundPlain([round({ bytesUp: 2000 })]);
    expect(after).toEqual(before);
    expect(Object.values(before)).toContain('round 1: a training 50 %');
  });
});
