// A task file: YAML or JSON with defaults for what most leave out; the root set stands in a file of its own.

import path from 'node:path';
import { z } from 'zod';
import { duration, loadConfig } from '../platform/config.js';
import type { TaskSubmission } from '../proto/api.js';
import { readRecords } from './demo/records/dataset.js';

/** Shape and defaults only: the coordinator checks bounds and what may be combined, and is the one who says so. */
export const taskFileSchema = z.strictObject({
  id: z.string(),
  baseModel: z
    .string()
    .optional()
    .describe('SHA-256 (hex) of the model file; left out: the coordinator’s own.'),
  template: z
    .string()
    .describe('The prompt, with {text} where the record’s text stands; the label follows after one space.'),
  labels: z.array(z.string()).default([]).describe('A closed set, or empty for free text.'),
  adapter: z
    .strictObject({
      mode: z.enum(['lora', 'ffa']).default('lora'),
      rank: z.int().default(8),
      alpha: z.number().optional().describe('Default: twice the rank.'),
      targets: z.array(z.enum(['q', 'k', 'v', 'o', 'gate', 'up', 'down'])).default(['q', 'v']),
    })
    .prefault({}),
  plan: z
    .strictObject({
      localEpochs: z.int().default(1),
      batchSize: z.int().default(8),
      learningRate: z.number().default(3e-3),
      weightDecay: z.number().default(0),
      clipNorm: z.number().default(1),
      maxTokens: z.int().default(256),
      arithmetic: z.enum(['fast', 'exact']).default('fast'),
    })
    .prefault({}),
  aggregation: z.enum(['mean', 'weighted-mean']).default('mean'),
  rounds: z.int().default(5),
  goal: z.int().describe('Devices a round waits for before it closes.'),
  minimum: z
    .int()
    .optional()
    .describe('Devices that must have sent an update at the deadline; default: the goal.'),
  roundTimeout: duration().default(30 * 60_000),
  seed: z.int().default(1),
  root: z.string().optional().describe('A JSONL file of {"text","label"}, relative to the task file.'),
});

export async function readTaskFile(file: string): Promise<TaskSubmission> {
  const { root, roundTimeout, baseModel, minimum, adapter, ...rest } = await loadConfig(taskFileSchema, {
    file,
  });
  return {
    ...rest,
    ...(baseModel !== undefined && { baseModel }),
    ...(minimum !== undefined && { minimum }),
    adapter: { ...adapter, alpha: adapter.alpha ?? 2 * adapter.rank },
    roundTimeoutMs: roundTimeout,
    root: root === undefined ? [] : await readRecords(path.resolve(path.dirname(file), root)),
  };
}
