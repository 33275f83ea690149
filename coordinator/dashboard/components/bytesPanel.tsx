// What each round cost in bytes, up and down.
import { formatBytes } from '../format.js';
import { rounds, task } from '../store.js';
import { Empty } from './empty.js';
import { Panel } from './panel.js';
import { RoundsChart } from './roundsChart.js';

export function BytesPanel() {
  const all = rounds.value;
  const last = all.at(-1);
  return (
    <Panel title="Bytes per round">
      {last === undefined ? (
        <Empty>Nothing has been sent for a round yet.</Empty>
      ) : (
        <RoundsChart
          rounds={all.map(({ round }) => round)}
          lastRound={task.value?.rounds ?? 1}
          series={[
            { name: 'Up', color: '--up', values: all.map(({ bytesUp }) => bytesUp) },
            { name: 'Down', color: '--down', values: all.map(({ bytesDown }) => bytesDown) },
          ]}
          kind="bars"
          format={formatBytes}
          label={`Bytes per round; round ${last.round}: ${formatBytes(last.bytesUp)} up, ${formatBytes(last.bytesDown)} down`}
        />
      )}
    </Panel>
  );
}
