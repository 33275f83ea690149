// What a device is to learn by itself: a task file as the operator submits it, or options, or the defaults.

import { existsSync, readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { SkeinError } from '../../core/errors.js';
import { loadConfig } from '../../platform/config.js';
import type { AdapterShape, TrainingPlan } from '../../proto/messages.js';
import {
  adapterShapeSchema,
  labelsSchema,
  linearTargets,
  templateSchema,
  trainingPlanSchema,
} from '../../proto/schemas.js';
import { adapterSection, aloneEpochs, planSection, taskDefaults } from '../../proto/taskDefaults.js';
import type { Requests } from '../answering/requests.js';

const alonePlan = planSection(aloneEpochs);

/** The parts of a task file that say how to learn; the rest of the file is the fleet's. */
const taskSchema = z.object({
  template: templateSchema.optional(),
  labels: labelsSchema.optional(),
  adapter: adapterSection.pipe(
    adapterShapeSchema as z.ZodType<AdapterShape, z.output<typeof adapterSection>>,
  ),
  plan: alonePlan.pipe(trainingPlanSchema as z.ZodType<TrainingPlan, z.output<typeof alonePlan>>),
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(taskDefaults.seed),
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

const { adapter, plan } = taskDefaults;

export const withTaskOptions = (command: Command): Command =>
  withPromptOptions(command)
    .addOption(new Option('--mode <mode>', 'full LoRA, or B alone').choices(['lora', 'ffa']))
    .option('--rank <count>', `rank of the adapter (${adapter.rank})`, number)
    .option('--alpha <number>', 'the adapter counts alpha / rank (twice the rank)', number)
    .option(
      '--targets <list>',
      `which linears it stands beside, of ${linearTargets.join()} (${adapter.targets.join()})`,
      list,
    )
    .option('--epochs <count>', `passes over the records (${aloneEpochs})`, number)
    .option('--batch-size <count>', `records in a step (${plan.batchSize})`, number)
    .option('--learning-rate <number>', `of AdamW (${plan.learningRate})`, number)
    .option('--weight-decay <number>', `of AdamW (${plan.weightDecay})`, number)
    .option('--clip-norm <number>', `largest norm of the gradient; 0: none (${plan.clipNorm})`, number)
    .option('--max-tokens <count>', `of one record; longer texts are cut (${plan.maxTokens})`, number)
    .option('--seed <number>', `of the batch order and of A (${taskDefaults.seed})`, number);

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
    adapter,
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
