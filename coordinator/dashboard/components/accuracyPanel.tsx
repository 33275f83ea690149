// How right each round's candidate was on the coordinator's own examples.
import { percent } from '../format.js';
import { rounds, task } from '../store.js';
import { Empty } from './empty.js';
import { Panel } from './panel.js';
import { RoundsChart } from './roundsChart.js';

export function AccuracyPanel() {
  const measured = rounds.value.filter(round => round.accuracy !== null);
  return (
    <Panel title="Accuracy over rounds">
      {measured.length === 0 ? (
        <Empty>No round has been evaluated yet. The first figure comes when a round closes.</Empty>
      ) : (
        <RoundsChart
          rounds={measured.map(({ round }) => round)}
          lastRound={task.value?.rounds ?? 1}
          series={[{ name: 'Root set', color: '--accent', values: measured.map(({ accuracy }) => accuracy) }]}
          kind="line"
          top={1}
          format={percent}
          label={`Accuracy on the root set: ${measured.map(r => `round ${r.round} ${percent(r.accuracy)}`).join(', ')}`}
        />
      )}
    </Panel>
  );
}
