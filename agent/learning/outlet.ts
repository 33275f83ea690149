// Learning's way out over the link: control messages at once, updates through the outbox.

import { toHex } from '../../core/bytes.js';
import { BlobStore } from '../../platform/blobStore.js';
import type { Queries } from '../../platform/database.js';
import type { AssignmentReply, Progress } from '../../proto/messages.js';
import { outboxOwner } from '../egress/gate.js';
import type { Link } from '../link/link.js';
import type { LearningOutlet } from './learning.js';

export class LinkOutlet implements LearningOutlet {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  reply(task: string, round: number, reply: AssignmentReply): Promise<void> {
    return this.#link.send('reply', { task, round }, reply, 'participation');
  }

  progress(task: string, round: number, progress: Progress): Promise<void> {
    return this.#link.send('progress', { task, round }, progress, 'participation');
  }

  async queueUpdate(tx: Queries, task: string, round: number, update: Uint8Array): Promise<Uint8Array> {
    return (await new BlobStore(tx).put(outboxOwner, update, undefined, task, round)).blob;
  }

  /** The outbox knows it already by its hash: it is offered, not stored again. */
  async send(task: string, round: number, update: Uint8Array): Promise<void> {
    await this.#link.sendUpdate({ task, round }, update);
  }

  async isQueued(blob: Uint8Array): Promise<boolean> {
    const name = toHex(blob);
    return (await this.#link.pendingUpdates()).some(update => update.hash === name);
  }

  async drop(task: string, round: number): Promise<void> {
    for (const update of await this.#link.pendingUpdates()) {
      if (update.task === task && update.round === round) await this.#link.discardUpdate(update.hash);
    }
  }
}
