// One training graph, opened and bound: runs a packed batch and gives the sums of its loss and gradients.

import { SkeinError } from '../../core/errors.js';
import type { Arithmetic } from '../../proto/messages.js';
import type { DecoderConfig } from '../architecture/config.js';
import { decoderGraph, type TeacherForm } from '../architecture/decoder.js';
import { sessionOptions } from '../lowering/linear.js';
import { gradientName, lowerTraining, parameterName, trainingNames } from '../lowering/training.js';
import type { WeightStore } from '../lowering/weights.js';
import { type Binding, type Session, Tensor } from '../runtime/index.js';
import type { EmbeddingTable } from './embedding.js';
import { collectGarbage } from './garbage.js';
import { OpeningSession } from './openingSession.js';
import type { SpareSession } from './spareSession.js';
import { causalMask, type PackedRun } from './trainerBatch.js';
import type { AdapterLayout } from './trainerWeights.js';
import type { Recompute, TrainerOptions } from './types.js';

export interface ProgramParts {
  readonly config: DecoderConfig;
  readonly store: WeightStore;
  readonly embedding: EmbeddingTable;
  readonly spare: SpareSession;
  readonly arithmetic: Arithmetic;
  readonly threads: number;
  readonly spinning: boolean;
}

export interface ProgramForm {
  readonly shape: TrainerOptions['shape'];
  readonly teacher: TeacherForm | undefined;
  readonly maxTokens: number;
  /** Gradients of each example apart. */
  readonly perExample: boolean;
  readonly recompute: Recompute;
}

export class TrainingProgram {
  readonly #parts: ProgramParts;
  readonly #form: ProgramForm;
  readonly #layout: AdapterLayout;
  readonly #session: OpeningSession;
  /** Made at the first run, when the session is there. */
  #binding: Binding | undefined;
  #closed = false;
  readonly #loss = Tensor.zeros('float32', []);
  readonly #weights: readonly Tensor[];
  /** What a run writes: [trained values], or tensor by tensor [examples, its values]. */
  #gradient = new Float32Array();
  #outputs: readonly Tensor[] = [];
  #examples = 0;

  /** The adapter is read from `weights` at every run. */
  constructor(parts: ProgramParts, form: ProgramForm, layout: AdapterLayout, weights: Float32Array) {
    this.#parts = parts;
    this.#form = form;
    this.#layout = layout;
    this.#session = parts.spare.take(this.#key, () => {
      const { config, store, arithmetic, threads, spinning } = parts;
      const forward = decoderGraph(config, form.shape, form.teacher);
      const opening = store
        .lowered(() => lowerTraining(forward, store, arithmetic, form.maxTokens, form))
        .then(built => store.open(built, sessionOptions(arithmetic, threads, spinning)))
        .finally(collectGarbage);
      return new OpeningSession(opening);
    });
    this.#weights = layout.tensors.map(
      ({ offset, size, shape }) => new Tensor('float32', weights.subarray(offset, offset + size), shape),
    );
  }

  /** Resolves when runs can begin at once; rejects with what opening the session throws. */
  async ready(signal?: AbortSignal): Promise<void> {
    await this.#session.ready(signal);
  }

  /**
   * Sums over the run's labels. `gradient` is valid until the next run: flat as the layout's trained part; or, of each
   * example apart, each of its tensors `examples` times in a row.
   */
  async run(run: PackedRun, signal?: AbortSignal): Promise<{ loss: number; gradient: Float32Array }> {
    const session = await this.#session.ready(signal);
    const binding = this.#bind(session);
    this.#bindOutputs(binding, this.#form.perExample ? run.examples : 1);
    const inputs = this.#inputs(run);
    try {
      for (const [name, tensor] of Object.entries(inputs)) binding.input(name, tensor);
      await session.run(binding, signal);
    } finally {
      for (const tensor of Object.values(inputs)) tensor.close();
    }
    const { trainedSize } = this.#layout;
    const gradient = this.#gradient.subarray(0, trainedSize * this.#examples);
    return { loss: this.#loss.data[0] as number, gradient };
  }

  close(): void {
    this.#closed = true;
    this.#binding?.close();
    this.#parts.spare.give(this.#key, this.#session);
    for (const tensor of [...this.#weights, ...this.#outputs, this.#loss]) tensor.close();
  }

  get #key(): string {
    return JSON.stringify(this.#form);
  }

  #bind(session: Session): Binding {
    if (this.#closed) throw new SkeinError('engine/closed', 'The trainer is closed.');
    const { tensors } = this.#layout;
    const inputs = tensors.map((tensor, i) => [parameterName(tensor), this.#weights[i] as Tensor]);
    this.#binding ??= session.bind({
      inputs: Object.fromEntries(inputs),
      outputs: { [trainingNames.loss]: this.#loss },
    });
    return this.#binding;
  }

  #bindOutputs(binding: Binding, examples: number): void {
    if (examples === this.#examples) return;
    const { tensors, trainedSize } = this.#layout;
    const needed = trainedSize * examples;
    if (this.#gradient.length < needed) this.#gradient = new Float32Array(needed);
    const before = this.#outputs;
    this.#outputs = tensors
      .filter(({ offset }) => offset < trainedSize)
      .map(tensor => {
        const { offset, size, shape } = tensor;
        const values = this.#gradient.subarray(offset * examples, (offset + size) * examples);
        const output = new Tensor('float32', values, this.#form.perExample ? [examples, ...shape] : shape);
        binding.output(gradientName(tensor), output);
        return output;
      });
    for (const tensor of before) tensor.close();
    this.#examples = examples;
  }

  #inputs(run: PackedRun): Record<string, Tensor> {
    const { hidden } = this.#parts.config;
    const { examples, length, ids, slots, filled, places, labels, targets, weights, teacher } = run;
    const rows = new Float32Array(ids.length * hidden);
    this.#parts.embedding.write(ids, rows);
    const count = labels.length;
    const inputs = {
      rows: new Tensor('float32', rows, [ids.length, hidden]),
      slots: new Tensor('int64', slots, [examples, length]),
      filled: new Tensor('float32', filled, [examples, length, 1]),
      places: new Tensor('int64', places, [places.length]),
      mask: new Tensor('float32', causalMask(length), [length, length]),
      labels: new Tensor('int64', labels, [count, 1]),
      targets: new Tensor('int64', targets, [count, 1]),
      labelWeights: new Tensor('float32', weights, [count, 1]),
    };
    if (this.#form.teacher === undefined) return inputs;
    const { width } = teacher;
    return {
      ...inputs,
      teacherIds: new Tensor('int64', teacher.ids, [count, width]),
      teacherShares: new Tensor('float32', teacher.shares, [count, width]),
      teacherKept: new Tensor('float32', teacher.kept, [count, width]),
      teacherRest: new Tensor('float32', teacher.rest, [count, 1]),
      teacherEntropy: new Tensor('float32', teacher.entropy, [count, 1]),
      teacherWeights: new Tensor('float32', teacher.weights, [count, 1]),
    };
  }
}
