// Puts the demo's result together from what was measured and what the coordinator counted.

import type { DeviceView, RoundView } from '../../proto/api.js';
import type { LeakReport } from './leaks/search.js';
import type { Measured } from './measure.js';
import {
  type DemoResult,
  type DeviceResult,
  honestLine,
  meanOf,
  type RoundResult,
  type Three,
} from './report.js';

export interface Findings {
  readonly devices: readonly { readonly id: string; readonly records: number }[];
  readonly base: readonly Measured[];
  readonly alone: readonly Measured[];
  readonly together: readonly Measured[];
  readonly rounds: readonly RoundView[];
  readonly views: readonly DeviceView[];
  readonly leaks: LeakReport;
  /** Free text: whole lines are counted beside the fields. */
  readonly freeText: boolean;
  readonly seconds: number;
  readonly model: string;
}

export function makeResult(findings: Findings): DemoResult {
  const { base, alone, together, freeText, leaks } = findings;
  const three = (index: number, of: (measured: Measured) => number | null): Three => {
    const at = (list: readonly Measured[]): number | null => round4(of(list[index] as Measured));
    return { base: at(base), alone: at(alone), together: at(together) };
  };
  const devices = findings.devices.map(({ id, records }, index): DeviceResult => {
    const view = findings.views.find(view => view.id === id);
    return {
      id,
      records,
      accuracy: three(index, ({ shared }) => shared.accuracy),
      own: three(index, ({ own }) => own.accuracy),
      ...(freeText && {
        exact: three(index, ({ shared }) => shared.exact),
        own_exact: three(index, ({ own }) => own.exact),
      }),
      bytes_up: view?.bytesUp ?? 0,
      bytes_down: view?.bytesDown ?? 0,
    };
  });
  const mean = (of: (device: DeviceResult) => Three): Three => {
    const { base, alone, together } = meanOf(devices.map(of));
    return { base: round4(base), alone: round4(alone), together: round4(together) };
  };
  return {
    devices,
    mean: mean(device => device.accuracy),
    own: mean(device => device.own),
    ...(freeText && { exact: mean(device => device.exact ?? { base: 0, alone: 0, together: 0 }) }),
    rounds: findings.rounds.map(roundResult),
    aggregate: findings.rounds.at(-1)?.aggregate ?? '',
    leaks: leaks.leaks.length,
    control_leaks: leaks.control.length,
    searched: { bytes: leaks.bytesSearched, phrases: leaks.needles, too_short: leaks.tooShort },
    privacy: leaks.leaks.length === 0 ? honestLine : 'Record text left the devices.',
    seconds: findings.seconds,
    model: findings.model,
  };
}

const roundResult = (round: RoundView): RoundResult => ({
  round: round.round,
  bytes_up: round.bytesUp,
  bytes_down: round.bytesDown,
  seconds: ((round.closedMs ?? round.openedMs) - round.openedMs) / 1000,
  aggregate: round.aggregate,
  accuracy: round.accuracy,
  devices: round.devices.map(({ device, bytesUp, bytesDown }) => ({
    id: device,
    bytes_up: bytesUp,
    bytes_down: bytesDown,
  })),
});

const round4 = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 1e4) / 1e4;
