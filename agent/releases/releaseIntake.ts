// How a release reaches the device: verified, fetched by hash, checked against the model, and swapped in.

import type { KeyObject } from 'node:crypto';
import { type Clock, sleep } from '../../core/clock.js';
import { type ErrorCode, isSkeinError, SkeinError, toSkeinError } from '../../core/errors.js';
import { TypedEmitter } from '../../core/events.js';
import type { Adapter } from '../../model/engine/types.js';
import { decodePeft, type PeftFolder } from '../../model/formats/peft.js';
import type { Log } from '../../platform/log.js';
import { releaseHash } from '../../proto/manifest.js';
import type { SignedRelease } from '../../proto/messages.js';
import type { BaseModel } from '../worker/baseModel.js';
import type { DeviceRelease, KnownRelease, ReleaseStore } from './releaseStore.js';
import { verifyRelease } from './verify.js';

export interface ReleaseIntakeOptions {
  readonly store: ReleaseStore;
  readonly base: BaseModel;
  readonly releaseKey: KeyObject;
  readonly fleet: string;
  /** The blob of this SHA-256 (hex), checked against it. Goes on over reconnections until the signal fires. */
  readonly fetchBlob: (sha256: string, size: number, signal: AbortSignal) => Promise<Uint8Array>;
  readonly clock: Clock;
  readonly log: Log;
}

const retryMs = 5_000;
/** These say that the release itself is no good; anything else may pass by itself. */
const fatal: ReadonlySet<ErrorCode> = new Set([
  'adapter/invalid',
  'safetensors/invalid',
  'wire/malformed',
  'wire/hash',
]);

export class ReleaseIntake {
  readonly events = new TypedEmitter<{ live: DeviceRelease; stored: string }>();
  readonly #options: ReleaseIntakeOptions;
  readonly #stop = new AbortController();
  readonly #wanted = new Set<string>();
  #working: Promise<void> | undefined;
  #again = false;

  constructor(options: ReleaseIntakeOptions) {
    this.#options = options;
  }

  /** Takes up what was not fetched when the program ended. */
  start(): void {
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new SkeinError('cancelled', 'The agent stops.'));
    await this.#working;
  }

  /** The same release twice is once. Throws what `verifyRelease` throws. */
  async receive(signed: SignedRelease): Promise<void> {
    const { store, base, releaseKey, fleet } = this.#options;
    if ((await store.find(releaseHash(signed.manifest))) === undefined) {
      const baseModel = await base.sha256(this.#stop.signal);
      await store.add(
        verifyRelease(signed, { releaseKey, fleet, baseModel, serial: await store.highestSerial() }),
      );
    }
    this.#wake();
  }

  /** The adapter of a release that work starts from: null for the base. Waits until it is here, or the signal fires. */
  async adapterOf(hash: string, signal: AbortSignal): Promise<Adapter | null> {
    const { store } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      const stored = this.#nextStored(signal);
      const known = await store.find(hash);
      if (known?.state === 'refused')
        throw new SkeinError(known.reason as ErrorCode, 'The release was refused.');
      if (known !== undefined && store.isStored(known)) return (await store.load(known)).adapter;
      this.#wanted.add(hash);
      this.#wake();
      await stored;
    }
  }

  /** Resolves when something was stored or refused, or the signal fires. */
  #nextStored(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = (): void => {
        off();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const off = this.events.on('stored', done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  #wake(): void {
    this.#again = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      if (this.#again) this.#wake();
    });
  }

  async #work(): Promise<void> {
    const { store, clock, log } = this.#options;
    const { signal } = this.#stop;
    for (;;) {
      this.#again = false;
      if (signal.aborted) return;
      try {
        const next = await this.#next();
        if (next === undefined || signal.aborted) return;
        if (!(await this.#bring(next, signal)) || next.state !== 'fetching') continue;
        await store.activate(next.hash);
        const live = await store.load(next);
        log.info(
          { release: next.hash, serial: next.content.serial, task: next.content.task },
          'release in use',
        );
        this.events.emit('live', live);
      } catch (error) {
        if (signal.aborted) return;
        const known = toSkeinError(error);
        log.warn({ code: known.code, err: known }, 'a release could not be brought in; it is tried again');
        await sleep(clock, retryMs, signal).catch(() => undefined);
      }
    }
  }

  async #next(): Promise<KnownRelease | undefined> {
    const { store } = this.#options;
    for (const hash of this.#wanted) {
      const known = await store.find(hash);
      if (known === undefined) continue;
      if (!store.isStored(known) && known.state !== 'refused') return known;
      this.#wanted.delete(hash);
      this.events.emit('stored', hash);
    }
    return store.pending();
  }

  /** Puts the files on disk; false where the release had to be refused. */
  async #bring(release: KnownRelease, signal: AbortSignal): Promise<boolean> {
    const { store, base, fetchBlob, log } = this.#options;
    const { hash, content } = release;
    try {
      if (!store.isStored(release)) {
        const files = new Map<string, Uint8Array>();
        for (const file of content.files)
          files.set(file.name, await fetchBlob(file.sha256, file.size, signal));
        const folder: Record<string, Uint8Array> = Object.fromEntries(files);
        base.check(decodePeft(folder), content.adapter);
        await store.save(hash, folder as PeftFolder);
      }
      this.events.emit('stored', hash);
      return true;
    } catch (error) {
      if (!isSkeinError(error) || !fatal.has(error.code)) throw error;
      log.warn({ release: hash, code: error.code, err: error }, 'release refused');
      await store.refuse(hash, error.code);
      this.events.emit('stored', hash);
      return false;
    }
  }
}
