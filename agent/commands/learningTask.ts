// What a device is to learn by itself: a task file as the operator submits it, or options, or the defaults.

import { existsSync, readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { SkeinError } from '../../core/errors.js';
import { loadConfig } from '../../platform/config.js';
import { labelsSchema, templateSchema } from '../../proto/schemas.js';
import type { Requests } from '../answering/requests.js';

const targets = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;

/** The parts of a task file that say how to learn; the rest of the file is the fleet's. */
const taskSchema = z.object({
  template: templateSchema.optional(),
  labels: labelsSchema.optional(),
  adapter: z
    .object({
      mode: z.enum(['lora', 'ffa']).default('lora'),
      rank: z.int().min(1).max(1024).default(8),
      alpha: z.number().gt(0).max(1e6).optional(),
      targets: z.array(z.enum(targets)).min(1).max(7).default(['q', 'v']),
    })
    .prefault({}),
  plan: z
    .object({
      localEpochs: z.int().min(1).max(1000).default(5),
      batchSize: z.int().min(1).max(1024).default(8),
      learningRate: z.number().gt(0).max(1000).default(3e-3),
      weightDecay: z.number().min(0).max(1e9).default(0),
      clipNorm: z.number().min(0).max(1e9).default(1),
      maxTokens: z.int().min(2).max(1_000_000).default(256),
    })
    .prefault({}),
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(1),
});

export interface PromptOptions {
  readonly task?: string;
  readonly template?: string;
  readonly labels?: readonly string[];
}

export interface TaskOptions extends PromptOptions {
  readonly mode?: string;
  readonly rank?: number;
  readonly alpha?: number;
  readonly targets?: readonly string[];
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly weightDecay?: number;
  readonly clipNorm?: number;
  readonly maxTokens?: number;
  readonly seed?: number;
}

export const withPromptOptions = (command: Command): Command =>
  command
    .option('--task <file>', 'a task file as in `skein task submit`; options win over what it says')
    .option(
      '--template <text>',
      "prompt with {text} where the record's text stands; default: the fleet's last one",
    )
    .option('--labels <list>', 'the closed set of labels: a,b,c, or a file with one a line', labelList);

export const withTaskOptions = (command: Command): Command =>
  withPromptOptions(command)
    .addOption(new Option('--mode <mode>', 'full LoRA, or B alone').choices(['lora', 'ffa']))
    .option('--rank <count>', 'rank of the adapter (8)', number)
    .option('--alpha <number>', 'the adapter counts alpha / rank (twice the rank)', number)
    .option('--targets <list>', `which linears it stands beside, of ${targets.join(',')} (q,v)`, list)
    .option('--epochs <count>', 'passes over the records (5)', number)
    .option('--batch-size <count>', 'records in a step (8)', number)
    .option('--learning-rate <number>', 'of AdamW (0.003)', number)
    .option('--weight-decay <number>', 'of AdamW (0)', number)
    .option('--clip-norm <number>', 'largest norm of the gradient; 0: none (1)', number)
    .option('--max-tokens <count>', 'of one record; longer texts are cut (256)', number)
    .option('--seed <number>', 'of the batch order and of A (1)', number);

/** All problems at once, as with any configuration. Throws `config/*`. */
export async function readTask(options: TaskOptions): Promise<Requests['trainAlone']> {
  const { template, labels, adapter, plan, seed } = await loadConfig(taskSchema, {
    ...(options.task !== undefined && { file: options.task }),
    overrides: {
      template: options.template,
      labels: options.labels,
      seed: options.seed,
      adapter: { mode: options.mode, rank: options.rank, alpha: options.alpha, targets: options.targets },
      plan: {
        localEpochs: options.epochs,
        batchSize: options.batchSize,
        learningRate: options.learningRate,
        weightDecay: options.weightDecay,
        clipNorm: options.clipNorm,
        maxTokens: options.maxTokens,
      },
    },
  });
  return {
    template,
    labels,
    adapter: { ...adapter, alpha: adapter.alpha ?? 2 * adapter.rank },
    plan: { ...plan, arithmetic: 'fast' },
    seed,
  };
}

/** A file with one label a line, or labels with commas between them. */
function labelList(text: string): string[] {
  return existsSync(text) ? readLines(text) : list(text);
}

function readLines(file: string): string[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .map(line => line.trim());
  const labels = lines.filter(line => line !== '');
  if (labels.length === 0) throw new SkeinError('usage', `${file} has no labels.`);
  return labels;
}

const list = (text: string): string[] => text.split(',').map(part => part.trim());

function number(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('expected a number');
  return value;
}
