// What the lowering of each node for training works with: the ONNX graph so far, values by name, and what is shared.

import type { Arithmetic } from '../../proto/messages.js';
import type { Node, Value as Tensor } from '../architecture/graph.js';
import type { GraphBuilder, Value } from '../onnx/index.js';
import type { TrainingLinearContext } from './trainingLinear.js';
import type { WeightStore } from './weights.js';

/** Names of the training graph's inputs and outputs, beside the adapter's tensors and their gradients. */
export const trainingNames = {
  /** float32 [tokens, hidden]: embedding rows, scaled. */
  rows: 'rows',
  /** int64 [examples, length]: the token that stands in each slot; any token where none does. */
  slots: 'slots',
  /** float32 [examples, length, 1]: 1 where a token stands, else 0. */
  filled: 'filled',
  /** int64 [tokens]: the slot of each token. */
  places: 'places',
  /** float32 [length, length]: added to the score of each query (row) and key. */
  mask: 'mask',
  /** int64 [labels, 1]: the tokens after which the model is asked. */
  labels: 'labels',
  /** int64 [labels, 1]: what should come. */
  targets: 'targets',
  /** float32 [labels, 1]: of each label's cross-entropy. */
  labelWeights: 'labelWeights',
  /** With a teacher (engine/trainerTeacher.ts): int64 [labels, known], float32 likewise, and four of float32 [labels, 1]. */
  teacherIds: 'teacherIds',
  teacherShares: 'teacherShares',
  teacherKept: 'teacherKept',
  teacherRest: 'teacherRest',
  teacherEntropy: 'teacherEntropy',
  teacherWeights: 'teacherWeights',
  /** Output, float32 []: the weighted sum of the labels' losses. */
  loss: 'loss',
} as const;

type Parameter = Pick<Node<'parameter'>, 'layer' | 'target' | 'side'>;
export const parameterName = ({ layer, target, side }: Parameter): string => `${layer}.${target}.${side}`;
export const gradientName = (node: Parameter): string => `${parameterName(node)}.gradient`;

export class TrainingContext implements TrainingLinearContext {
  readonly graph: GraphBuilder;
  readonly store: WeightStore;
  readonly arithmetic: Arithmetic;
  /** Longest example; rotary tables reach so far. */
  readonly maxLength: number;
  /** Gradients of each example apart: [examples, rows, columns]. */
  readonly perExample: boolean;
  readonly lean: boolean;
  readonly #values = new Map<number, Value>();
  readonly #shared = new Map<string, unknown>();
  readonly #fixed = new Map<string, unknown>();

  constructor(
    graph: GraphBuilder,
    store: WeightStore,
    arithmetic: Arithmetic,
    maxLength: number,
    perExample: boolean,
    lean: boolean,
  ) {
    this.graph = graph;
    this.store = store;
    this.arithmetic = arithmetic;
    this.maxLength = maxLength;
    this.perExample = perExample;
    this.lean = lean;
    const [examples, length, tokens, labels] = (['examples', 'length', 'tokens', 'labels'] as const).map(
      name => this.size(name),
    ) as [string, string, string, string];
    graph.input(trainingNames.slots, 'int64', [examples, length]);
    graph.input(trainingNames.filled, 'float32', [examples, length, 1]);
    graph.input(trainingNames.places, 'int64', [tokens]);
    graph.input(trainingNames.mask, 'float32', [length, length]);
    graph.input(trainingNames.labels, 'int64', [labels, 1]);
    graph.input(trainingNames.targets, 'int64', [labels, 1]);
    graph.input(trainingNames.labelWeights, 'float32', [labels, 1]);
  }

  /** The name of a size. Without one nothing keeps the memory of a value for a later one of the same shape: what is alive counts. */
  size(name: string): string {
    return this.lean ? '' : name;
  }

  /** A function of its own, so that lowerings may take it apart from the context. */
  readonly read = (tensor: Tensor): Value => this.#values.get(tensor.id) as Value;

  write(tensor: Tensor, value: Value): void {
    this.#values.set(tensor.id, value);
  }

  /** What a forward node and its gradient both need is made once, under a key of its own. */
  shared<T>(key: string, make: () => T): T {
    return once(this.#shared, key, make);
  }

  /** The same for what depends on no activation. */
  fixed<T>(key: string, make: () => T): T {
    return once(this.#fixed, key, make);
  }

  /** From here on activations are made anew: those that are there already are not to be used again. */
  forget(): void {
    this.#shared.clear();
  }
}

function once<T>(known: Map<string, unknown>, key: string, make: () => T): T {
  if (!known.has(key)) known.set(key, make());
  return known.get(key) as T;
}
