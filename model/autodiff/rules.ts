// The table of gradient rules: one entry for each kind of node, a few lines each, written in the intermediate graph's own nodes.

import type { GraphBuilder } from '../architecture/builder.js';
import type { ForwardKind, Node, Value } from '../architecture/graph.js';

/** A value and what the loss changes by with it. */
export type Contribution = readonly [input: Value, gradient: Value];

export interface RuleContext {
  readonly graph: GraphBuilder;
  /** Whether anything trained stands upstream of this value; what nobody needs is not computed. */
  needs(value: Value): boolean;
}

/**
 * The gradients of a node's inputs, from those of its outputs (in the outputs' order). It is called where at least one
 * input is needed and every output has a gradient.
 */
type Rule<K extends ForwardKind> = (
  node: Node<K>,
  gradients: readonly Value[],
  context: RuleContext,
) => Contribution[];

/** A kind of forward node without a rule is a type error here. */
export const rules: { readonly [K in ForwardKind]: Rule<K> } = {
  embeddingRows: () => [],

  parameter: () => [],

  add: ({ inputs }, [gradient]) => [
    [inputs.a, gradient as Value],
    [inputs.b, gradient as Value],
  ],

  norm: ({ inputs: { x }, weight, epsilon, width }, [gradient], { graph }) => {
    const inputs = { x, gradient: gradient as Value };
    return [[x, graph.one({ kind: 'normGradient', inputs, weight, epsilon, width }, x.shape)]];
  },

  frozenLinear: ({ inputs: { x }, weights }, gradients, { graph }) => [
    [x, graph.one({ kind: 'frozenLinearGradient', inputs: { gradients }, weights }, x.shape)],
  ],

  adapter: ({ inputs: { x, A, B }, scale }, gradients, { graph, needs }) => {
    const gradient = gradients[0] as Value;
    const out: Contribution[] = [];
    if (needs(A))
      out.push([A, graph.one({ kind: 'adapterAGradient', inputs: { x, gradient, B }, scale }, A.shape)]);
    if (needs(B))
      out.push([B, graph.one({ kind: 'adapterBGradient', inputs: { x, gradient, A }, scale }, B.shape)]);
    if (needs(x))
      out.push([x, graph.one({ kind: 'adapterInputGradient', inputs: { gradient, A, B }, scale }, x.shape)]);
    return out;
  },

  attention: ({ inputs: { q, k, v }, outputs: [joined], attention }, [gradient], { graph }) => {
    const inputs = { q, k, v, joined: joined as Value, gradient: gradient as Value };
    const outputs = graph.append({ kind: 'attentionGradient', inputs, attention }, q.shape, k.shape, v.shape);
    return [q, k, v].map((input, index) => [input, outputs[index] as Value]);
  },

  gatedActivation: ({ inputs: { gate, up }, activation }, [gradient], { graph }) => {
    const inputs = { gate, up, gradient: gradient as Value };
    const outputs = graph.append(
      { kind: 'gatedActivationGradient', inputs, activation },
      gate.shape,
      up.shape,
    );
    return [gate, up].map((input, index) => [input, outputs[index] as Value]);
  },

  gatherLabels: ({ inputs: { x } }, [gradient], { graph }) => [
    [x, graph.one({ kind: 'scatterLabels', inputs: { gradient: gradient as Value } }, x.shape)],
  ],

  crossEntropy: ({ inputs: { logits } }, _, { graph }) => [
    [logits, graph.one({ kind: 'crossEntropyGradient', inputs: { logits } }, logits.shape)],
  ],

  teacherDivergence: ({ inputs: { logits }, temperature }, _, { graph }) => [
    [logits, graph.one({ kind: 'teacherDivergenceGradient', inputs: { logits }, temperature }, logits.shape)],
  ],
};
