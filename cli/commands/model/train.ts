// skein model train: teaches an adapter from a file of rows, on this machine, and writes it as a PEFT folder.

import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  isSkeinError,
  parseBytes,
  SkeinError,
  sha256,
  sha256Hex,
  toSkeinError,
} from '../../../core/index.js';
import {
  batchSchedule,
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  trainBatches,
} from '../../../federation/learning/index.js';
import { targetModules } from '../../../model/architecture/adapterNames.js';
import { optimizerKinds } from '../../../model/engine/optimizer.js';
import { inputLength } from '../../../model/engine/trainerBatch.js';
import { parseTrainingRows, rowExamples } from '../../../model/engine/trainingRows.js';
import type { OptimizerKind, TrainerOptions, TrainingExample } from '../../../model/engine/types.js';
import { encodePeft } from '../../../model/formats/peft.js';
import type { Adapter, Model } from '../../../model/index.js';
import { readAdapterFolder, writeAdapterFolder } from '../../../platform/adapterFolder.js';
import { naming, readBounded, writeFileAtomic } from '../../../platform/files.js';
import type { AdapterShape, LinearTarget } from '../../../proto/messages.js';
import { examples as help, type Register, terminalOf } from '../../context.js';
import { printResult, type Terminal } from '../../ui/terminal.js';
import { atLeastOne, type RunOptions, withModel, withRunOptions } from './options.js';
import { checkOut } from './outFolder.js';
import { drawResult, ProgressLine, type TrainResult } from './trainReport.js';

interface TrainCommand extends RunOptions {
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
}

const maxDataBytes = 256 * 1024 * 1024;
const maxCheckpointBytes = 1024 * 1024 * 1024;
const stepsPerCheckpoint = 10;

export const registerTrain: Register = (program, { signal }) => {
  withTrainOptions(withRunOptions(program.command('train')))
    .description('teach an adapter from a file of rows, and write it as a PEFT folder')
    .addHelpText('after', rowsHelp)
    .addHelpText(
      'after',
      help(
        'skein model train --data notes.jsonl --out notes-adapter',
        'skein model train --data chats.jsonl --out chats --rank 16 --targets q,k,v,o --steps 200 --schedule cosine --warmup 20',
        'skein model train --data notes.jsonl --out notes-adapter --resume',
      ),
    )
    .action(async (options: TrainCommand) => {
      const at = terminalOf(options);
      const result = await train(options, at, signal);
      printResult(at, result, drawResult);
    });
};

const rowsHelp = `
Each line of the data is {"prompt": …, "completion": …} or {"messages": [{"role": …, "content": …}, …]}.
The loss is on the completion, or on what the assistant says.`;

const withTrainOptions = (command: Command): Command =>
  command
    .requiredOption('--data <file>', 'rows to learn from, JSON lines')
    .requiredOption('--out <dir>', 'folder for the adapter; an adapter that is there already is replaced')
    .option('--adapter <dir>', 'go on from this adapter, in its rank and targets (default: a fresh one)')
    .option('--rank <n>', 'rank of the adapter', atLeastOne, 8)
    .option('--alpha <x>', 'scale: the adapter counts alpha / rank times (default: twice the rank)', positive)
    .option('--targets <list>', `linear maps to adapt, of ${targetNames.join(',')}`, targetList, ['q', 'v'])
    .option('--ffa', 'train B alone and keep A as it was drawn')
    .option('--steps <n>', 'optimiser steps (default: once through the data)', atLeastOne)
    .option('--batch <n>', 'examples a step', atLeastOne, 8)
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
    .option('--resume', 'go on where the same command was interrupted');

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

async function train(options: TrainCommand, at: Terminal, signal: AbortSignal): Promise<TrainResult> {
  const data = await readBounded(options.data, maxDataBytes);
  const rows = naming(options.data, () => parseTrainingRows(data));
  await checkOut(options.out);
  const start = options.adapter === undefined ? undefined : await readAdapterFolder(options.adapter);
  const shape: AdapterShape = start?.shape ?? {
    mode: options.ffa === true ? 'ffa' : 'lora',
    rank: options.rank,
    alpha: options.alpha ?? 2 * options.rank,
    targets: options.targets,
  };
  return withModel(options, at.err, signal, async model => {
    const maxTokens = Math.min(model.info.contextLength, 2048);
    const examples = naming(options.data, () => rowExamples(model, rows, maxTokens));
    const batches = batchesOf(examples.length, options);
    const trainerOptions = withRuns(
      model,
      trainerOptionsOf(options, shape, batches.length),
      examples,
      options.memory,
    );
    const request = sha256Hex(
      JSON.stringify([model.info, options.mode, options.seed, options.batch, trainerOptions]),
      sha256(data),
      ...(start?.tensors ?? []).map(({ values }) =>
        Buffer.from(values.buffer, values.byteOffset, values.byteLength),
      ),
    );
    return run(model, { examples, batches, request }, trainerOptions, start, options, at, signal);
  });
}

