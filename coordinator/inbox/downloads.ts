// Release files on their way out: a device asks for chunks by index, and gets them one after the other.

import { SkeinError } from '../../core/errors.js';
import type { Refusals } from '../broker/refusals.js';
import type { Blobs } from './blobs.js';
import type { Post } from './post.js';
import type { Verified } from './verified.js';

/** Chunks that one device may have asked for and not got yet. */
const maxPending = 512;

export interface DownloadsOptions {
  readonly files: Blobs;
  readonly post: Post;
  readonly refusals: Refusals;
}

export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #pending = new Map<string, number>();

  constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  /** Returns at once: a slow link must not hold up what else the device says. Throws `wire/oversized` for too much at once. */
  async wanted(want: Verified<'want'>): Promise<void> {
    const { device, message } = want;
    const pending = (this.#pending.get(device) ?? 0) + message.indexes.length;
    if (pending > maxPending)
      throw new SkeinError('wire/oversized', `${pending} chunks asked for are more than ${maxPending}.`);
    this.#pending.set(device, pending);
    void this.#serve(want).catch(error => this.#options.refusals.refuse(error, { device, kind: 'want' }));
  }

  async #serve({ device, task, round, message: { blob, indexes } }: Verified<'want'>): Promise<void> {
    const { files, post } = this.#options;
    try {
      for (const index of indexes) {
        if (!post.isConnected(device)) return;
        const chunk = await files.chunk(blob, index);
        if (chunk === undefined) {
          const reason = 'release/not-found';
          await post.send(
            device,
            'ack',
            { task, round },
            { hash: blob, kind: 'want', accepted: false, reason },
          );
          throw new SkeinError(reason, 'A blob was asked for that is not there.', { data: { device } });
        }
        await post.send(device, 'chunk', { task, round }, chunk);
      }
    } finally {
      const left = (this.#pending.get(device) ?? 0) - indexes.length;
      if (left > 0) this.#pending.set(device, left);
      else this.#pending.delete(device);
    }
  }
}
