// The coordinator's own HTTP server before an operator interface whose state and answers the test writes.

import type { Operator } from '../../coordinator/http/operator.js';
import { HttpServer } from '../../coordinator/http/server.js';
import { SkeinError } from '../../core/errors.js';
import { silentLog } from '../../platform/log.js';
import type { FleetEvent, ReleaseView, TryView } from '../../proto/api.js';
import type { FleetFixture } from './fleetFixture.js';

type TryRequest = Parameters<Operator['try']>[0];

const unscripted = (): never => {
  throw new SkeinError('internal', 'The test expects no such request.');
};

export class ScriptedCoordinator implements Operator {
  readonly token = 'operator-token-of-the-test';
  state: FleetFixture;
  /** What was asked for that changes or costs something, in order. */
  readonly asked: ({ readonly rollback: string } | { readonly try: TryRequest })[] = [];
  onRollback: (target: string) => ReleaseView | Promise<ReleaseView> = unscripted;
  onTry: () => TryView | Promise<TryView> = unscripted;
  /** As if the network swallowed everything: open connections stay, nothing is answered. */
  silent = false;
  readonly #listeners = new Set<(event: FleetEvent) => void>();
  #server: HttpServer | undefined;
  #port = 0;

  constructor(state: FleetFixture) {
    this.state = state;
  }

  /** On the same port each time. */
  async start(): Promise<void> {
    this.#server = new HttpServer({
      host: '127.0.0.1',
      port: this.#port,
      names: [],
      token: this.token,
      operator: this,
      log: silentLog,
    });
    this.#port = await this.#server.start();
  }

  /** Connections break, and new ones are refused until the next start. */
  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Pages that follow the fleet right now. */
  get followers(): number {
    return this.#listeners.size;
  }

  push(event: FleetEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  follow(listener: (event: FleetEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async status() {
    return this.silent ? new Promise<never>(() => {}) : this.state.status;
  }

  async devices() {
    return this.state.devices;
  }

  async tasks() {
    return this.state.tasks;
  }

  async rounds() {
    return this.state.rounds;
  }

  async releases() {
    return this.state.releases;
  }

  async rollback(target: string) {
    this.asked.push({ rollback: target });
    return this.onRollback(target);
  }

  async try(request: TryRequest) {
    this.asked.push({ try: request });
    return this.onTry();
  }

  addDevice = unscripted;
  revokeDevice = unscripted;
  submitTask = unscripted;
  cancelTask = unscripted;
  releaseFile = unscripted;
}
