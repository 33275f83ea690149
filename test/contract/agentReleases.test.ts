// Releases on the device: what is not signed, not newer or does not fit never answers; what is, swaps in by itself.

import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReleaseIntake } from '../../agent/releases/releaseIntake.js';
import { ReleaseStore } from '../../agent/releases/releaseStore.js';
import { agentMigrations } from '../../agent/store/migrations.js';
import { BaseModel } from '../../agent/worker/baseModel.js';
import { sha256Hex } from '../../core/bytes.js';
import { systemClock } from '../../core/clock.js';
import { adapterTensors } from '../../model/architecture/adapterNames.js';
import { readConfig } from '../../model/architecture/config.js';
import type { Adapter } from '../../model/engine/types.js';
import { readGguf } from '../../model/formats/gguf.js';
import { encodePeft, peftFiles } from '../../model/formats/peft.js';
import { type Database, openDatabase } from '../../platform/database.js';
import { openSource } from '../../platform/files.js';
import { silentLog } from '../../platform/log.js';
import { canonicalJson, releaseHash } from '../../proto/manifest.js';
import type { AdapterShape, ReleaseManifest, SignedRelease } from '../../proto/messages.js';
import { writeTinyModel } from '../helpers/tinyModel.js';

const keys = generateKeyPairSync('ed25519');
const shape: AdapterShape = { mode: 'lora', rank: 2, alpha: 4, targets: ['q', 'v'] };

let folder: string;
let database: Database;
let base: BaseModel;
let store: ReleaseStore;
let intake: ReleaseIntake;
let blobs: Map<string, Uint8Array>;
let fetched: number;

function adapterOf(value: number, asked: AdapterShape = shape): Adapter {
  const source = openSource(base.file);
  const tensors = adapterTensors(readConfig(readGguf(source)), asked).map(({ name, shape: size }) => ({
    name,
    shape: size,
    values: new Float32Array(size[0] * size[1]).fill(value),
  }));
  source.close();
  return { shape: asked, tensors };
}

/** The blobs of its files are there to be fetched. */
async function release(
  serial: number,
  adapter: Adapter | null,
  change: Partial<ReleaseManifest> = {},
): Promise<SignedRelease & { hash: string }> {
  const folderFiles: Record<string, Uint8Array> = adapter === null ? {} : encodePeft(adapter, 'tiny');
  const files = Object.entries(folderFiles).map(([name, content]) => {
    const sha256 = sha256Hex(content);
    blobs.set(sha256, content);
    return { name, size: content.length, sha256 };
  });
  const manifest = canonicalJson({
    version: 1,
    fleet: 'acme',
    task: 'notes',
    round: serial,
    serial,
    baseModel: await base.sha256(),
    parent: '',
    template: '{text}:',
    labels: [],
    adapter: shape,
    aggregate: '',
    files,
    rootAccuracy: null,
    createdMs: 1,
    ...change,
  } satisfies ReleaseManifest);
  return {
    manifest,
    signature: new Uint8Array(sign(null, manifest, keys.privateKey)),
    hash: releaseHash(manifest),
  };
}

function makeIntake(
  fetchBlob: (sha256: string, size: number, signal: AbortSignal) => Promise<Uint8Array> = async sha256 => {
    fetched += 1;
    return blobs.get(sha256) as Uint8Array;
  },
): ReleaseIntake {
  return new ReleaseIntake({
    store,
    base,
    releaseKey: keys.publicKey,
    fleet: 'acme',
    fetchBlob,
    clock: systemClock,
    log: silentLog,
  });
}

const nextLive = (from: ReleaseIntake): Promise<string> =>
  new Promise(resolve => {
    const off = from.events.on('live', live => {
      off();
      resolve(live.hash);
    });
  });

async function bring(signed: SignedRelease): Promise<string> {
  const live = nextLive(intake);
  await intake.receive(signed);
  return live;
}

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'skein-releases-'));
  database = await openDatabase(path.join(folder, 'agent.db'), agentMigrations);
  base = new BaseModel(await writeTinyModel(folder), database);
  store = new ReleaseStore({ database, folder: path.join(folder, 'releases'), clock: systemClock });
  blobs = new Map();
  fetched = 0;
  intake = makeIntake();
});

