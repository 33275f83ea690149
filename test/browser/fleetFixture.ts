// A believable fleet in the middle of its third round, as the coordinator's API would tell it.
import { createHash } from 'node:crypto';
import type {
  DeviceView,
  ReleaseView,
  RoundDeviceView,
  RoundView,
  StatusView,
  TaskView,
} from '../../proto/api.js';

export interface FleetFixture {
  status: StatusView;
  devices: DeviceView[];
  tasks: TaskView[];
  rounds: RoundView[];
  releases: ReleaseView[];
}

export const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

export const privacyLine =
  'No record text leaves a device. Updates are not yet protected against reconstruction by the coordinator (no secure aggregation, epsilon unbounded).';

const names = ['front-desk', 'housekeeping', 'kitchen', 'workshop'];
const accuracies = [0.214, 0.4387];

export function device(id: string, change: Partial<DeviceView> = {}): DeviceView {
  return {
    id,
    enrolledMs: Date.now() - 3_600_000,
    revokedMs: null,
    online: true,
    lastSeenMs: Date.now(),
    profile: 'raspberry-pi-5',
    agentVersion: '0.1.0',
    threads: 4,
    memoryBytes: 8e9,
    release: '',
    bytesUp: 0,
    bytesDown: 0,
    ...change,
  };
}

export const task: TaskView = {
  id: 'hotel-notes',
  state: 'running',
  baseModel: sha('model'),
  template: 'Note: {text}\nLine:',
  labels: [],
  adapter: { mode: 'ffa', rank: 8, alpha: 16, targets: ['q', 'v'] },
  plan: {
    localEpochs: 1,
    batchSize: 8,
    learningRate: 3e-3,
    weightDecay: 0,
    clipNorm: 1,
    maxTokens: 128,
    arithmetic: 'fast',
  },
  aggregation: 'mean',
  rounds: 5,
  goal: 4,
  roundsDone: 2,
  createdMs: Date.now() - 600_000,
  reason: '',
};

export function roundDevice(name: string, change: Partial<RoundDeviceView> = {}): RoundDeviceView {
  return {
    device: name,
    phase: 'training',
    step: 0,
    steps: 64,
    bytesUp: 0,
    bytesDown: 742_000,
    reason: '',
    ...change,
  };
}

export function round(number: number, change: Partial<RoundView> = {}): RoundView {
  const openedMs = Date.now() - (4 - number) * 60_000;
  return {
    task: task.id,
    round: number,
    state: 'released',
    openedMs,
    closedMs: openedMs + 48_000,
    deadlineMs: openedMs + 300_000,
    devices: names.map(name =>
      roundDevice(name, { phase: 'counted', step: 64, bytesUp: 742_300 + 100 * number }),
    ),
    bytesUp: 4 * 742_300,
    bytesDown: (number > 1 ? 4 : 1) * 745_000,
    aggregate: sha(`aggregate ${number}`),
    release: sha(`release ${number}`),
    accuracy: accuracies[number - 1] ?? null,
    reason: '',
    ...change,
  };
}

export const openRound = (number = 3): RoundView =>
  round(number, {
    state: 'open',
    closedMs: null,
    openedMs: Date.now() - 22_000,
    deadlineMs: Date.now() + 278_000,
    aggregate: '',
    release: '',
    accuracy: null,
    bytesUp: 742_600,
    devices: [
      roundDevice('front-desk', { phase: 'counted', step: 64, bytesUp: 742_600 }),
      roundDevice('housekeeping', { step: 41 }),
      roundDevice('kitchen', {
        phase: 'declined',
        steps: 0,
        bytesDown: 610,
        reason: 'the device is too hot (81 °C)',
      }),
      roundDevice('workshop', { phase: 'fetching', steps: 0, bytesDown: 240_000 }),
    ],
  });

export function release(number: number, change: Partial<ReleaseView> = {}): ReleaseView {
  return {
    hash: sha(`release ${number}`),
    task: task.id,
    round: number,
    state: 'retired',
    serial: number,
    createdMs: Date.now() - (4 - number) * 60_000 + 50_000,
    accuracy: accuracies[number - 1] ?? null,
    aggregate: sha(`aggregate ${number}`),
    bytes: 742_000,
    ...change,
  };
}

export function learningFleet(): FleetFixture {
  const live = release(2, { state: 'live' });
  const devices = names.map((name, at) =>
    device(name, {
      bytesUp: (2 + (at === 0 ? 1 : 0)) * 743_100,
      bytesDown: 2 * 745_000,
      release: live.hash,
      ...(at > 1 ? { profile: 'x86-mini-pc', threads: 2, memoryBytes: 16e9 } : {}),
    }),
  );
  devices.push(
    device('night-porter', { online: false, lastSeenMs: Date.now() - 720_000, release: release(1).hash }),
    device('old-tablet', {
      online: false,
      revokedMs: Date.now() - 86_400_000,
      lastSeenMs: Date.now() - 86_400_000,
    }),
  );
  return {
    status: {
      fleet: 'harbour-hotel',
      version: '0.1.0',
      startedMs: Date.now() - 3_600_000,
      devices: { enrolled: 5, online: 4, revoked: 1 },
      task,
      round: openRound(),
      release: live,
      bytesUp: 6_688_000,
      bytesDown: 5_960_000,
      refused: { 'wire/foreign': 3, 'wire/malformed': 12, 'identity/revoked': 1 },
      privacy: privacyLine,
    },
    devices,
    tasks: [task],
    rounds: [round(1), round(2), openRound()],
    releases: [live, release(1)],
  };
}

export function emptyFleet(): FleetFixture {
  const { status } = learningFleet();
  return {
    status: {
      ...status,
      devices: { enrolled: 0, online: 0, revoked: 0 },
      task: null,
      round: null,
      release: null,
      bytesUp: 0,
      bytesDown: 0,
      refused: {},
    },
    devices: [],
    tasks: [],
    rounds: [],
    releases: [],
  };
}
