// A chart over rounds with a legend that tells the figures of the round pointed at, and the same as a table.
import { useState } from 'preact/hooks';
import { Plot, type PlotProps } from './plot.js';

type RoundsChartProps = Omit<PlotProps, 'onPoint'>;

export function RoundsChart(props: RoundsChartProps) {
  const [point, setPoint] = useState<number | null>(null);
  const { rounds, series, format } = props;
  const index = point !== null && point < rounds.length ? point : rounds.length - 1;
  const tell = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : format(value);
  return (
    <figure class="chart">
      <figcaption class="legend">
        <span>Round {rounds[index]}</span>
        {series.map(({ name, color, values }) => (
          <span key={name} class={`key ${color.slice(2)}`}>
            <span class="swatch" aria-hidden="true" />
            {name} <strong>{tell(values[index])}</strong>
          </span>
        ))}
      </figcaption>
      <Plot {...props} onPoint={setPoint} />
      <details>
        <summary>As a table</summary>
        <table class="rows plain">
          <thead>
            <tr>
              <th scope="col">Round</th>
              {series.map(({ name }) => (
                <th key={name} scope="col" class="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rounds.map((round, row) => (
              <tr key={round}>
                <th scope="row">{round}</th>
                {series.map(({ name, values }) => (
                  <td key={name} class="number">
                    {tell(values[row])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
