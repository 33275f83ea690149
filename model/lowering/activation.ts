// The activation functions in ONNX, and their slopes.

import type { Activation } from '../architecture/graph.js';
import type { GraphBuilder, Value } from '../onnx/index.js';

/** One node, of any shape. */
export const activation = (graph: GraphBuilder, x: Value, kind: Activation): Value =>
  // QuickGelu is x * sigmoid(alpha x); FastGelu is the approximation by tanh.
  kind === 'silu' ? graph.node('QuickGelu', [x], { alpha: 1 }) : graph.node('FastGelu', [x]);

type Slope = (graph: GraphBuilder, x: Value) => { readonly value: Value; readonly slope: Value };

const slopes: Readonly<Record<Activation, Slope>> = {
  silu(graph, x) {
    const sigmoid = graph.node('Sigmoid', [x]);
    const value = graph.node('Mul', [x, sigmoid]);
    // sigmoid + silu - silu * sigmoid
    const rest = graph.node('Sub', [graph.float(1), value]);
    return { value, slope: graph.node('Mul', [sigmoid, graph.node('Add', [x, rest])]) };
  },

  gelu(graph, x) {
    const times = (a: Value, b: Value): Value => graph.node('Mul', [a, b]);
    const plus = (a: Value, b: Value): Value => graph.node('Add', [a, b]);
    const root = Math.sqrt(2 / Math.PI);
    const cube = 0.044715;
    const square = times(x, x);
    // root * (x + cube * x^3), and its slope root * (1 + 3 * cube * x^2)
    const inner = times(x, plus(times(square, graph.float(root * cube)), graph.float(root)));
    const innerSlope = plus(times(square, graph.float(3 * root * cube)), graph.float(root));
    const tanh = graph.node('Tanh', [inner]);
    const share = times(plus(tanh, graph.float(1)), graph.float(0.5));
    const bend = times(graph.node('Sub', [graph.float(1), times(tanh, tanh)]), graph.float(0.5));
    return { value: times(x, share), slope: plus(share, times(times(x, bend), innerSlope)) };
  },
};

/** activation(x) and d activation(x) / dx. */
export const activationSlope = (graph: GraphBuilder, x: Value, kind: Activation): ReturnType<Slope> =>
  slopes[kind](graph, x);
