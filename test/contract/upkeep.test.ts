// Upkeep over real databases: what is over goes, what is in use or still asked for stays, also in the middle of a round.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAgentConfig } from '../../agent/config.js';
import { agentUpkeep } from '../../agent/store/upkeep.js';
import { openWorkbench, type Workbench } from '../../agent/workbench.js';
import { Blobs } from '../../coordinator/inbox/blobs.js';
import { coordinatorUpkeep } from '../../coordinator/store/upkeep.js';
import { sha256 } from '../../core/bytes.js';
import { silentLog } from '../../platform/log.js';
import { hourMs, Upkeep } from '../../platform/upkeep.js';
import type { Assignment } from '../../proto/messages.js';
import { ManualClock, root, Stand, task, temporaryFolder } from './roundsFixture.js';

let folder: string;
let remove: () => Promise<void>;
let clock: ManualClock;
beforeEach(async () => {
  ({ folder, remove } = await temporaryFolder());
  clock = new ManualClock();
});
afterEach(() => remove());

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise(resolve => setTimeout(resolve, 2));
};

describe('the coordinator', () => {
  const devices = ['pi-1', 'pi-2', 'pi-3'];
  let stand: Stand;
  let files: Blobs;
  let updates: Blobs;
  /** Of the round that is open, where devices do not answer by themselves. */
  const assignments = new Map<string, { assignment: Assignment; round: number }>();

  async function start(epoch: number): Promise<void> {
    stand = await Stand.open(folder, clock, epoch);
    files = new Blobs(stand.database, 'files');
    updates = new Blobs(stand.database, 'updates');
    await stand.start();
    for (const device of devices) await stand.birth(device);
  }

  const answer = (until: number): void => {
    stand.onSent = ({ device, kind, message }) => {
      if (kind !== 'assignment') return;
      const assignment = message as Assignment;
      const round = stand.rounds.rounds(assignment.task.id).at(-1)!.number;
      if (round > until) assignments.set(device, { assignment, round });
      else void stand.deliver(device, assignment, round).catch(() => undefined);
    };
  };

  async function learn(id: string): Promise<void> {
    answer(task.rounds);
    await stand.rounds.submit({ ...task, id }, root);
    await until(() => stand.rounds.task(id).state === 'done');
  }

  async function clean(keepReleases = 2): Promise<number[]> {
    const { database, rounds, releases } = stand;
    const jobs = coordinatorUpkeep({
      database,
      rounds,
      releases,
      files,
      updates,
      clock,
      historyMs: hourMs,
      keepReleases,
    });
    const gone = [];
    for (const { run } of jobs) gone.push(await run());
    return gone;
  }

  beforeEach(() => start(1));
  afterEach(() => stand.stop());

  it('keeps files of the newest releases, and takes away what nothing names', async () => {
    await learn('a');
    await learn('b');
    await updates.put(Uint8Array.of(1));
    // Four adapters and one configuration that they share; of two releases the files stay.
    expect(await clean()).toEqual([0, 0, 3]);
    expect(await clean()).toEqual([0, 0, 0]);
    const [live, before, older] = await stand.releases.list();
    for (const { content } of [live!, before!])
      expect((await stand.work.adapter(content.files)).tensors).toHaveLength(2);
    await expect(stand.rounds.rollback(older!.hash)).rejects.toMatchObject({ code: 'release/not-found' });
    await stand.rounds.rollback(before!.hash);
    expect((await stand.releases.live())?.content.files).toEqual(before!.content.files);
  });

  it('takes nothing from a round that is open, whatever else has become of its start', async () => {
    answer(1);
    await stand.rounds.submit({ ...task, id: 'c' }, root);
    await until(() => assignments.size === 3);
    const [first] = await stand.releases.list();
    const [one, ...others] = devices.map(device => ({ device, ...assignments.get(device)! }));
    expect(one!.assignment.startRelease).toBe(first!.hash);
    expect(await stand.deliver(one!.device, one!.assignment, 2)).toBe('applied');
    await stand.rounds.rollback('base');
    expect(await clean(1)).toEqual([0, 0, 0]);
    for (const { device, assignment } of others)
      expect(await stand.deliver(device, assignment, 2)).toBe('applied');
    await until(() => stand.rounds.task('c').state === 'done');
  });

  it('forgets rounds of tasks before the last when they are old, and decisions about updates', async () => {
    await learn('a');
    await learn('b');
    const decide = (name: string, doneMs: number): Promise<unknown> =>
      stand.database.run(
        "INSERT INTO upload_done (device, hash, reason, done_ms) VALUES ('pi-1', ?, '', ?)",
        [sha256(name), doneMs],
      );
    await decide('old', clock.now());
    clock.advance(2 * hourMs);
    await decide('new', clock.now());
    const kept = stand.rounds.rounds('b').map(({ state }) => state);
    expect(await clean(10)).toEqual([1, 2, 0]);
    await stand.stop();
    await start(2);
    expect(stand.rounds.rounds('a')).toEqual([]);
    expect(stand.rounds.rounds('b').map(({ state }) => state)).toEqual(kept);
    expect(stand.rounds.task('a').state).toBe('done');
    expect(await stand.database.all('SELECT DISTINCT task FROM round_traffic')).toEqual([{ task: 'b' }]);
    expect(await stand.database.all('SELECT hash FROM upload_done')).toEqual([{ hash: sha256('new') }]);
    await learn('c');
  });
});

