// Scores continuations of one prompt: the prompt once, then all continuations in one run as a tree of tokens.
//
// Tokens that continuations share are run once. Each token of the tree stands at the position of its depth and sees the
// prompt and its ancestors: the attention bias takes the others away.

import { SkeinError } from '../../core/errors.js';
import type { Inference } from './inference.js';
import type { Step } from './lane.js';
import type { ScoreRequest } from './types.js';

/** Tokens of one tree; more continuations are run in pieces. */
const maxTree = 128;
/** Added to a score it leaves nothing of it: exp of it is 0. */
const hidden = -1e9;

interface TreeNode {
  readonly token: number;
  readonly depth: number;
  readonly parent: TreeNode | undefined;
  readonly index: number;
}

interface Branch {
  readonly continuation: readonly number[];
  /** The node of each token but the last, whose logits nobody asks for. */
  readonly nodes: readonly TreeNode[];
}

/** Summed natural log-probability of each continuation. */
export async function score(inference: Inference, request: ScoreRequest): Promise<Float64Array> {
  const { ids, continuations, signal } = request;
  if (ids.length === 0) throw new SkeinError('engine/capacity', 'A prompt has at least one token.');
  for (const { length } of continuations) {
    if (length === 0) throw new SkeinError('engine/capacity', 'A continuation has at least one token.');
    inference.checkLength(ids.length + length);
  }
  const { vocabulary } = inference.config;
  const sums = new Float64Array(continuations.length);
  const pieces = planTrees(continuations, Math.min(maxTree, inference.capacity - ids.length));
  const positions = ids.length + Math.max(0, ...pieces.map(piece => piece.nodes.length));
  const run = inference.begin(ids, positions, request, { form: 'tree' });
  try {
    const [first] = predictions(await run.prefill(ids, signal, rowStep), vocabulary);
    for (const { nodes, branches } of pieces) {
      const after =
        nodes.length === 0
          ? []
          : predictions(await run.step(treeStep(nodes, ids.length), signal), vocabulary);
      for (const branch of branches) {
        const before = [first, ...branch.nodes.map(node => after[node.index])] as Prediction[];
        for (const [place, { logits, normaliser }] of before.entries()) {
          const logit = logits[branch.continuation[place] as number] ?? Number.NaN;
          sums[branch.index] = (sums[branch.index] as number) + logit - normaliser;
        }
      }
    }
  } finally {
    run.close();
  }
  return sums;
}

/** Part of the prompt: attention is causal anyway. */
const rowStep = (ids: readonly number[], past: number): Step => ({
  ids,
  past: [past],
  tree: {
    positions: ids.map((_, index) => past + index),
    bias: new Float32Array(ids.length * (past + ids.length)),
  },
});

/** Logits after every node. */
const treeStep = (nodes: readonly TreeNode[], past: number): Step => ({
  ids: nodes.map(node => node.token),
  past: [past],
  labels: nodes.map(node => node.index),
  tree: { positions: nodes.map(node => past + node.depth), bias: biasOf(nodes, past) },
});

interface Piece {
  readonly nodes: readonly TreeNode[];
  readonly branches: readonly (Branch & { readonly index: number })[];
}

/** Groups continuations into trees of at most `most` nodes. A single longer one is a tree of its own. */
export function planTrees(continuations: readonly (readonly number[])[], most: number): Piece[] {
  const pieces: Piece[] = [];
  let nodes: TreeNode[] = [];
  let branches: (Branch & { index: number })[] = [];
  let known = new Map<string, TreeNode>();
  const finish = (): void => {
    if (branches.length > 0) pieces.push({ nodes, branches });
    nodes = [];
    branches = [];
    known = new Map();
  };
  for (const [index, continuation] of continuations.entries()) {
    if (nodes.length + continuation.length - 1 > most) finish();
    const path: TreeNode[] = [];
    let key = '';
    for (const [depth, token] of continuation.slice(0, -1).entries()) {
      key += `${token},`;
      let node = known.get(key);
      if (node === undefined) {
        node = { token, depth, parent: path.at(-1), index: nodes.length };
        known.set(key, node);
        nodes.push(node);
      }
      path.push(node);
    }
    branches.push({ index, continuation, nodes: path });
  }
  finish();
  return pieces;
}

/** [nodes, past + nodes]: each node sees the prompt, itself and its ancestors. */
function biasOf(nodes: readonly TreeNode[], past: number): Float32Array {
  const width = past + nodes.length;
  const bias = new Float32Array(nodes.length * width);
  for (const { index, parent } of nodes) {
    const row = index * width;
    bias.fill(hidden, row + past, row + width);
    bias[row + past + index] = 0;
    for (let node = parent; node !== undefined; node = node.parent) bias[row + past + node.index] = 0;
  }
  return bias;
}

/** What the model says after one token. Its own copy: the lane's logits stand only until the next step. */
interface Prediction {
  readonly logits: Float32Array;
  readonly normaliser: number;
}

function predictions(logits: Float32Array, vocabulary: number): Prediction[] {
  return Array.from({ length: logits.length / vocabulary }, (_, index) => {
    const row = logits.slice(index * vocabulary, (index + 1) * vocabulary);
    return { logits: row, normaliser: logSumExp(row) };
  });
}

/** log of the sum of exp(values), without overflow. */
export function logSumExp(values: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i] as number);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp((values[i] as number) - largest);
  return largest + Math.log(sum);
}
