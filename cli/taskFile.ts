// A task file: YAML or JSON with defaults for what most leave out; the root set stands in a file of its own.

import path from 'node:path';
import { z } from 'zod';
import { duration, loadConfig } from '../platform/config.js';
import type { TaskSubmission } from '../proto/api.js';
import { adapterSection, planSection, taskDefaults } from '../proto/taskDefaults.js';
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
  adapter: adapterSection,
  plan: planSection(),
  aggregation: z.enum(['mean', 'weighted-mean']).default(taskDefaults.aggregation),
  rounds: z.int().default(taskDefaults.rounds),
  goal: z.int().describe('Devices a round waits for before it closes.'),
  minimum: z
    .int()
    .optional()
    .describe('Devices that must have sent an update at the deadline; default: the goal.'),
  roundTimeout: duration().default(taskDefaults.roundTimeoutMs),
  seed: z.int().default(taskDefaults.seed),
  root: z.string().optional().describe('A JSONL file of {"text","label"}, relative to the task file.'),
});

export async function readTaskFile(file: string): Promise<TaskSubmission> {
  const { root, roundTimeout, baseModel, minimum, ...rest } = await loadConfig(taskFileSchema, {
    file,
  });
  return {
    ...rest,
    ...(baseModel !== undefined && { baseModel }),
    ...(minimum !== undefined && { minimum }),
    roundTimeoutMs: roundTimeout,
    root: root === undefined ? [] : await readRecords(path.resolve(path.dirname(file), root)),
  };
}
