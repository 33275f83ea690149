// The round under way, or the last one: where it stands, how long it still waits, and what each device does.
import type { RoundState, RoundView } from '../../../proto/api.js';
import { now } from '../clock.js';
import { ago, between, countdown, explain } from '../format.js';
import { currentRound, fleet, isOpen, task } from '../store.js';
import { Badge, type Tone } from './badge.js';
import { Empty } from './empty.js';
import { useFirstRows } from './firstRows.js';
import { Hash } from './hash.js';
import { Panel } from './panel.js';
import { UpDown } from './upDown.js';
import { WorkProgress } from './workProgress.js';

const states: Record<RoundState, { label: string; tone: Tone }> = {
  open: { label: 'Open', tone: 'busy' },
  aggregating: { label: 'Aggregating', tone: 'busy' },
  evaluating: { label: 'Evaluating', tone: 'busy' },
  released: { label: 'Released', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  cancelled: { label: 'Cancelled', tone: 'warn' },
};

export function RoundPanel() {
  const round = currentRound.value;
  return round === undefined ? <NoRound /> : <Round round={round} />;
}

function Round({ round }: { round: RoundView }) {
  const { label, tone } = states[round.state];
  const { shown, rest } = useFirstRows(round.devices, 'devices');
  const planned = task.value === undefined ? '' : ` of ${task.value.rounds}`;
  return (
    <Panel title={`Round ${round.round}${planned}`} aside={<Badge tone={tone}>{label}</Badge>}>
      <Standing round={round} />
      {round.reason !== '' && <p class="reason">{explain(round.reason)}</p>}
      <TaskProblem />
      <table class="rows">
        <caption class="spoken">What each device does in round {round.round}</caption>
        <thead>
          <tr>
            <th scope="col">Device</th>
            <th scope="col">Phase and steps</th>
            <th scope="col" class="number wide">
              Bytes
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(device => (
            <tr key={device.device}>
              <th scope="row">
                {device.device}
                <span class="second narrow">
                  <UpDown up={device.bytesUp} down={device.bytesDown} />
                </span>
                {device.reason !== '' && <span class="second">{explain(device.reason)}</span>}
              </th>
              <td class="grow">
                <WorkProgress work={device} />
              </td>
              <td class="number wide">
                <UpDown up={device.bytesUp} down={device.bytesDown} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rest}
    </Panel>
  );
}

/** One line: updates counted against the goal, and the time. */
function Standing({ round }: { round: RoundView }) {
  const counted = round.devices.filter(device => device.phase === 'counted').length;
  const goal = task.value?.goal ?? round.devices.length;
  const left = round.deadlineMs - now.value;
  return (
    <dl class="standing">
      <div>
        <dt>Updates counted</dt>
        <dd>
          {counted} <span class="of">of {goal}</span>
        </dd>
      </div>
      {isOpen(round) ? (
        <div>
          <dt>{round.state === 'open' ? 'Closes at the latest in' : 'Under way for'}</dt>
          <dd>
            {round.state === 'open'
              ? left > 0
                ? countdown(left)
                : 'closing now'
              : between(round.openedMs, now.value)}
          </dd>
        </div>
      ) : (
        <div>
          <dt>Took</dt>
          <dd>
            {between(round.openedMs, round.closedMs ?? round.openedMs)}
            <span class="of">, {ago(round.closedMs ?? round.openedMs, now.value)}</span>
          </dd>
        </div>
      )}
      {round.aggregate !== '' && (
        <div>
          <dt>Aggregate</dt>
          <dd>
            <Hash value={round.aggregate} />
          </dd>
        </div>
      )}
    </dl>
  );
}

function TaskProblem() {
  const { state, reason } = task.value ?? { state: 'running', reason: '' };
  if (state !== 'failed' || reason === '') return null;
  return <p class="problem">The task failed: {explain(reason)}</p>;
}

function NoRound() {
  const enrolled = fleet.value?.devices.length ?? 0;
  return (
    <Panel title="Rounds">
      <TaskProblem />
      {task.value !== undefined ? (
        <Empty>
          {task.value.state === 'running'
            ? `Task ${task.value.id} has not opened a round yet. It waits for devices that are online.`
            : `Task ${task.value.id} ended without a round.`}
        </Empty>
      ) : enrolled === 0 ? (
        <Empty>A round needs devices and a task. Enrol the first device, then submit a task.</Empty>
      ) : (
        <Empty command="skein task submit FILE">No task yet. Say what the fleet should learn:</Empty>
      )}
    </Panel>
  );
}
