// Any process may be killed at any instant: the same round ends with the same aggregate as an undisturbed one.

import { afterEach, describe, expect, test } from 'vitest';
import type { RoundView } from '../../proto/api.js';
import type { Phase } from '../../proto/messages.js';
import { TestFleet } from '../helpers/fleet.js';
import { privateRecords } from '../helpers/privateRecords.js';

const records = privateRecords(['ada', 'bo', 'cy'], 24);

/** Long enough that there is a middle to be killed in. */
const options = {
  devices: records.devices,
  root: records.root,
  rounds: 2,
  plan: { localEpochs: 40, batchSize: 4, maxTokens: 64, learningRate: 0.005 },
};

let fleet: TestFleet;
afterEach(() => fleet.destroy());

const aggregates = (rounds: readonly RoundView[]): string[] => rounds.map(round => round.aggregate);

let undisturbed: readonly string[];

async function begin(): Promise<void> {
  fleet = await TestFleet.create(options);
  fleet.startAgents();
  await fleet.submitTask();
}

/** The device's place in round 1, as the operator sees it. */
const seen = async (device: string) => {
  const round = (await fleet.rounds()).find(one => one.round === 1);
  return round?.devices.find(one => one.device === device);
};

const phase = (device: string, wanted: Phase, fromStep = 0) =>
  fleet.until(`${device} is ${wanted}`, async () => {
    const now = await seen(device);
    return now?.phase === wanted && now.step >= fromStep;
  });

describe('kill -9', () => {
  test('nobody: the measure of the others', async () => {
    await begin();
    const rounds = await fleet.taskDone();
    expect(rounds.map(round => round.state)).toEqual(['released', 'released']);
    undisturbed = aggregates(rounds);
    expect(new Set(undisturbed).size).toBe(2);
    for (const hash of undisturbed) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('an agent while it trains', async () => {
    await begin();
    await phase('ada', 'training', 20);
    await fleet.program('ada').kill();
    fleet.startAgent('ada');
    expect(aggregates(await fleet.taskDone())).toEqual(undisturbed);
    // It went on from its checkpoint, it did not begin again.
    const lines = fleet
      .program('ada')
      .log.split('\n')
      .filter(line => line.includes('"msg":"training"'));
    const begun = lines.map(line => JSON.parse(line) as { round: number; step: number });
    const inRound = begun.filter(line => line.round === 1).map(line => line.step);
    expect(inRound[0]).toBe(1);
    expect(inRound.at(-1)).toBeGreaterThan(1);
  });

  test('the coordinator in the middle of a round', async () => {
    await begin();
    await phase('bo', 'training', 20);
    await fleet.program('coordinator').kill();
    await fleet.startCoordinator();
    expect(aggregates(await fleet.taskDone())).toEqual(undisturbed);
  });

  test('the coordinator once an update has been acknowledged', async () => {
    await begin();
    await fleet.until('one update counts', async () =>
      ((await fleet.rounds())[0]?.devices ?? []).some(device => device.phase === 'counted'),
    );
    await fleet.program('coordinator').kill();
    await fleet.startCoordinator();
    expect(aggregates(await fleet.taskDone())).toEqual(undisturbed);
  });

  test('an agent while its update is on the way', async () => {
    await begin();
    // Without a coordinator the update stays in the outbox: the kill comes between writing and the acknowledgement.
    await phase('cy', 'training', 20);
    await fleet.program('coordinator').kill();
    await fleet.until('the update waits in the outbox', async () => {
      const { assignment } = await fleet.agent<{ assignment: { state: string } | null }>('cy', 'status');
      return assignment?.state === 'trained';
    });
    await fleet.program('cy').kill();
    await fleet.startCoordinator();
    fleet.startAgent('cy');
    expect(aggregates(await fleet.taskDone())).toEqual(undisturbed);
  });
});
