// skein model train: teaches an adapter from a file of rows, on this machine, and writes it as a PEFT folder.

import { rm } from 'node:fs/promises';
import path from 'node:path';
import { isSkeinError, SkeinError, sha256, sha256Hex, toSkeinError } from '../../../core/index.js';
import {
  batchSchedule,
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  trainBatches,
} from '../../../federation/learning/index.js';
import { inputLength } from '../../../model/engine/trainerBatch.js';
import { parseTrainingRows, rowExamples } from '../../../model/engine/trainingRows.js';
import type { TrainerOptions, TrainingExample } from '../../../model/engine/types.js';
import { encodePeft } from '../../../model/formats/peft.js';
import type { Adapter, Model } from '../../../model/index.js';
import { readAdapterFolder, writeAdapterFolder } from '../../../platform/adapterFolder.js';
import { naming, readBounded, writeFileAtomic } from '../../../platform/files.js';
import type { AdapterShape } from '../../../proto/messages.js';
import { examples as help, type Register, terminalOf } from '../../context.js';
import { printResult, type Terminal } from '../../ui/terminal.js';
import { withModel, withRunOptions } from './options.js';
import { checkOut } from './outFolder.js';
import { type TrainCommand, trainerOptionsOf, withTrainOptions } from './trainOptions.js';
import { drawResult, ProgressLine, type TrainResult } from './trainReport.js';

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

async function train(options: TrainCommand, at: Terminal, signal: AbortSignal): Promise<TrainResult> {
  const data = await readBounded(options.data, maxDataBytes);
  const rows = naming(options.data, () => parseTrainingRows(data));
  const out = await checkOut(options.out);
  const start = options.adapter === undefined ? undefined : await readAdapterFolder(options.adapter);
  const shape: AdapterShape = start?.shape ?? {
    mode: options.ffa === true ? 'ffa' : 'lora',
    rank: options.rank,
    alpha: options.alpha ?? 2 * options.rank,
    targets: options.targets,
  };
  return withModel(options, at.progress, signal, async model => {
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
    const work = { examples, batches, request };
    return run(model, work, trainerOptions, start, { ...options, out }, at, signal);
  });
}

function batchesOf(count: number, { steps, batch: batchSize, seed }: TrainCommand): number[][] {
  const perEpoch = Math.ceil(count / batchSize);
  const localEpochs = Math.ceil((steps ?? perEpoch) / perEpoch);
  return batchSchedule(count, { localEpochs, batchSize }, seed).slice(0, steps);
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
  const file = `${options.out}.checkpoint`;
  const resume = await findCheckpoint(file, work.request, options.resume === true);
  const trainer = await model.trainer(trainerOptions, start ?? { seed: options.seed });
  if (trainerOptions.memory !== undefined) at.progress.line(trainerOptions.memory.text);
  const progress = new ProgressLine(at.progress, resume?.state.step ?? 0, work.batches.length);
  try {
    const { losses } = await trainBatches(trainer, work, {
      ...(resume && { resume }),
      save: checkpoint => writeFileAtomic(file, encodeCheckpoint(checkpoint), 0o600),
      saveEvery: stepsPerCheckpoint,
      saveAtStop: true,
      onProgress: one => {
        const now = progress.show(one);
        if (at.json && options.stream === true) at.out.line(JSON.stringify(now));
      },
      signal,
    });
    const adapter = trainer.adapter();
    const name = options.model === undefined ? 'SmolLM2-135M-Instruct' : path.basename(options.model);
    await writeAdapterFolder(options.out, encodePeft(adapter, name));
    await rm(file, { force: true });
    return {
      adapter: options.out,
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
