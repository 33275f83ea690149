// What the HTTP API asks of the coordinator: the operator's questions and commands, in the words of proto/api.ts.

import type {
  DeviceView,
  FleetEvent,
  ReleaseView,
  RoundView,
  StatusView,
  TaskSubmission,
  TaskView,
  TryView,
} from '../../proto/api.js';

export interface DeviceInvitation {
  readonly id: string;
  /** Works once, until `expiresMs`. */
  readonly token: string;
  readonly expiresMs: number;
}

export interface Operator {
  status(): Promise<StatusView>;
  devices(): Promise<readonly DeviceView[]>;
  addDevice(id: string): Promise<DeviceInvitation>;
  revokeDevice(id: string): Promise<DeviceView>;
  tasks(): Promise<readonly TaskView[]>;
  submitTask(task: TaskSubmission): Promise<TaskView>;
  cancelTask(id: string): Promise<TaskView>;
  rounds(task?: string): Promise<readonly RoundView[]>;
  releases(): Promise<readonly ReleaseView[]>;
  releaseFile(hash: string, name: string): Promise<Uint8Array>;
  rollback(target: string): Promise<ReleaseView>;
  try(request: { readonly text: string; readonly task?: string }, signal: AbortSignal): Promise<TryView>;
  /** Every change as an event, several changes of one thing as one. Returns the function that ends it. */
  follow(listener: (event: FleetEvent) => void): () => void;
}
