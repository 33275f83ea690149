// How much memory a training run takes, counted on the intermediate graph: which values are alive together, and how large.

import type { DecoderGraph } from '../architecture/decoder.js';
import { inputsOf, type Node, type Value } from '../architecture/graph.js';
import { backward } from '../autodiff/backward.js';

/** What the size of a run's values depends on. */
export interface RunShape {
  readonly tokens: number;
  readonly labels: number;
  /** Examples times the tokens of the longest. */
  readonly slots: number;
  /** Slots times the tokens of the longest: one score a head for each. */
  readonly pairs: number;
}

/** Values by what they are as many as. */
export type Count = Readonly<Record<keyof RunShape | 'one', number>>;

const none: Count = { tokens: 0, labels: 0, slots: 0, pairs: 0, one: 0 };
const keys = Object.keys(none) as (keyof Count)[];
const plus = (a: Count, b: Count, times = 1): Count =>
  Object.fromEntries(keys.map(key => [key, a[key] + times * b[key]])) as Count;
const covers = (a: Count, b: Count): boolean => keys.every(key => a[key] >= b[key]);

/** float32 values of the moments at which the most is alive; none of them covers another. */
export type LiveCounts = readonly Count[];

/** The largest of them for a run, in bytes. */
export const liveBytes = (counts: LiveCounts, run: RunShape): number =>
  4 *
  Math.max(
    ...counts.map(count => keys.reduce((sum, key) => sum + count[key] * (key === 'one' ? 1 : run[key]), 0)),
  );

/** A value is alive from the node that makes it to the last that reads it. */
export function liveCounts(forward: DecoderGraph): LiveCounts {
  const back = backward(forward);
  const nodes = [...forward.nodes, ...back.nodes];
  const lastUse = new Map<number, number>();
  for (const [index, node] of nodes.entries()) {
    for (const value of [...node.outputs, ...inputsOf(node)]) lastUse.set(value.id, index);
  }
  for (const { gradient } of back.gradients) lastUse.set(gradient.id, nodes.length);
  const dying = new Map<number, Count>();
  const dies = (index: number, count: Count): void =>
    void dying.set(index, plus(dying.get(index) ?? none, count));

  let live = none;
  let peaks: Count[] = [];
  for (const [index, node] of nodes.entries()) {
    for (const output of node.outputs) {
      const size = sizeOf(output);
      live = plus(live, size);
      dies(lastUse.get(output.id) as number, size);
    }
    const kept = keptOf(node);
    live = plus(live, kept);
    if (node.kind === 'attention') dies(gradientOf(nodes, node), kept);
    const now = plus(live, passingOf(node));
    if (!peaks.some(peak => covers(peak, now))) peaks = [...peaks.filter(peak => !covers(now, peak)), now];
    live = plus(live, dying.get(index) ?? none, -1);
  }
  return peaks;
}

/**
 * The same where each layer's activations are computed again: of all layers their inputs are kept and the adapters' gradients
 * made, the rest is that of one layer. `one` is the graph of the model with a single layer.
 */
export function layeredCounts(whole: DecoderGraph, one: DecoderGraph): LiveCounts {
  const inputs = whole.cuts.map(sizeOf).reduce((sum, size) => plus(sum, size));
  const gradients = whole.nodes
    .filter(({ kind }) => kind === 'parameter')
    .flatMap(({ outputs }) => outputs.map(sizeOf))
    .reduce((sum, size) => plus(sum, size), none);
  return liveCounts(one).map(count => plus(plus(inputs, gradients), count));
}

function sizeOf({ shape }: Value): Count {
  const count = shape.reduce<number>(
    (product, size) => (typeof size === 'number' ? product * size : product),
    1,
  );
  const by = shape.find(size => typeof size === 'string') ?? 'one';
  return { ...none, [by]: count };
}

/** What the lowering of a node keeps for its gradient besides the node's own values. */
const keptOf = (node: Node): Count =>
  node.kind === 'attention' ? { ...none, slots: 2 * node.attention.kvHeads * node.attention.headSize } : none;

/** The node at which what attention keeps is read for the last time. */
function gradientOf(nodes: readonly Node[], node: Node<'attention'>): number {
  const q = node.inputs.q.id;
  const index = nodes.findIndex(other => other.kind === 'attentionGradient' && other.inputs.q.id === q);
  return index < 0 ? nodes.indexOf(node) : index;
}

/** What the lowering of a node needs only while it runs. */
function passingOf(node: Node): Count {
  switch (node.kind) {
    case 'attention':
      return {
        ...none,
        pairs: node.attention.heads,
        slots: 2 * node.attention.heads * node.attention.headSize,
      };
    case 'attentionGradient': {
      const { heads, kvHeads, headSize } = node.attention;
      return { ...none, pairs: 3 * heads, slots: 2 * (heads + kvHeads) * headSize };
    }
    case 'gatedActivation':
      return sizeOf(node.outputs[0] as Value);
    case 'gatedActivationGradient':
      return plus(none, sizeOf(node.outputs[0] as Value), 3);
    case 'crossEntropyGradient':
      return plus(none, sizeOf(node.outputs[0] as Value), 2);
    case 'teacherDivergenceGradient':
      return plus(none, sizeOf(node.outputs[0] as Value), 3);
    default:
      return none;
  }
}
