// What `skein model train` is told: its options, checked one by one, and what they mean to a trainer.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseBytes } from '../../../core/index.js';
import { targetModules } from '../../../model/architecture/adapterNames.js';
import { optimizerKinds } from '../../../model/engine/optimizer.js';
import type { OptimizerKind, TrainerOptions } from '../../../model/engine/types.js';
import type { AdapterShape, LinearTarget } from '../../../proto/messages.js';
import { atLeastOne, place, type RunOptions } from './options.js';

export interface TrainCommand extends RunOptions {
  readonly data: string;
  readonly out: string;
  readonly adapter?: string;
  readonly rank: number;
  readonly alpha?: number;
  readonly targets: readonly LinearTarget[];
  readonly ffa?: boolean;
  readonly steps?: number;
  readonly batch: number;
  readonly seed: number;
  readonly learningRate: number;
  readonly schedule: 'constant' | 'linear' | 'cosine';
  readonly warmup: number;
  readonly weightDecay: number;
  readonly optimizer: OptimizerKind;
  readonly loraPlus: number;
  readonly clip: number;
  readonly memory?: number;
  readonly resume?: boolean;
  readonly stream?: boolean;
}

export const withTrainOptions = (command: Command): Command =>
  command
    .requiredOption('--data <file>', 'rows to learn from, JSON lines', place)
    .requiredOption(
      '--out <dir>',
      'folder for the adapter; an adapter that is there already is replaced',
      place,
    )
    .option(
      '--adapter <dir>',
      'go on from this adapter, in its rank and targets (default: a fresh one)',
      place,
    )
    .option('--rank <n>', 'rank of the adapter', atLeastOne, 8)
    .option('--alpha <x>', 'scale: the adapter counts alpha / rank times (default: twice the rank)', positive)
    .option('--targets <list>', `linear maps to adapt, of ${targetNames.join(',')}`, targetList, ['q', 'v'])
    .option('--ffa', 'train B alone and keep A as it was drawn')
    .option('--steps <n>', 'optimiser steps (default: once through the data)', atLeastOne)
    .option('--batch <n>', 'examples a step; what one run does not hold is accumulated', atLeastOne, 8)
    .option('--seed <n>', 'draws the fresh adapter and the order of the examples', seedNumber, 1)
    .option('--learning-rate <x>', 'learning rate', positive, 1e-3)
    .addOption(
      new Option('--schedule <kind>', 'how the learning rate falls over the steps')
        .choices(['constant', 'linear', 'cosine'])
        .default('constant'),
    )
    .option('--warmup <n>', 'steps in which the learning rate rises', notNegative, 0)
    .addOption(
      new Option('--optimizer <kind>', 'adafactor keeps a sixteenth of the memory of adamw or less')
        .choices(optimizerKinds)
        .default('adamw'),
    )
    .option(
      '--weight-decay <x>',
      'share of the weights that a step takes away, times its rate',
      notNegative,
      0,
    )
    .option('--lora-plus <ratio>', "B's learning rate as a multiple of that of A", positive, 1)
    .option('--clip <norm>', 'largest norm of the gradient; 0: any', notNegative, 1)
    .option(
      '--memory <size>',
      'the process stays below it, as 900MB (default: runs of 512 tokens)',
      byteCount,
    )
    .option('--resume', 'go on where the same command was interrupted')
    .option('--stream', 'with --json: a document for every step as it is taken, before the last one');

const targetNames = Object.keys(targetModules) as LinearTarget[];

function targetList(text: string): LinearTarget[] {
  const names = text.split(',').map(name => name.trim());
  if (!names.every(name => targetNames.some(known => known === name)) || new Set(names).size < names.length)
    throw new InvalidArgumentError(`It must be some of ${targetNames.join(',')}, with commas between.`);
  return targetNames.filter(name => names.includes(name));
}

function notNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It must be a number that is not below 0.');
  return value;
}

function positive(text: string): number {
  const value = notNegative(text);
  if (value === 0) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function byteCount(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined) throw new InvalidArgumentError('It must be a size, as 900MB or 1GiB.');
  return bytes;
}

function seedNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('It must be a whole number below 2^53.');
  return value;
}

export function trainerOptionsOf(options: TrainCommand, shape: AdapterShape, steps: number): TrainerOptions {
  const { schedule: kind, warmup: warmupSteps } = options;
  return {
    shape,
    learningRate: options.learningRate,
    weightDecay: options.weightDecay,
    clipNorm: options.clip,
    optimizer: { kind: options.optimizer },
    schedule: kind === 'constant' ? { kind, warmupSteps } : { kind, warmupSteps, steps },
    loraPlusRatio: options.loraPlus,
  };
}
