// The four figures to see first.
import type { ComponentChildren } from 'preact';
import type { FleetState } from '../fleetState.js';
import { formatBytes, percent } from '../format.js';
import { liveRelease, rounds, task } from '../store.js';

export function Tiles({ state }: { state: FleetState }) {
  const devices = state.devices.filter(device => device.revokedMs === null);
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
      <Tile name="Accuracy, live release" note={accuracyNote(live?.accuracy, first?.round, first?.accuracy)}>
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

function accuracyNote(
  live: number | null | undefined,
  round: number | undefined,
  first: number | null | undefined,
) {
  if (live === null || live === undefined) return 'no release yet';
  if (round === undefined || first === null || first === undefined || first === live)
    return 'on the root set';
  return `${percent(first)} after round ${round}`;
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