afterEach(async () => {
  await intake.stop();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('releases', () => {
  it('are fetched, checked and swapped in; the newest two stay on disk', async () => {
    const releases = [
      await release(1, adapterOf(1)),
      await release(2, adapterOf(2)),
      await release(5, adapterOf(3)),
    ];
    for (const one of releases) expect(await bring(one)).toBe(one.hash);
    const live = await store.live();
    expect(live?.hash).toBe(releases[2]?.hash);
    expect(live?.adapter?.tensors[0]?.values[0]).toBe(3);
    expect((await store.live())?.adapter).toBe(live?.adapter);
    expect(readdirSync(path.join(folder, 'releases')).sort()).toEqual(
      releases
        .slice(1)
        .map(one => one.hash)
        .sort(),
    );
    await intake.receive(releases[2] as SignedRelease);
    await intake.receive(releases[0] as SignedRelease);
    expect((await store.live())?.hash).toBe(releases[2]?.hash);
    expect(fetched).toBe(6);
  });

  it('roll back by a newer serial, to the base model too', async () => {
    const good = adapterOf(1);
    await bring(await release(1, good));
    await bring(await release(2, adapterOf(2)));
    await bring(await release(3, good, { round: 1 }));
    expect((await store.live())?.adapter?.tensors[0]?.values[0]).toBe(1);
    await bring(await release(4, null));
    expect((await store.live())?.adapter).toBeNull();
  });

  it('are refused by their code before a byte is fetched', async () => {
    await bring(await release(3, adapterOf(1)));
    fetched = 0;
    const forged = await release(4, adapterOf(2));
    const flipped = Uint8Array.from(forged.signature);
    flipped[0] = (flipped[0] as number) ^ 1;
    const refused: [SignedRelease, string][] = [
      [{ ...forged, signature: flipped }, 'release/signature'],
      [{ ...forged, manifest: forged.manifest.slice(1) }, 'release/signature'],
      [await release(4, adapterOf(2), { fleet: 'other' }), 'wire/foreign'],
      [await release(3, adapterOf(2)), 'wire/replay'],
      [await release(2, adapterOf(2)), 'wire/replay'],
      [await release(4, adapterOf(2), { baseModel: 'ab'.repeat(32) }), 'model/mismatch'],
      [
        await release(4, null, { files: [{ name: 'x', size: 1, sha256: 'ab'.repeat(32) }] }),
        'wire/malformed',
      ],
    ];
    for (const [signed, code] of refused)
      await expect(intake.receive(signed)).rejects.toMatchObject({ code });
    expect(fetched).toBe(0);
    expect((await store.live())?.content.serial).toBe(3);
  });

  it('whose adapter does not fit the model are refused, and the one before stays', async () => {
    const good = await release(1, adapterOf(1));
    await bring(good);
    const wide = { ...shape, rank: 3 };
    const bad = [
      await release(2, adapterOf(1, wide)),
      await release(3, { ...adapterOf(1), tensors: adapterOf(1).tensors.slice(0, 2) }),
      await release(4, adapterOf(1, { ...shape, targets: ['q'] })),
    ];
    for (const one of bad) {
      await intake.receive(one);
      await expect(intake.adapterOf(one.hash, new AbortController().signal)).rejects.toMatchObject({
        code: 'adapter/invalid',
      });
      expect((await store.find(one.hash))?.state).toBe('refused');
    }
    expect((await store.live())?.hash).toBe(good.hash);
    expect(await bring(await release(5, adapterOf(7)))).toBeDefined();
  });

  it('go on being fetched after a restart, and work waits for the one it starts from', async () => {
    const first = await release(1, adapterOf(1));
    const stuck = makeIntake(
      (_sha256, _size, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    );
    await stuck.receive(first);
    await stuck.stop();
    expect((await store.find(first.hash))?.state).toBe('fetching');
    const live = nextLive(intake);
    intake.start();
    expect(await live).toBe(first.hash);

    const second = await release(2, adapterOf(2));
    const waiting = intake.adapterOf(second.hash, new AbortController().signal);
    const stop = new AbortController();
    const given = expect(intake.adapterOf('ab'.repeat(32), stop.signal)).rejects.toBe('enough');
    await intake.receive(second);
    expect((await waiting)?.tensors[0]?.values[0]).toBe(2);
    stop.abort('enough');
    await given;
    expect(await intake.adapterOf(first.hash, stop.signal).catch(() => 'stopped')).toBe('stopped');
    expect((await intake.adapterOf(first.hash, new AbortController().signal))?.tensors[0]?.values[0]).toBe(1);
    expect(Object.values(peftFiles).length).toBe(2);
  });
});
