// Scores continuations of prompts: what all share once, then everything else in one run as a tree of tokens.
//
// Tokens that continuations, or the ends of several prompts, share are run once. Each token of the tree stands at the
// position of its depth and sees what is common to all and its ancestors: the attention bias takes the others away.

import { SkeinError } from '../../core/errors.js';
import { commonPrefix } from './cachePool.js';
import { checkTokens } from './embedding.js';
import type { Inference } from './inference.js';
import type { Step } from './lane.js';
import type { ScoreRequest } from './types.js';

/** Tokens of one tree at most; more are run in pieces. */
const maxTree = 384;
/** Bytes of the logits that one run writes: a row for every token after which some probability is asked for. */
const maxLogitBytes = 32 * 1024 * 1024;
/** Added to a score it leaves nothing of it: exp of it is 0. */
const hidden = -1e9;

/** Summed natural log-probability of each continuation. */
export async function score(inference: Inference, request: ScoreRequest): Promise<Float64Array> {
  const [scores] = await scoreBatch(inference, [request]);
  return scores as Float64Array;
}

/** The same for each request: those that share an adapter and are short run together. */
export async function scoreBatch(
  inference: Inference,
  requests: readonly ScoreRequest[],
  outer?: AbortSignal,
): Promise<Float64Array[]> {
  for (const { ids, continuations } of requests) {
    if (ids.length === 0) throw new SkeinError('engine/capacity', 'A prompt has at least one token.');
    for (const continuation of continuations) {
      if (continuation.length === 0)
        throw new SkeinError('engine/capacity', 'A continuation has at least one token.');
      inference.checkLength(ids.length + continuation.length);
      // Its last token is never run: nobody else would look at it.
      checkTokens(continuation, inference.config.vocabulary);
    }
  }
  const sums = requests.map(({ continuations }) => new Float64Array(continuations.length));
  for (const group of groups(requests, inference)) {
    const signals = [outer, ...group.map(index => requests[index]?.signal)].filter(one => one !== undefined);
    await scoreTogether(
      inference,
      group.map(index => ({ request: requests[index] as ScoreRequest, sums: sums[index] as Float64Array })),
      signals.length === 0 ? undefined : AbortSignal.any(signals),
    );
  }
  return sums;
}

/**
 * Indexes of requests that run in one tree, in order: they have at least one token in common, since the kernel takes no
 * positions where the cache is empty. A request that is too long for company is alone.
 */
function groups(requests: readonly ScoreRequest[], inference: Inference): number[][] {
  const limits = limitsOf(inference);
  const out: number[][] = [];
  let group: number[] = [];
  let base = 0;
  for (const [index, request] of requests.entries()) {
    const first = requests[group[0] ?? -1];
    if (
      first !== undefined &&
      first.adapter === request.adapter &&
      (first.adapterScale ?? 1) === (request.adapterScale ?? 1)
    ) {
      const shared = Math.min(base, commonPrefix(first.ids, request.ids));
      const members = [...group, index].map(one => requests[one] as ScoreRequest);
      const labels = members.reduce((sum, one) => sum + labelsOf(one), 0);
      const nodes = members.reduce((sum, one) => sum + one.ids.length - shared - 1 + labelsOf(one), 0);
      if (
        shared > 0 &&
        nodes <= limits.nodes &&
        labels <= limits.labels &&
        shared + nodes <= inference.capacity
      ) {
        group.push(index);
        base = shared;
        continue;
      }
    }
    group = [index];
    base = request.ids.length;
    out.push(group);
  }
  return out;
}

/** Tokens after which a probability is asked for, at most: the prompt's last, and of each continuation all but the last. */
const labelsOf = ({ continuations }: ScoreRequest): number =>
  continuations.reduce((sum, { length }) => sum + length - 1, 1);

interface Limits {
  readonly nodes: number;
  readonly labels: number;
}

const limitsOf = ({ config }: Inference): Limits => ({
  nodes: maxTree,
  labels: Math.max(8, Math.floor(maxLogitBytes / 4 / config.vocabulary)),
});

interface Scored {
  readonly request: ScoreRequest;
  readonly sums: Float64Array;
}