describe('the agent', () => {
  let bench: Workbench;
  beforeEach(async () => {
    bench = await openWorkbench(await loadAgentConfig({ data: folder }), clock);
  });
  afterEach(() => bench.close());

  it('keeps what the configuration says, the newest assignment, and the highest serial', async () => {
    const { database, records, assignments } = bench;
    const assignment: Assignment = {
      task: { ...task, adapterSeed: 1 },
      startRelease: '',
      seed: 1,
      deadlineMs: clock.now() + 1,
      nonce: new Uint8Array(16).fill(7),
    };
    const release = (serial: number, state: string): Promise<unknown> =>
      database.run(
        `INSERT INTO release (hash, serial, manifest, signature, state, received_ms)
         VALUES (?, ?, x'00', x'00', ?, ?)`,
        [`${serial}`, serial, state, clock.now()],
      );
    const receipt = (): Promise<unknown> =>
      database.run(
        `INSERT INTO receipt (time_ms, kind, purpose, policy, task, round, bytes, hash)
         VALUES (?, 'chunk', 'update', '', 't', 1, 1, '')`,
        [clock.now()],
      );
    await records.add([{ text: 'a note', label: 'x' }]);
    await receipt();
    for (const [round, done] of [
      [1, true],
      [2, false],
      [3, true],
    ] as const) {
      await assignments.accept('notes', round, assignment, clock.now() + round);
      if (done) await assignments.close('notes', round);
    }
    await release(1, 'kept');
    await release(2, 'live');
    await release(3, 'kept');
    await release(4, 'refused');
    clock.advance(2 * hourMs);
    await receipt();

    const jobs = agentUpkeep({ database, records, clock, retentionMs: undefined, historyMs: hourMs });
    const upkeep = new Upkeep({ jobs, clock, log: silentLog });
    await upkeep.start();
    const left = async (sql: string): Promise<unknown[]> =>
      (await database.all<{ v: unknown }>(sql)).map(({ v }) => v);
    expect(await left('SELECT time_ms AS v FROM receipt')).toEqual([clock.now()]);
    expect(await left('SELECT round AS v FROM assignment ORDER BY round')).toEqual([2, 3]);
    expect(await left('SELECT serial AS v FROM release ORDER BY serial')).toEqual([2, 4]);
    expect((await records.counts()).count).toBe(1);
    // It comes again by itself.
    clock.advance(2 * hourMs);
    await until(async () => (await left('SELECT time_ms AS v FROM receipt')).length === 0);
    await upkeep.stop();
  });
});

it('goes on after a job that fails, and tries it again', async () => {
  const done: string[] = [];
  let fails = true;
  const job = (what: string, run: () => void) => ({
    what,
    run: async () => {
      run();
      done.push(what);
      return 1;
    },
  });
  const broken = job('first', () => {
    if (fails) throw new Error('no');
  });
  const upkeep = new Upkeep({ jobs: [broken, job('second', () => {})], clock, log: silentLog });
  await upkeep.start();
  expect(done).toEqual(['second']);
  fails = false;
  clock.advance(hourMs);
  await until(() => done.length === 3);
  expect(done).toEqual(['second', 'first', 'second']);
  await upkeep.stop();
  clock.advance(hourMs);
  expect(done).toHaveLength(3);
});
