// Scores continuations of one prompt: the prompt once, then all continuations in one run as a tree of tokens.
//
// Tokens that continuations share are run once. Each token of the tree stands at the position of its depth and sees the
// prompt and its ancestors: the attention bias takes the others away.

import { SkeinError } from '../../core/errors.js';
import { type Inference, prefill } from './inference.js';
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
  const { ids, continuations, adapter, signal } = request;
  for (const { length } of continuations) {
    if (length === 0) throw new SkeinError('engine/capacity', 'A continuation has at least one token.');
    inference.checkLength(ids.length + length);
  }
  const sums = new Float64Array(continuations.length);
  const pieces = planTrees(continuations, Math.min(maxTree, inference.capacity - ids.length));
  const largest = Math.max(0, ...pieces.map(piece => piece.nodes.length));
  await inference.withCache(ids.length + largest, async cache => {
    const lane = inference.lane(cache, adapter);
    try {
      const logits = await prefill(lane, ids, 0, signal);
      const normaliser = logSumExp(logits);
      for (const [index, continuation] of continuations.entries()) {
        sums[index] = (logits[continuation[0] as number] ?? Number.NaN) - normaliser;
      }
    } finally {
      lane.close();
    }
    if (largest === 0) return;
    const tree = inference.lane(cache, adapter, true);
    try {
      for (const piece of pieces) {
        if (piece.nodes.length === 0) continue;
        const logits = await tree.step(
          {
            ids: piece.nodes.map(node => node.token),
            past: [ids.length],
            labels: piece.nodes.map(node => node.index),
            tree: {
              positions: piece.nodes.map(node => ids.length + node.depth),
              bias: biasOf(piece.nodes, ids.length),
            },
          },
          signal,
        );
        addScores(piece, logits, inference.config.vocabulary, sums);
      }
    } finally {
      tree.close();
    }
  });
  return sums;
}

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

/** [nodes, past + nodes]: 0 for the prompt, itself and its ancestors. */
function biasOf(nodes: readonly TreeNode[], past: number): Float32Array {
  const width = past + nodes.length;
  const bias = new Float32Array(nodes.length * width);
  for (const { index, parent } of nodes) {
    bias.fill(hidden, index * width + past, (index + 1) * width);
    bias[index * width + past + index] = 0;
    for (let node = parent; node !== undefined; node = node.parent)
      bias[index * width + past + node.index] = 0;
  }
  return bias;
}

function addScores(
  { nodes, branches }: Piece,
  logits: Float32Array,
  vocabulary: number,
  sums: Float64Array,
): void {
  const rows = nodes.map((_, index) => logits.subarray(index * vocabulary, (index + 1) * vocabulary));
  const normalisers = rows.map(logSumExp);
  for (const branch of branches) {
    for (const [place, node] of branch.nodes.entries()) {
      const next = branch.continuation[place + 1] as number;
      const row = rows[node.index] as Float32Array;
      sums[branch.index] =
        (sums[branch.index] as number) + (row[next] as number) - (normalisers[node.index] as number);
    }
  }
}

/** log of the sum of exp(values), without overflow. */
export function logSumExp(values: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i] as number);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp((values[i] as number) - largest);
  return largest + Math.log(sum);
}
