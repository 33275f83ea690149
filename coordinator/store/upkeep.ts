// What the coordinator's database may lose: what is over for longer than the configuration keeps, and files that nothing
// names. Manifests of releases stay: they are what the fleet's key has signed.

import type { Clock } from '../../core/clock.js';
import { isOver } from '../../federation/round/reduce.js';
import type { Database } from '../../platform/database.js';
import type { UpkeepJob } from '../../platform/upkeep.js';
import type { Blobs } from '../inbox/blobs.js';
import type { Releases } from '../releases/releases.js';
import type { Round } from '../rounds/round.js';
import type { Rounds } from '../rounds/rounds.js';

export interface CoordinatorUpkeepOptions {
  readonly database: Database;
  readonly rounds: Rounds;
  readonly releases: Releases;
  /** What devices may fetch. */
  readonly files: Blobs;
  /** Updates that wait for their aggregate. */
  readonly updates: Blobs;
  readonly clock: Clock;
  readonly historyMs: number;
  /** Newest releases whose files are kept, besides those in use. */
  readonly keepReleases: number;
}

export function coordinatorUpkeep(options: CoordinatorUpkeepOptions): readonly UpkeepJob[] {
  const { database, rounds, files, updates, clock, historyMs } = options;
  return [
    {
      // Offered again after this, an update is judged anew: its round has ended, so it is refused or known.
      what: 'decisions about updates',
      run: async () =>
        (await database.run('DELETE FROM upload_done WHERE done_ms < ?', [clock.now() - historyMs])).changes,
    },
    { what: 'rounds', run: () => rounds.forgetBefore(clock.now() - historyMs) },
    {
      what: 'files',
      run: async () =>
        (await rounds.whileAtRest(async all => {
          const open = all.filter(({ state }) => !isOver(state));
          const kept = await releaseFiles(options, open);
          const waiting = open.flatMap(({ state }) =>
            Object.values(state.devices).flatMap(({ update }) => (update === null ? [] : [update.blob])),
          );
          return (await files.keepOnly(kept)) + (await updates.keepOnly(new Set(waiting)));
        })) ?? 0,
    },
  ];
}

/** Of the live release and the newest ones, of those that rounds have begun with, and of what they have made. */
async function releaseFiles(
  { releases, keepReleases }: CoordinatorUpkeepOptions,
  open: readonly Round[],
): Promise<ReadonlySet<string>> {
  const starts = new Set(open.map(({ state }) => state.plan?.startRelease));
  const kept = (await releases.list()).filter(
    ({ hash, state }, age) =>
      age < keepReleases || state === 'live' || state === 'candidate' || starts.has(hash),
  );
  const named = [...kept.map(({ content }) => content.files), ...open.map(({ state }) => state.files)];
  return new Set(named.flat().map(({ sha256 }) => sha256));
}
