// The device's own policy has the last word on every assignment.

import { describe, expect, it } from 'vitest';
import { type DeviceSituation, objection } from '../../../agent/learning/policy.js';
import type { Assignment } from '../../../proto/messages.js';

const assignment: Assignment = {
  task: {
    id: 'notes',
    baseModel: 'aa'.repeat(32),
    template: '{text}:',
    labels: [],
    adapter: { mode: 'ffa', rank: 2, alpha: 4, targets: ['q'] },
    plan: {
      localEpochs: 1,
      batchSize: 4,
      learningRate: 0.01,
      weightDecay: 0,
      clipNorm: 1,
      maxTokens: 64,
      arithmetic: 'fast',
    },
    aggregation: 'mean',
    adapterSeed: 3,
  },
  startRelease: '',
  seed: 1,
  deadlineMs: 2_000,
  nonce: new Uint8Array(16),
};
const device: DeviceSituation = {
  nowMs: 1_000,
  acceptTasks: true,
  minRecords: 1,
  arithmetic: 'fast',
  baseModel: 'aa'.repeat(32),
  records: 5,
  bytesLeftToday: 1,
};

describe('objection', () => {
  it('is none where everything fits', () => {
    expect(objection(assignment, device)).toBeUndefined();
    expect(objection(assignment, { ...device, acceptTasks: ['notes'] })).toBeUndefined();
  });

  const plan = (change: Partial<Assignment['task']['plan']>): Assignment => ({
    ...assignment,
    task: { ...assignment.task, plan: { ...assignment.task.plan, ...change } },
  });
  it.each([
    ['round/declined', assignment, { acceptTasks: false }],
    ['round/declined', assignment, { acceptTasks: ['other'] }],
    ['model/mismatch', assignment, { baseModel: 'bb'.repeat(32) }],
    ['model/mismatch', plan({ arithmetic: 'exact' }), {}],
    ['round/declined', plan({ maxTokens: 100_000 }), {}],
    ['round/declined', plan({ localEpochs: 1000 }), {}],
    ['wire/replay', assignment, { nowMs: 2_000 }],
    ['record/none', assignment, { records: 0 }],
    ['egress/budget', assignment, { bytesLeftToday: 0 }],
  ] as const)('is %s', (code, offer, change) => {
    expect(objection(offer, { ...device, ...change })).toBe(code);
  });
});
