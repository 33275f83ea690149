// What the fused attention of both lowerings takes.

import { SkeinError } from '../../core/errors.js';
import type { Node } from '../architecture/graph.js';

/** Throws `architecture/unsupported` for heads, or rotated parts of them, whose size is no multiple of 16. */
export function checkHeads(nodes: readonly Node[]): void {
  for (const node of nodes) {
    if (node.kind !== 'attention') continue;
    const { headSize, rotary } = node.attention;
    const odd = [headSize, rotary.dimensions].find(size => size % 16 !== 0);
    if (odd === undefined) continue;
    const what = odd === headSize ? `Heads of ${odd} values` : `Heads of which ${odd} values are rotated`;
    const message = `${what} are not supported: the attention kernel takes multiples of 16.`;
    throw new SkeinError('architecture/unsupported', message);
  }
}
