// A lane: some rows of a KV cache bound to a session, on which step after step is run.

import { SkeinError } from '../../core/errors.js';
import type { DecoderConfig } from '../architecture/config.js';
import { cacheName } from '../lowering/inference.js';
import { type Binding, type Session, Tensor } from '../runtime/index.js';
import type { EmbeddingTable } from './embedding.js';
import type { OpeningSession } from './openingSession.js';
import type { RunQueue } from './runQueue.js';

export interface LaneParts {
  readonly config: DecoderConfig;
  readonly embedding: EmbeddingTable;
  readonly queue: RunQueue;
  readonly session: OpeningSession;
  /** Layer by layer; the rows that the lane runs. */
  readonly cache: readonly (readonly [k: Tensor<'float32'>, v: Tensor<'float32'>])[];
  readonly rows: number;
  /** Asked when it is bound: what the adapter has at another scale stands no longer than until somebody asks for a third. */
  readonly adapter: (() => ReadonlyMap<string, Tensor>) | undefined;
  /** What the session gives at the labels: logits over the vocabulary, or the final norm's output. */
  readonly output: 'logits' | 'hidden';
  /** The process has its cores to itself: short runs stay on the calling thread. */
  readonly alone: boolean;
}

/** A run that took no longer is not worth the way to another thread and back, which is a fifteenth of a token's time. */
const shortMs = 10;

export interface Step {
  /** The new tokens of every row, row after row; as many for each. */
  readonly ids: readonly number[];
  /** Positions that each row's cache holds already. */
  readonly past: readonly number[];
  /** Which of a row's new tokens are asked for logits; default the last. */
  readonly labels?: readonly number[];
  /** For sessions lowered with `tree`. Bias: [tokens, past + tokens], added to the attention scores. */
  readonly tree?: { readonly positions: readonly number[]; readonly bias: Float32Array };
}

export class Lane {
  readonly #parts: LaneParts;
  /** Made at the first step, when the session is there. */
  #binding: Binding | undefined;
  #closed = false;
  readonly #seqlens: Tensor<'int32'>;
  readonly #total: Tensor<'int32'>;
  /** What changes its shape with the step: bound anew only then. */
  readonly #shaped = new Map<string, Tensor>();
  /** How long the last run of one token took. */
  #tokenMs = Number.POSITIVE_INFINITY;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#seqlens = Tensor.zeros('int32', [parts.rows]);
    this.#total = Tensor.zeros('int32', [1]);
  }

  #bind(session: Session): Binding {
    if (this.#closed) throw new SkeinError('engine/closed', 'The request has ended.');
    if (this.#binding !== undefined) return this.#binding;
    const parts = this.#parts;
    const inputs: Record<string, Tensor> = { seqlens: this.#seqlens, total: this.#total };
    const outputs: Record<string, Tensor> = {};
    for (const [layer, [k, v]] of parts.cache.entries()) {
      inputs[cacheName('past', layer, 'k')] = k;
      inputs[cacheName('past', layer, 'v')] = v;
      outputs[cacheName('present', layer, 'k')] = k;
      outputs[cacheName('present', layer, 'v')] = v;
    }
    for (const [name, tensor] of parts.adapter?.() ?? []) inputs[name] = tensor;
    this.#binding = session.bind({ inputs, outputs });
    return this.#binding;
  }

  /** Logits [rows, labels, vocabulary], or hidden states; they stand until the next step. */
  async step({ ids, past, labels, tree }: Step, signal?: AbortSignal): Promise<Float32Array> {
    const { config, embedding, queue, rows, output } = this.#parts;
    const session = await this.#parts.session.ready(signal);
    const tokens = ids.length / rows;
    const asked = labels ?? [tokens - 1];
    return queue.run(async () => {
      const binding = this.#bind(session);
      const shape = <D extends 'float32' | 'int64'>(name: string, dtype: D, size: readonly number[]) =>
        this.#shape(binding, name, dtype, size);
      embedding.write(ids, shape('x', 'float32', [rows, tokens, config.hidden]).data);
      shape('labels', 'int64', [asked.length]).data.set(asked.map(BigInt));
      for (const [row, length] of past.entries()) this.#seqlens.data[row] = length + tokens - 1;
      const total = Math.max(...past) + tokens;
      this.#total.data[0] = total;
      if (tree !== undefined) {
        shape('positions', 'int64', [rows, tokens]).data.set(tree.positions.map(BigInt));
        shape('bias', 'float32', [1, 1, tokens, total]).data.set(tree.bias);
      }
      const width = output === 'hidden' ? config.hidden : config.vocabulary;
      const result = shape(output, 'float32', [rows, asked.length, width]);
      await this.#run(session, binding, tokens, signal);
      return result.data;
    }, signal);
  }

  async #run(session: Session, binding: Binding, tokens: number, signal?: AbortSignal): Promise<void> {
    const { alone } = this.#parts;
    const here = alone && tokens === 1 && this.#tokenMs < shortMs;
    // Timers, sockets and the signal have their turn between two tokens.
    if (here) await new Promise<void>(resolve => setImmediate(resolve));
    const start = performance.now();
    if (here) session.runSync(binding, signal);
    else await session.run(binding, signal);
    if (tokens === 1) this.#tokenMs = performance.now() - start;
  }

  close(): void {
    this.#closed = true;
    this.#binding?.close();
    this.#seqlens.close();
    this.#total.close();
    for (const tensor of this.#shaped.values()) tensor.close();
  }

  #shape<D extends 'float32' | 'int64'>(
    binding: Binding,
    name: string,
    dtype: D,
    shape: readonly number[],
  ): Tensor<D> {
    const known = this.#shaped.get(name) as Tensor<D> | undefined;
    if (known?.shape.every((size, index) => size === shape[index]) === true) return known;
    const tensor = Tensor.zeros(dtype, shape);
    if (name === this.#parts.output) binding.output(name, tensor);
    else binding.input(name, tensor);
    this.#shaped.set(name, tensor);
    known?.close();
    return tensor;
  }
}
