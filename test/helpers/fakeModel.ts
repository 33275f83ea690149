// A model in place of the engine where a test is about what stands around it: deterministic, quick, and stateful like a real one.

import { sha256, utf8 } from '../../core/bytes.js';
import { toSkeinError } from '../../core/errors.js';
import type { Adapter, Model, Trainer, TrainerState, TrainingExample } from '../../model/engine/types.js';
import type { NamedTensor } from '../../proto/messages.js';

const special = ['<|end|>', '<|user|>', '<|bos|>'];

/** One token a UTF-16 unit, and three special ones below 3. */
export const fakeTokenizer = {
  bos: undefined,
  eos: 0,
  ends: [0],
  encode(text: string, options: { special?: boolean } = {}): number[] {
    const ids: number[] = [];
    for (let at = 0; at < text.length; ) {
      const name = options.special === false ? undefined : special.find(one => text.startsWith(one, at));
      ids.push(name === undefined ? text.charCodeAt(at) + special.length : special.indexOf(name));
      at += name?.length ?? 1;
    }
    return ids;
  },
  decode(ids: readonly number[], options: { special?: boolean } = {}): string {
    const one = (id: number): string =>
      id >= special.length
        ? String.fromCharCode(id - special.length)
        : options.special === false
          ? ''
          : (special[id] ?? '');
    return ids.map(one).join('');
  },
  bytes: (id: number): Uint8Array => utf8(fakeTokenizer.decode([id], { special: false })),
  stream: () => ({ push: (id: number) => fakeTokenizer.decode([id]), end: () => '' }),
};

export interface FakeOptions {
  /** Turns of the event loop that one step or score takes. */
  readonly ticks?: number;
  /** Real milliseconds besides. */
  readonly ms?: number;
}

async function work(options: FakeOptions, signal: AbortSignal | undefined): Promise<void> {
  for (let tick = 0; tick < (options.ticks ?? 1); tick++) {
    if (signal?.aborted === true) throw toSkeinError(new DOMException('aborted', 'AbortError'));
    await new Promise(resolve => setTimeout(resolve, options.ms ?? 0));
  }
  if (signal?.aborted === true) throw toSkeinError(new DOMException('aborted', 'AbortError'));
}

/** Of an adapter of rank 2 beside one linear of one input and one output. */
const tensor = (side: 'A' | 'B', values: readonly number[]): NamedTensor => ({
  name: `model.layers.0.self_attn.q_proj.lora_${side}.weight`,
  shape: side === 'A' ? [2, 1] : [1, 2],
  values: Float32Array.from(values),
});
const copy = (tensors: readonly NamedTensor[]): NamedTensor[] =>
  tensors.map(one => ({ ...one, values: Float32Array.from(one.values) }));

function fakeTrainer(
  options: FakeOptions,
  rate: number,
  start: Adapter | { seed: number },
  shape: Adapter['shape'],
): Trainer {
  let state: TrainerState = {
    step: 0,
    weights:
      'tensors' in start ? copy(start.tensors) : [tensor('A', [start.seed % 97, 1]), tensor('B', [0, 0])],
    optimizer: 'adamw',
    memory: ['first', 'second'].map(name => ({ name, shape: [4], values: new Float32Array(4) })),
    pending: null,
  };
  const sum = (batch: readonly TrainingExample[]): number =>
    batch.reduce(
      (total, { prompt, answer }) =>
        total + [...prompt, ...answer].reduce((a, b) => (a * 31 + b) % 10_007, 7),
      0,
    );
  return {
    async step(batch, { signal } = {}) {
      await work(options, signal);
      const gradient = sum(batch) / 10_007;
      const [first, second] = state.memory.map(({ values }) => Float32Array.from(values)) as [
        Float32Array,
        Float32Array,
      ];
      const weights = state.weights.map((one, t) => ({
        ...one,
        values: one.values.map((value, i) => {
          const at = 2 * t + i;
          const g = gradient * (t + i + 1);
          first[at] = 0.9 * (first[at] as number) + 0.1 * g;
          second[at] = 0.999 * (second[at] as number) + 0.001 * g ** 2;
          return value - (rate * first[at]) / (Math.sqrt(second[at]) + 1e-8);
        }),
      }));
      const memory = state.memory.map((one, i) => ({ ...one, values: i === 0 ? first : second }));
      state = { ...state, step: state.step + 1, weights, memory };
      return { loss: gradient, tokens: 1, answerTokens: 1, gradientNorm: gradient, learningRate: rate };
    },
    optimizerBytes: 32,
    accumulate: () => Promise.reject(new Error('not part of the fake')),
    apply: () => {
      throw new Error('not part of the fake');
    },
    gradients: () => Promise.reject(new Error('not part of the fake')),
    adapter: () => ({ shape, tensors: copy(state.weights) }),
    state: () => state,
    restore(from) {
      state = from;
    },
    close() {},
  };
}

const notPart = (): never => {
  throw new Error('not part of the fake');
};

/** Answers a free text with its first word turned round; with an adapter loaded, in capitals. */
export function fakeModel(options: FakeOptions = {}): Model {
  const loaded = new Map<object, Adapter>();
  const reply = (ids: readonly number[], adapted: boolean): number[] => {
    const word = /[a-z]+/u.exec(fakeTokenizer.decode(ids, { special: false }))?.[0] ?? '';
    const text = [...word].reverse().join('');
    return [
      ...fakeTokenizer.encode(` ${adapted ? text.toUpperCase() : text}`, { special: false }),
      fakeTokenizer.eos,
    ];
  };
  return {
    info: {
      architecture: 'fake',
      layers: 1,
      hidden: 2,
      feedForward: 2,
      heads: 1,
      kvHeads: 1,
      headSize: 2,
      vocabulary: 65_539,
      contextLength: 4096,
    },
    tokenizer: fakeTokenizer,
    chatTemplate: undefined,
    loadAdapter(adapter) {
      const handle = { release: () => void loaded.delete(handle) };
      loaded.set(handle, adapter);
      return handle;
    },
    logits: () => Promise.reject(new Error('not part of the fake')),
    allLogits: () => Promise.reject(new Error('not part of the fake')),
    counters: { prefilled: 0, reused: 0, decoded: 0 },
    generate: notPart,
    stream: notPart,
    complete: notPart,
    batch: notPart,
    embed: notPart,
    async generateBatch(requests, signal) {
      await work(options, signal);
      return requests.map(one =>
        reply(one.ids, one.adapter !== undefined && loaded.has(one.adapter)).slice(0, one.maxTokens),
      );
    },
    scoreBatch(requests) {
      return Promise.all(requests.map(request => this.score(request)));
    },
    async score({ ids, continuations, adapter, signal }) {
      await work(options, signal);
      const salt = adapter === undefined ? 'base' : 'adapted';
      return Float64Array.from(continuations, one => -(sha256(JSON.stringify([salt, ids, one]))[0] ?? 0));
    },
    planTraining: (_, examples, { budgetBytes }) => ({
      budgetBytes,
      recompute: 'none',
      maxTokensPerRun: 512,
      longestExample: examples.length,
      runBytes: budgetBytes,
      estimatedBytes: budgetBytes,
      text: 'all of it',
    }),
    async trainer(trainerOptions, start) {
      return fakeTrainer(options, trainerOptions.learningRate, start, trainerOptions.shape);
    },
    close() {},
  };
}
