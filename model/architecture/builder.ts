// Builds an intermediate graph node by node and gives every value its shape.

import { SkeinError } from '../../core/errors.js';
import type { Dimension, Graph, Node, NodeKind, Shape, Value } from './graph.js';

type Draft<K extends NodeKind> = { [P in K]: Omit<Node<P>, 'outputs'> }[K];

export class GraphBuilder implements Graph {
  readonly #nodes: Node[] = [];
  #values: number;

  /** Value ids start at `firstValue`: a backward graph goes on where its forward graph ended. */
  constructor(firstValue = 0) {
    this.#values = firstValue;
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  get valueCount(): number {
    return this.#values;
  }

  /** Appends a node whose outputs have these shapes. */
  append<K extends NodeKind>(draft: Draft<K>, ...shapes: readonly Shape[]): readonly Value[] {
    const outputs = shapes.map(shape => ({ id: this.#values++, shape }));
    // A draft and its outputs are a node of the same kind; TypeScript cannot follow that through the mapped type.
    this.#nodes.push({ ...draft, outputs } as unknown as Node);
    return outputs;
  }

  /** The same for nodes of one output. */
  one<K extends NodeKind>(draft: Draft<K>, shape: Shape): Value {
    return this.append(draft, shape)[0] as Value;
  }

  add(a: Value, b: Value): Value {
    if (!sameShape(a.shape, b.shape)) throw wrongShape('add', a.shape, b.shape);
    return this.one({ kind: 'add', inputs: { a, b } }, a.shape);
  }
}

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dimension, index) => dimension === b[index]);

export const lastDimension = (value: Value): number => {
  const last: Dimension | undefined = value.shape.at(-1);
  if (typeof last !== 'number') throw wrongShape('last dimension', value.shape);
  return last;
};

const wrongShape = (what: string, ...shapes: readonly Shape[]): SkeinError =>
  new SkeinError(
    'internal',
    `${what}: impossible shapes ${shapes.map(shape => `[${shape.join(', ')}]`).join(' and ')}.`,
  );
