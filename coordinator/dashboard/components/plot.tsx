// A uPlot chart over rounds that follows the size of its place and the colours of the page.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

export interface PlotSeries {
  readonly name: string;
  /** A CSS custom property of the page. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

export interface PlotProps {
  readonly rounds: readonly number[];
  readonly lastRound: number;
  readonly series: readonly PlotSeries[];
  readonly kind: 'line' | 'bars';
  /** Upper end of the scale; left out: by the data. */
  readonly top?: number;
  readonly format: (value: number) => string;
  /** The chart in words, for those who do not see it. */
  readonly label: string;
  /** Told the index under the pointer, or null when it leaves. */
  readonly onPoint: (index: number | null) => void;
}

const height = 190;

export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const chart = useRef<uPlot | undefined>(undefined);
  const data: uPlot.AlignedData = [[...props.rounds], ...props.series.map(({ values }) => [...values])];

  useEffect(() => {
    const element = place.current as HTMLDivElement;
    const draw = () => {
      chart.current?.destroy();
      chart.current = new uPlot(
        options(() => latest.current, element),
        data,
        element,
      );
    };
    draw();
    const resized = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => {
      scheme.removeEventListener('change', draw);
      resized.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, []);

  const shape = JSON.stringify([props.lastRound, data]);
  useEffect(() => chart.current?.setData(data), [shape]);

  return <div class="plot" ref={place} role="img" aria-label={props.label} />;
}

/** `props` is asked anew at every drawing: ranges and formats follow the data without building the chart again. */
function options(props: () => PlotProps, element: HTMLElement): uPlot.Options {
  const { series, kind } = props();
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const font = `12px ${style.fontFamily}`;
  const axis = { font, stroke: color('--muted'), ticks: { show: false } };
  return {
    width: element.clientWidth,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: kind === 'line' }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: () => [0.5, Math.max(props().lastRound, props().rounds.at(-1) ?? 1) + 0.5] },
      y: { range: (_, __, max) => [0, props().top ?? Math.max(1, max) * 1.1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
        space: 26,
        size: 28,
      },
      {
        ...axis,
        grid: { stroke: color('--line'), width: 1 },
        size: 58,
        space: 36,
        values: (_, ticks) => ticks.map(tick => props().format(tick)),
      },
    ],
    series: [
      {},
      ...series.map(({ name, color: property }, index) => ({
        label: name,
        stroke: color(property),
        ...(kind === 'line'
          ? line(color(property), color('--surface'))
          : bars(color(property), index, series.length)),
      })),
    ],
    hooks: { setCursor: [({ cursor }) => props().onPoint(cursor.idx ?? null)] },
  };
}

const line = (stroke: string, surface: string): Partial<uPlot.Series> => ({
  width: 2.5,
  points: { show: true, size: 8, width: 2, stroke: surface, fill: stroke },
});

/** Bars of several series stand side by side. */
function bars(fill: string, index: number, count: number): Partial<uPlot.Series> {
  const align = count === 1 ? 0 : index === 0 ? -1 : 1;
  return {
    fill,
    width: 0,
    points: { show: false },
    paths: (uPlot.paths.bars as uPlot.Series.BarsPathBuilderFactory)({
      size: [0.35, 18],
      align,
      radius: 0.2,
      gap: 1,
    }),
  };
}
