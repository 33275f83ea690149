// The releases, newest first, down to the base model; each earlier one can be made live again.
import { useState } from 'preact/hooks';
import type { ReleaseState, ReleaseView } from '../../../proto/api.js';
import { now } from '../clock.js';
import { ago, percent } from '../format.js';
import { isBase, releaseName, sameContent } from '../releaseNames.js';
import { liveRelease, releases } from '../store.js';
import { Badge, type Tone } from './badge.js';
import { Empty } from './empty.js';
import { useFirstRows } from './firstRows.js';
import { Hash } from './hash.js';
import { Panel } from './panel.js';
import { RollbackDialog, type RollbackTarget } from './rollbackDialog.js';

const states: Record<ReleaseState, { label: string; tone: Tone }> = {
  candidate: { label: 'Candidate', tone: 'busy' },
  live: { label: 'Live', tone: 'good' },
  retired: { label: 'Retired', tone: 'plain' },
  'rolled-back': { label: 'Rolled back', tone: 'warn' },
};

const base: RollbackTarget = { hash: 'base', name: 'the base model' };

export function ReleasesPanel() {
  const [target, setTarget] = useState<RollbackTarget>();
  const all = releases.value;
  const live = liveRelease.value;
  // What went back to the base model and is over says nothing that the base model's own row does not.
  const telling = all.filter(release => !isBase(release) || release === live);
  const { shown, rest } = useFirstRows(telling, 'releases');
  if (all.length === 0) {
    return (
      <Panel title="Releases">
        <Empty>
          No release yet: the fleet answers with the base model. The first one comes with the first round.
        </Empty>
      </Panel>
    );
  }
  return (
    <Panel title="Releases">
      <table class="rows">
        <caption class="spoken">Releases, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Release</th>
            <th scope="col" class="number wide">
              Accuracy
            </th>
            <th scope="col">
              <span class="spoken">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(release => (
            <Release key={release.hash} release={release} onPick={setTarget} />
          ))}
          {(live === undefined || !isBase(live)) && (
            <tr>
              <th scope="row">
                <span class="named">Base model {live === undefined && <Badge tone="good">Live</Badge>}</span>
                <span class="second">no adapter</span>
              </th>
              <td class="number wide">–</td>
              <td class="action">
                {live !== undefined && <RollbackButton target={base} onPick={setTarget} />}
              </td>
            </tr>
          )}
        </tbody>
      </table>
      {rest}
      {target !== undefined && <RollbackDialog target={target} onClose={() => setTarget(undefined)} />}
    </Panel>
  );
}

type Pick = (target: RollbackTarget) => void;

function Release({ release, onPick }: { release: ReleaseView; onPick: Pick }) {
  const { label, tone } = states[release.state];
  const live = liveRelease.value;
  const other =
    release.state !== 'candidate' &&
    release.state !== 'live' &&
    live !== undefined &&
    !sameContent(release, live);
  return (
    <tr>
      <th scope="row">
        <span class="named">
          {releaseName(release)} <Badge tone={tone}>{label}</Badge>
        </span>
        <span class="second">
          <span class="narrow">{percent(release.accuracy)} · </span>
          {ago(release.createdMs, now.value)} · <Hash value={release.hash} />
        </span>
      </th>
      <td class="number wide">{percent(release.accuracy)}</td>
      <td class="action">
        {other && (
          <RollbackButton
            target={{ hash: release.hash, name: `the release of round ${release.round}` }}
            onPick={onPick}
          />
        )}
      </td>
    </tr>
  );
}

function RollbackButton({ target, onPick }: { target: RollbackTarget; onPick: Pick }) {
  return (
    <button
      type="button"
      class="quiet"
      aria-label={`Roll back to ${target.name}`}
      onClick={() => onPick(target)}
    >
      Roll back<span class="wide"> to this</span>
    </button>
  );
}
