// How releases are called and told apart. Rolling back makes a new release that holds what an earlier one held; the base
// model comes back as a release of round 0 without files.
import type { ReleaseView } from '../../proto/api.js';

export const isBase = (release: ReleaseView): boolean => release.round === 0 && release.bytes === 0;

export const releaseName = (release: ReleaseView): string =>
  isBase(release) ? 'Base model' : `Round ${release.round}`;

/** Whether both hold the same adapter, whatever their hashes. */
export const sameContent = (a: ReleaseView, b: ReleaseView): boolean =>
  a.task === b.task && a.round === b.round && a.aggregate === b.aggregate;