async function scoreTogether(
  inference: Inference,
  scored: readonly Scored[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const [{ request: first }] = scored as readonly [Scored];
  const base = scored.reduce(
    (length, { request }) => Math.min(length, commonPrefix(first.ids, request.ids)),
    first.ids.length,
  );
  const common = first.ids.slice(0, base);
  const { nodes: most, labels } = limitsOf(inference);
  const limits = { nodes: Math.min(most, inference.capacity - base), labels };
  const pieces = planTrees(scored, base, limits);
  const positions = base + Math.max(0, ...pieces.map(({ nodes }) => nodes.length));
  const run = inference.begin(common, positions, first, { form: 'tree' });
  try {
    const afterCommon = await run.prefill(common, signal, rowStep);
    answer(
      afterCommon,
      pieces.flatMap(piece => piece.asked),
    );
    const { vocabulary } = inference.config;
    for (const nodes of pieces.flatMap(piece => inRuns(piece.nodes, limits))) {
      const labelled = nodes.filter(({ asked }) => asked.length > 0);
      const logits = await run.step(treeStep(nodes, labelled, base), signal);
      for (const [row, { asked }] of labelled.entries()) {
        answer(logits.subarray(row * vocabulary, (row + 1) * vocabulary), asked);
      }
    }
  } finally {
    run.close();
  }
}

/** A continuation's token, whose log-probability is added to its sum. */
interface Asked {
  readonly token: number;
  readonly sums: Float64Array;
  readonly index: number;
}

function answer(logits: Float32Array, asked: readonly Asked[]): void {
  if (asked.length === 0) return;
  const normaliser = logSumExp(logits);
  if (!Number.isFinite(normaliser))
    throw new SkeinError('engine/not-finite', `The logarithm of the sum over the logits is ${normaliser}.`);
  for (const { token, sums, index } of asked) {
    sums[index] = (sums[index] as number) + (logits[token] as number) - normaliser;
  }
}

interface TreeNode {
  readonly token: number;
  readonly depth: number;
  readonly parent: TreeNode | undefined;
  readonly index: number;
  /** Tokens whose probability after this one is asked for. */
  readonly asked: Asked[];
  readonly children: Map<number, TreeNode>;
}

interface Piece {
  readonly nodes: TreeNode[];
  /** After what all share. */
  readonly asked: Asked[];
  readonly children: Map<number, TreeNode>;
}

/** Everything after the first `base` tokens as trees within the limits. A single longer path is a tree of its own, and several runs. */
function planTrees(scored: readonly Scored[], base: number, limits: Limits): Piece[] {
  const pieces: Piece[] = [];
  let piece: Piece | undefined;
  let labels = 0;
  for (const { request, sums } of scored) {
    for (const [index, continuation] of request.continuations.entries()) {
      const path = [...request.ids.slice(base), ...continuation.slice(0, -1)];
      if (
        piece === undefined ||
        piece.nodes.length + path.length > limits.nodes ||
        labels + continuation.length > limits.labels
      ) {
        piece = { nodes: [], asked: [], children: new Map() };
        pieces.push(piece);
        labels = 0;
      }
      labels += continuation.length;
      let at: Piece | TreeNode = piece;
      let parent: TreeNode | undefined;
      const start = request.ids.length - base;
      for (let depth = 0; depth <= path.length; depth++) {
        if (depth >= start) at.asked.push({ token: continuation[depth - start] as number, sums, index });
        if (depth === path.length) break;
        const token = path[depth] as number;
        let node: TreeNode | undefined = at.children.get(token);
        if (node === undefined) {
          node = { token, depth, parent, index: piece.nodes.length, asked: [], children: new Map() };
          at.children.set(token, node);
          piece.nodes.push(node);
        }
        parent = node;
        at = node;
      }
    }
  }
  return pieces;
}

/**
 * A tree as runs within the limits, each on the cache of the one before. Only single paths are longer than one: in them a
 * node's place in the cache is its position, which layers with a window take it for.
 */
function inRuns(nodes: readonly TreeNode[], limits: Limits): TreeNode[][] {
  const runs: TreeNode[][] = [];
  let labels = 0;
  for (const node of nodes) {
    const label = node.asked.length > 0 ? 1 : 0;
    const run = runs.at(-1);
    if (run !== undefined && run.length < limits.nodes && labels + label <= limits.labels) {
      run.push(node);
      labels += label;
    } else {
      runs.push([node]);
      labels = label;
    }
  }
  return runs;
}

/** Part of what all share: attention is causal anyway. */
const rowStep = (ids: readonly number[], past: number): Step => ({
  ids,
  past: [past],
  tree: {
    positions: ids.map((_, index) => past + index),
    bias: new Float32Array(ids.length * (past + ids.length)),
  },
});

/** Logits after the labelled nodes, or after the first where none is labelled. The cache holds what all share, and the tree's nodes before. */
function treeStep(nodes: readonly TreeNode[], labelled: readonly TreeNode[], base: number): Step {
  const before = nodes[0]?.index ?? 0;
  return {
    ids: nodes.map(node => node.token),
    past: [base + before],
    labels: labelled.length === 0 ? [0] : labelled.map(node => node.index - before),
    tree: { positions: nodes.map(node => base + node.depth), bias: biasOf(nodes, base) },
  };
}

/** [nodes, positions up to the last of them]: each node sees what all share, itself and its ancestors. */
function biasOf(nodes: readonly TreeNode[], base: number): Float32Array {
  const width = base + (nodes.at(-1)?.index ?? 0) + 1;
  const bias = new Float32Array(nodes.length * width);
  for (const [at, { index, parent }] of nodes.entries()) {
    const row = at * width;
    bias.fill(hidden, row + base, row + width);
    bias[row + base + index] = 0;
    for (let node = parent; node !== undefined; node = node.parent) bias[row + base + node.index] = 0;
  }
  return bias;
}

/** log of the sum of exp(values), without overflow. */
export function logSumExp(values: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i] as number);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp((values[i] as number) - largest);
  return largest + Math.log(sum);
}