function batchesOf(count: number, { steps, batch: batchSize, seed }: TrainCommand): number[][] {
  const perEpoch = Math.ceil(count / batchSize);
  const localEpochs = Math.ceil((steps ?? perEpoch) / perEpoch);
  return batchSchedule(count, { localEpochs, batchSize }, seed).slice(0, steps);
}

function trainerOptionsOf(options: TrainCommand, shape: AdapterShape, steps: number): TrainerOptions {
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

/** Runs that the longest example fits, or whatever the budget allows. */
function withRuns(
  model: Model,
  options: TrainerOptions,
  examples: readonly TrainingExample[],
  budgetBytes: number | undefined,
): TrainerOptions {
  if (budgetBytes === undefined) {
    const maxTokensPerRun = examples.reduce((most, one) => Math.max(most, inputLength(one)), 512);
    return { ...options, maxTokensPerRun };
  }
  return { ...options, memory: model.planTraining(options, examples, { budgetBytes }) };
}

async function run(
  model: Model,
  work: Parameters<typeof trainBatches>[1],
  trainerOptions: TrainerOptions,
  start: Adapter | undefined,
  options: TrainCommand,
  at: Terminal,
  signal: AbortSignal,
): Promise<TrainResult> {
  const file = `${path.resolve(options.out)}.checkpoint`;
  const resume = await findCheckpoint(file, work.request, options.resume === true);
  const trainer = await model.trainer(trainerOptions, start ?? { seed: options.seed });
  if (trainerOptions.memory !== undefined) at.err.line(trainerOptions.memory.text);
  const progress = new ProgressLine(at.err, resume?.state.step ?? 0, work.batches.length);
  try {
    const { losses } = await trainBatches(trainer, work, {
      ...(resume && { resume }),
      save: checkpoint => writeFileAtomic(file, encodeCheckpoint(checkpoint), 0o600),
      saveEvery: stepsPerCheckpoint,
      saveAtStop: true,
      onProgress: one => progress.show(one),
      signal,
    });
    const adapter = trainer.adapter();
    const name = options.model === undefined ? 'SmolLM2-135M-Instruct' : path.basename(options.model);
    await writeAdapterFolder(path.resolve(options.out), encodePeft(adapter, name));
    await rm(file, { force: true });
    return {
      adapter: path.resolve(options.out),
      shape: adapter.shape,
      parameters: adapter.tensors.reduce((sum, { values }) => sum + values.length, 0),
      examples: work.examples.length,
      steps: losses.length,
      loss: [...losses].map(loss => Number(loss.toFixed(6))),
      tokensPerSecond: progress.tokensPerSecond,
      peakBytes: progress.peakBytes,
      optimizer: options.optimizer,
      optimizerBytes: trainer.optimizerBytes,
      memory: trainerOptions.memory ?? null,
    };
  } catch (thrown) {
    const error = toSkeinError(thrown);
    if (error.code !== 'cancelled') throw error;
    progress.end();
    const { done } = progress;
    const rest = `Stopped after step ${done} of ${work.batches.length}.`;
    const message =
      done === 0 ? rest : `${rest} ${file} keeps them: go on with the same command and --resume.`;
    // A cancelled program says nothing by itself.
    if (!at.json) at.err.line(message);
    const data = { steps: done, ...(done > 0 && { checkpoint: file }) };
    throw new SkeinError('cancelled', message, { data, cause: error });
  } finally {
    progress.end();
    trainer.close();
  }
}

/** The work must be the same, bit by bit; a checkpoint is never overwritten unasked. */
async function findCheckpoint(
  file: string,
  request: string,
  wanted: boolean,
): Promise<Checkpoint | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readBounded(file, maxCheckpointBytes);
  } catch (error) {
    if (isSkeinError(error, 'io/not-found')) return undefined;
    throw error;
  }
  if (!wanted)
    throw new SkeinError(
      'usage',
      `${file} is of an interrupted run: go on with --resume, or remove the file to start over.`,
      { data: { checkpoint: file } },
    );
  return naming(file, () => decodeCheckpoint(bytes, request));
}
