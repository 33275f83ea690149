// What a task is where its author says nothing: the sections of a task file, for the operator's command and the device's own.

import { z } from 'zod';
import { linearTargets } from './schemas.js';

export const taskDefaults = {
  adapter: { mode: 'lora', rank: 8, targets: ['q', 'v'] },
  plan: {
    localEpochs: 1,
    batchSize: 8,
    learningRate: 3e-3,
    weightDecay: 0,
    clipNorm: 1,
    maxTokens: 256,
    arithmetic: 'fast',
  },
  aggregation: 'mean',
  rounds: 5,
  roundTimeoutMs: 30 * 60_000,
  seed: 1,
} as const;

/** Passes of a device that learns alone: as many as the rounds of a task take together. */
export const aloneEpochs = taskDefaults.rounds * taskDefaults.plan.localEpochs;

const { adapter, plan } = taskDefaults;

/** Shape and defaults only; `adapterShapeSchema` has the bounds. */
export const adapterSection = z
  .strictObject({
    mode: z.enum(['lora', 'ffa']).default(adapter.mode),
    rank: z.int().default(adapter.rank),
    alpha: z.number().optional().describe('Default: twice the rank.'),
    targets: z.array(z.enum(linearTargets)).default([...adapter.targets]),
  })
  .prefault({})
  .transform(({ alpha, ...rest }) => ({ ...rest, alpha: alpha ?? 2 * rest.rank }));

/** The same; `trainingPlanSchema` has the bounds. */
export const planSection = (localEpochs: number = plan.localEpochs) =>
  z
    .strictObject({
      localEpochs: z.int().default(localEpochs),
      batchSize: z.int().default(plan.batchSize),
      learningRate: z.number().default(plan.learningRate),
      weightDecay: z.number().default(plan.weightDecay),
      clipNorm: z.number().default(plan.clipNorm),
      maxTokens: z.int().default(plan.maxTokens),
      arithmetic: z.enum(['fast', 'exact']).default(plan.arithmetic),
    })
    .prefault({});
