// The devices: online or not, what they do now, what they sent, which release they answer with.
import type { DeviceView } from '../../../proto/api.js';
import { now } from '../clock.js';
import { ago, formatBytes, plural } from '../format.js';
import { isBase, releaseName } from '../releaseNames.js';
import { fleet, work } from '../store.js';
import { Badge } from './badge.js';
import { Empty } from './empty.js';
import { useFirstRows } from './firstRows.js';
import { Hash } from './hash.js';
import { Panel } from './panel.js';
import { UpDown } from './upDown.js';
import { WorkProgress } from './workProgress.js';

export function FleetPanel({ devices }: { devices: readonly DeviceView[] }) {
  const sorted = devices.toSorted(
    (a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id, 'en', { numeric: true }),
  );
  const { shown, rest } = useFirstRows(sorted, 'devices');
  if (devices.length === 0) {
    return (
      <Panel title="Fleet">
        <Empty command="skein device add NAME">No device yet. Make a one-time token for the first:</Empty>
      </Panel>
    );
  }
  return (
    <Panel title="Fleet" aside={plural(devices.length, 'device')}>
      <table class="rows">
        <caption class="spoken">Devices of the fleet</caption>
        <thead>
          <tr>
            <th scope="col">Device</th>
            <th scope="col">Now</th>
            <th scope="col" class="wide">
              Answers with
            </th>
            <th scope="col" class="number">
              Bytes
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(device => (
            <Device key={device.id} device={device} />
          ))}
        </tbody>
      </table>
      {rest}
    </Panel>
  );
}

const rank = (device: DeviceView): number => (device.revokedMs !== null ? 2 : device.online ? 0 : 1);

function Device({ device }: { device: DeviceView }) {
  const machine = [
    device.threads > 0 ? plural(device.threads, 'thread') : '',
    device.memoryBytes > 0 ? formatBytes(device.memoryBytes) : '',
  ].filter(part => part !== '');
  return (
    <tr>
      <th scope="row">
        {device.id}
        <span class="second">
          {device.profile}
          <span class="wide">{machine.map(part => ` · ${part}`).join('')}</span>
        </span>
        <span class="second narrow">
          <Answers release={device.release} />
        </span>
      </th>
      <td>
        <Doing device={device} />
      </td>
      <td class="wide">
        <Answers release={device.release} />
      </td>
      <td class="number">
        <UpDown up={device.bytesUp} down={device.bytesDown} />
      </td>
    </tr>
  );
}

function Doing({ device }: { device: DeviceView }) {
  const own = work.value.get(device.id);
  if (device.revokedMs !== null) return <Badge tone="bad">Revoked</Badge>;
  if (device.enrolledMs === null) return <Badge tone="plain">Not enrolled yet</Badge>;
  if (!device.online) {
    return (
      <>
        <Badge tone="warn" dot>
          Offline
        </Badge>
        {device.lastSeenMs !== null && <span class="second">seen {ago(device.lastSeenMs, now.value)}</span>}
      </>
    );
  }
  if (own !== undefined) return <WorkProgress work={own} bar={false} />;
  return (
    <Badge tone="good" dot>
      Online
    </Badge>
  );
}

function Answers({ release }: { release: string }) {
  const known = fleet.value?.releases.find(candidate => candidate.hash === release);
  if (release === '' || (known !== undefined && isBase(known))) return <>Base model</>;
  return (
    <>
      {known !== undefined && `${releaseName(known)} `}
      <Hash value={release} />
    </>
  );
}
