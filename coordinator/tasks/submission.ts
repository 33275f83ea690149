// A task as an operator submits it: bounds and spelling first (here), then what may be combined (federation/soundness.ts).

import { z } from 'zod';
import { SkeinError, utf8 } from '../../core/index.js';
import type { TaskSubmission } from '../../proto/api.js';
import {
  adapterShapeSchema,
  aggregationSchema,
  labelsSchema,
  templateSchema,
  trainingPlanSchema,
} from '../../proto/schemas.js';
import { namePattern } from '../../proto/topics.js';

const weekMs = 7 * 86_400_000;
/** Template and labels travel in a manifest of at most 60,000 bytes. */
const maxTextBytes = 48 * 1024;

const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine(text => !/[\r\n\0]/.test(text), { error: 'expected one line' })
    .refine(text => text.trim() === text, { error: 'expected no space at its ends' });

const whole = (min: number, max: number) => z.int().min(min).max(max);

export const submissionSchema = z
  .strictObject({
    id: z.string().regex(namePattern, { error: 'expected lower-case letters, digits and hyphens' }),
    baseModel: z
      .string()
      .regex(/^[0-9a-f]{64}$/, { error: 'expected a SHA-256 in hex' })
      .optional(),
    template: templateSchema.refine(text => !/\s$/.test(text), {
      error: 'expected no space at its end; the label follows after one',
    }),
    labels: labelsSchema.and(z.array(line(256))).default([]),
    adapter: adapterShapeSchema,
    plan: trainingPlanSchema,
    aggregation: aggregationSchema,
    rounds: whole(1, 10_000),
    goal: whole(1, 100_000),
    minimum: whole(1, 100_000).optional(),
    roundTimeoutMs: whole(1000, weekMs),
    seed: whole(0, Number.MAX_SAFE_INTEGER),
    root: z.array(z.strictObject({ text: z.string().min(1).max(20_000), label: line(2000) })).max(10_000),
  })
  .refine(({ template, labels }) => utf8(template + labels.join('')).length <= maxTextBytes, {
    path: ['labels'],
    error: `expected at most ${maxTextBytes} bytes together with the template`,
  });

/** Throws `task/invalid` with every problem and its path in `data.problems`; the values themselves are never repeated. */
export function parseSubmission(body: unknown): TaskSubmission {
  const result = submissionSchema.safeParse(body);
  if (result.success) {
    const { baseModel, minimum, ...rest } = result.data;
    return {
      ...rest,
      ...(baseModel !== undefined && { baseModel }),
      ...(minimum !== undefined && { minimum }),
    };
  }
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.map(String).join('.') || 'task'}: ${message}`,
  );
  throw new SkeinError('task/invalid', `The task has errors: ${problems.slice(0, 20).join('; ')}.`, {
    data: { problems: problems.slice(0, 100) },
  });
}
