// Every row of the soundness table refuses what it is there for, with its reason, and a sound task passes.
import { describe, expect, it } from 'vitest';
import { requireSound, type Surroundings, soundnessRows } from '../../../federation/soundness.js';
import type { TaskSubmission } from '../../../proto/api.js';

const task: TaskSubmission = {
  id: 'notes',
  template: '{text}',
  labels: ['a', 'b'],
  adapter: { mode: 'lora', rank: 8, alpha: 16, targets: ['q'] },
  plan: {
    localEpochs: 1,
    batchSize: 4,
    learningRate: 0.003,
    weightDecay: 0,
    clipNorm: 1,
    maxTokens: 128,
    arithmetic: 'fast',
  },
  aggregation: 'mean',
  rounds: 1,
  goal: 2,
  roundTimeoutMs: 60_000,
  seed: 1,
  root: [{ text: 'x', label: 'a' }],
};
const around: Surroundings = {
  maxUpdateBytes: 1024,
  model: {
    contextLength: 2048,
    adapterTensors: [
      { name: 'l.lora_A.weight', shape: [8, 9] },
      { name: 'l.lora_B.weight', shape: [9, 8] },
    ],
  },
};
const wide = { ...around, maxUpdateBytes: 600 };

const broken: Record<string, [TaskSubmission, Surroundings]> = {
  'minimum-within-goal': [{ ...task, minimum: 3 }, around],
  'rank-below-sides': [
    { ...task, adapter: { ...task.adapter, rank: 9 } },
    {
      ...around,
      model: {
        contextLength: 2048,
        adapterTensors: [{ name: 'l.lora_A.weight', shape: [9, 9] }],
      },
    },
  ],
  'update-fits-a-blob': [task, wide],
  'examples-within-context': [{ ...task, plan: { ...task.plan, maxTokens: 2049 } }, around],
  'root-of-known-labels': [{ ...task, root: [{ text: 'x', label: 'c' }] }, around],
};

describe('requireSound', () => {
  it('lets a sound task pass, with a model and without', () => {
    expect(() => requireSound(task, around)).not.toThrow();
    expect(() => requireSound(task, { ...around, model: undefined })).not.toThrow();
  });

  it.each(soundnessRows.map(({ id }) => id))('%s', id => {
    const [submission, surroundings] = broken[id]!;
    expect(() => requireSound(submission, surroundings)).toThrow(
      expect.objectContaining({ code: 'task/unsound', data: expect.objectContaining({ rows: [id] }) }),
    );
  });

  it('asks for less where B alone travels', () => {
    expect(() => requireSound({ ...task, adapter: { ...task.adapter, mode: 'ffa' } }, wide)).not.toThrow();
  });
});
