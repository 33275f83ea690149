// The four figures to see first.
import type { ComponentChildren } from 'preact';
import type { ReleaseView, RoundView } from '../../../proto/api.js';
import type { FleetState } from '../fleetState.js';
import { formatBytes, percent } from '../format.js';
import { isBase } from '../releaseNames.js';
import { liveRelease, rounds, task } from '../store.js';

export function Tiles({ state }: { state: FleetState }) {
  const devices = state.devices.filter(device => device.enrolledMs !== null && device.revokedMs === null);
  const online = devices.filter(device => device.online).length;
  const current = task.value;
  const live = liveRelease.value;
  const first = rounds.value.find(round => round.accuracy !== null);
  return (
    <dl class="tiles">
      <Tile
        name="Devices online"
        note={devices.length === 0 ? 'none enrolled yet' : `of ${devices.length} enrolled`}
      >
        {online}
      </Tile>
      <Tile name="Accuracy, live release" note={accuracyNote(live, first)}>
        {percent(live?.accuracy)}
      </Tile>
      <Tile
        name="Rounds done"
        note={current === undefined ? 'no task yet' : `${current.id}, ${current.state}`}
      >
        {current === undefined ? '–' : current.roundsDone}
        {current !== undefined && <span class="of"> / {current.rounds}</span>}
      </Tile>
      <Tile name="Sent up by devices" note={`${formatBytes(state.status.bytesDown)} down`}>
        {formatBytes(state.status.bytesUp)}
      </Tile>
    </dl>
  );
}

function accuracyNote(live: ReleaseView | undefined, first: RoundView | undefined): string {
  if (live === undefined) return 'no release yet';
  if (isBase(live)) return 'the base model is live';
  if (live.accuracy === null) return 'not evaluated';
  return first === undefined || first.round >= live.round
    ? 'on the root set'
    : `${percent(first.accuracy)} after round ${first.round}`;
}

function Tile({ name, note, children }: { name: string; note: string; children: ComponentChildren }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>
        <span class="figure">{children}</span>
        <span class="note">{note}</span>
      </dd>
    </div>
  );
}
