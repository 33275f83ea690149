// Reverse mode on the intermediate graph: look up each node's rule, from the loss back, and add what meets in one value.

import { GraphBuilder } from '../architecture/builder.js';
import type { DecoderGraph } from '../architecture/decoder.js';
import { type ForwardKind, type Graph, inputsOf, type Node, type Value } from '../architecture/graph.js';
import { type Contribution, type RuleContext, rules } from './rules.js';

export interface ParameterGradient {
  readonly parameter: Node<'parameter'>;
  readonly gradient: Value;
}

export interface BackwardGraph extends Graph {
  /** In the order of the forward graph's parameters. */
  readonly gradients: readonly ParameterGradient[];
}

/**
 * The nodes that compute d loss / d parameter for every trained parameter. They may use every value of `forward`; they
 * stop at the lowest layer that something trained stands in.
 */
export function backward(forward: DecoderGraph): BackwardGraph {
  const graph = new GraphBuilder(forward.valueCount);
  const needed = trainedDownstream(forward);
  const context: RuleContext = { graph, needs: value => needed.has(value.id) };
  // The loss stands for its own gradient, one: that is where the walk starts.
  const gradientOf = new Map<number, Value>([[forward.loss.id, forward.loss]]);

  for (const node of [...forward.nodes].reverse()) {
    const gradients = node.outputs
      .map(output => gradientOf.get(output.id))
      .filter(value => value !== undefined);
    if (gradients.length < node.outputs.length || !inputsOf(node).some(context.needs)) continue;
    for (const [input, gradient] of applyRule(node, gradients, context)) {
      if (!context.needs(input)) continue;
      const other = gradientOf.get(input.id);
      gradientOf.set(input.id, other === undefined ? gradient : graph.add(other, gradient));
    }
  }

  const gradients = forward.nodes.flatMap(node => {
    const gradient = gradientOf.get(node.outputs[0]?.id ?? -1);
    return node.kind === 'parameter' && gradient !== undefined ? [{ parameter: node, gradient }] : [];
  });
  return { nodes: graph.nodes, gradients };
}

function applyRule(node: Node, gradients: readonly Value[], context: RuleContext): Contribution[] {
  // Gradient kinds have no rule: second derivatives are not taken.
  const rule = rules[node.kind as ForwardKind] as (
    n: Node,
    g: readonly Value[],
    c: RuleContext,
  ) => Contribution[];
  return rule(node, gradients, context);
}

/** Ids of the values that depend on a trained parameter. */
function trainedDownstream(forward: Graph): ReadonlySet<number> {
  const needed = new Set<number>();
  for (const node of forward.nodes) {
    const trained = node.kind === 'parameter' && node.trained;
    if (!trained && !inputsOf(node).some(input => needed.has(input.id))) continue;
    for (const output of node.outputs) needed.add(output.id);
  }
  return needed;
}
