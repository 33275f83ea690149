// The operator's HTTP API: what the coordinator answers, the dashboard draws and `skein` prints. JSON, camelCase, times in ms.
//
// Every request below /api carries `Authorization: Bearer <operator token>`; `/api/events` also takes `?token=`.
// Errors: status 4xx or 5xx with `{"error":{"code","message","data"}}`.
//
//   GET  /api/status                     StatusView
//   GET  /api/devices                    { devices: DeviceView[] }
//   POST /api/devices {id}               { id, token, expiresMs }
//   POST /api/devices/:id/revoke         DeviceView
//   GET  /api/tasks                      { tasks: TaskView[] }
//   POST /api/tasks TaskSubmission       TaskView
//   POST /api/tasks/:id/cancel           TaskView
//   GET  /api/rounds[?task=ID]           { rounds: RoundView[] }      oldest first
//   GET  /api/releases                   { releases: ReleaseView[] }  newest first
//   GET  /api/releases/:hash/files/:name bytes of one file of the PEFT folder, or `manifest.json`, `manifest.sig`
//   POST /api/releases/:hash/rollback    ReleaseView   makes an earlier release (or `base`) the live one again
//   POST /api/try {text, task?}          TryView
//   GET  /api/events                     SSE; each message is a FleetEvent in `data:`, its type in `event:`

import type { AdapterShape, Aggregation, Phase, TrainingPlan } from './messages.js';

export interface StatusView {
  readonly fleet: string;
  readonly version: string;
  readonly startedMs: number;
  readonly devices: { readonly enrolled: number; readonly online: number; readonly revoked: number };
  readonly task: TaskView | null;
  readonly round: RoundView | null;
  readonly release: ReleaseView | null;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Refused messages and connections by error code. */
  readonly refused: Readonly<Record<string, number>>;
  /** The honest line about what the updates are protected against. */
  readonly privacy: string;
}

export interface DeviceView {
  readonly id: string;
  readonly enrolledMs: number | null;
  readonly revokedMs: number | null;
  readonly online: boolean;
  readonly lastSeenMs: number | null;
  readonly profile: string;
  readonly agentVersion: string;
  readonly threads: number;
  readonly memoryBytes: number;
  readonly release: string;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface TaskSubmission {
  readonly id: string;
  /** SHA-256 (hex) of the model file; left out: the coordinator's own model. */
  readonly baseModel?: string;
  readonly template: string;
  readonly labels?: readonly string[];
  readonly adapter: AdapterShape;
  readonly plan: TrainingPlan;
  readonly aggregation: Aggregation;
  readonly rounds: number;
  /** Devices a round waits for before it closes. */
  readonly goal: number;
  /** Updates without which a round fails at its deadline; left out: half of `goal`, rounded up. */
  readonly minimum?: number;
  readonly roundTimeoutMs: number;
  readonly seed: number;
  /** The coordinator's own labelled examples, for evaluating candidates. */
  readonly root: readonly { readonly text: string; readonly label: string }[];
}

export type TaskState = 'running' | 'done' | 'failed' | 'cancelled';

export interface TaskView {
  readonly id: string;
  readonly state: TaskState;
  readonly baseModel: string;
  readonly template: string;
  readonly labels: readonly string[];
  readonly adapter: AdapterShape;
  readonly plan: TrainingPlan;
  readonly aggregation: Aggregation;
  readonly rounds: number;
  readonly goal: number;
  readonly roundsDone: number;
  readonly createdMs: number;
  readonly reason: string;
}

export type RoundState = 'open' | 'aggregating' | 'evaluating' | 'released' | 'failed' | 'cancelled';

export interface RoundDeviceView {
  readonly device: string;
  readonly phase: Phase | 'offered' | 'accepted' | 'declined' | 'counted' | 'refused';
  readonly step: number;
  readonly steps: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly reason: string;
}

export interface RoundView {
  readonly task: string;
  readonly round: number;
  readonly state: RoundState;
  readonly openedMs: number;
  readonly closedMs: number | null;
  readonly deadlineMs: number;
  readonly devices: readonly RoundDeviceView[];
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** SHA-256 (hex) of the aggregate; empty until there is one. */
  readonly aggregate: string;
  readonly release: string;
  readonly accuracy: number | null;
  readonly reason: string;
}

export type ReleaseState = 'candidate' | 'live' | 'retired' | 'rolled-back';

export interface ReleaseView {
  readonly hash: string;
  readonly task: string;
  readonly round: number;
  readonly state: ReleaseState;
  readonly serial: number;
  readonly createdMs: number;
  readonly accuracy: number | null;
  readonly aggregate: string;
  readonly bytes: number;
}

export interface TryView {
  readonly prompt: string;
  readonly base: { readonly text: string; readonly ms: number };
  /** Null while no release is live. */
  readonly live: { readonly text: string; readonly ms: number; readonly release: string } | null;
}

export type FleetEvent =
  | { readonly type: 'device'; readonly device: DeviceView }
  | { readonly type: 'task'; readonly task: TaskView }
  | { readonly type: 'round'; readonly round: RoundView }
  | { readonly type: 'release'; readonly release: ReleaseView }
  | { readonly type: 'status'; readonly status: StatusView };
