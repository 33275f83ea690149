// What each message may contain: bounds and patterns as data. Strings of control messages are codes and names, never free text.

import { z } from 'zod';
import { chunkRange, validCut } from './blobs.js';
import { adapterModes, aggregations, arithmetics, nameOf, numberOf, phases } from './enums.js';
import type {
  AdapterMode,
  AdapterShape,
  Aggregation,
  Arithmetic,
  KindMessages,
  LinearTarget,
  ReleaseManifest,
  TaskSpec,
  TrainingPlan,
} from './messages.js';
import { chunkBytes, maxBlobBytes, namePattern } from './topics.js';

const count = (max: number, min = 0) => z.int().min(min).max(max);
const uint32 = count(0xffff_ffff);
const safe = count(Number.MAX_SAFE_INTEGER);
const uint64 = z.unknown().transform(numberOf).pipe(safe);
const real = z.number().min(0).max(1e9);
const hex = z.string().regex(/^[0-9a-f]{64}$/);
const hexOrNone = z.string().regex(/^(?:[0-9a-f]{64})?$/);
const code = z.string().regex(/^[a-z0-9/-]{0,64}$/);
const label = z.string().regex(/^[\w.+-]{0,64}$/);
const bytes = (min: number, max = min) =>
  z.instanceof(Uint8Array).refine(b => b.length >= min && b.length <= max);
const unique = (list: readonly unknown[]): boolean => new Set(list).size === list.length;
const wireEnum = <T extends string>(table: Readonly<Record<T, number>>) =>
  z.unknown().transform((value, context): T => {
    const name = nameOf(table, value);
    if (name !== undefined) return name;
    context.addIssue({ code: 'custom', message: 'unknown value' });
    return z.NEVER;
  });

export const linearTargets = [
  'q',
  'k',
  'v',
  'o',
  'gate',
  'up',
  'down',
] as const satisfies readonly LinearTarget[];

export const nameSchema = z.string().regex(namePattern);

const adapterShape = (mode: z.ZodType<AdapterMode>) =>
  z.object({
    mode,
    rank: count(1024, 1),
    alpha: z.number().gt(0).max(1e6),
    targets: z.array(z.enum(linearTargets)).min(1).max(7).refine(unique),
  });

const trainingPlan = (arithmetic: z.ZodType<Arithmetic>) =>
  z.object({
    localEpochs: count(1000, 1),
    batchSize: count(1024, 1),
    learningRate: z.number().gt(0).max(1000),
    weightDecay: real,
    clipNorm: real,
    maxTokens: count(1_000_000, 2),
    arithmetic,
  });

/** Schemas of the domain's own shapes, for configuration, HTTP and files. */
export const adapterShapeSchema: z.ZodType<AdapterShape> = adapterShape(z.enum(['lora', 'ffa']));
export const trainingPlanSchema: z.ZodType<TrainingPlan> = trainingPlan(z.enum(['exact', 'fast']));
export const aggregationSchema: z.ZodType<Aggregation> = z.enum(['mean', 'weighted-mean']);
export const templateSchema = z
  .string()
  .max(16_384)
  .refine(text => text.split('{text}').length === 2, { error: 'expected {text} exactly once' });
export const labelsSchema = z
  .array(z.string().min(1).max(256))
  .max(1000)
  .refine(unique, { error: 'expected different labels' });

const taskSpec: z.ZodType<TaskSpec> = z.object({
  id: nameSchema,
  baseModel: hex,
  template: templateSchema,
  labels: labelsSchema,
  adapter: adapterShape(wireEnum(adapterModes)),
  plan: trainingPlan(wireEnum(arithmetics)),
  aggregation: wireEnum(aggregations),
  adapterSeed: uint64,
});

const nonce = bytes(8, 32);
const blob = bytes(32);
const blobSize = z.unknown().transform(numberOf).pipe(count(maxBlobBytes, 1));
const cut = (part: { size: number; count: number }): boolean => validCut(part.size, part.count);

/** One row a kind: what the decoded payload must be. */
export const messageSchemas = {
  presence: z.object({
    epoch: uint64,
    online: z.boolean(),
    agentVersion: label,
    profile: label,
    threads: count(4096),
    memoryBytes: uint64,
    bytesLeftToday: uint64,
    baseModels: z.array(hex).max(16),
    release: hexOrNone,
  }),
  reply: z.object({ nonce, accepted: z.boolean(), reason: code }),
  progress: z.object({ phase: wireEnum(phases), step: uint32, steps: uint32, reason: code }),
  offer: z.object({ blob, size: blobSize, count: count(maxBlobBytes, 1) }).refine(cut),
  chunk: z
    .object({
      blob,
      index: uint32,
      count: count(maxBlobBytes, 1),
      size: blobSize,
      data: bytes(1, chunkBytes),
    })
    .refine(cut)
    .refine(part => {
      const [begin, end] = chunkRange(part.size, part.count, part.index);
      return part.index < part.count && part.data.length === end - begin;
    }),
  want: z.object({ blob, indexes: z.array(uint32).min(1).max(256).refine(unique) }),
  ack: z.object({
    hash: blob,
    kind: z.enum(['presence', 'reply', 'progress', 'offer', 'chunk', 'want', 'update']),
    accepted: z.boolean(),
    reason: code,
  }),
  assignment: z.object({ task: taskSpec, startRelease: hexOrNone, seed: uint64, deadlineMs: uint64, nonce }),
  release: z.object({ manifest: bytes(1, 60_000), signature: bytes(64) }),
  closed: z.object({ outcome: z.enum(['released', 'failed', 'cancelled']), release: hexOrNone }),
} as const satisfies { [K in keyof KindMessages]: z.ZodType<KindMessages[K]> };

export const manifestSchema: z.ZodType<ReleaseManifest> = z.strictObject({
  version: z.literal(1),
  fleet: nameSchema,
  task: nameSchema,
  round: uint32,
  serial: safe,
  baseModel: hex,
  parent: hexOrNone,
  template: templateSchema,
  labels: labelsSchema,
  adapter: adapterShapeSchema,
  aggregate: hexOrNone,
  files: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/),
        size: count(maxBlobBytes, 1),
        sha256: hex,
      }),
    )
    .max(8)
    .refine(files => unique(files.map(file => file.name))),
  rootAccuracy: z.number().min(0).max(1).nullable(),
  createdMs: safe,
});
