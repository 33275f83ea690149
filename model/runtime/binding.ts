// A bound run: which tensor each input is read from and each output is written to. The same tensor may be both.

import { call, create, free } from './api.js';
import { Handle } from './handle.js';
import type { Session } from './session.js';
import type { Tensor } from './tensor.js';

export interface Bindings {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** Keeps its session and its tensors alive. Made by `Session.bind`. */
export class Binding extends Handle {
  readonly session: Session;
  readonly #kept: Map<string, () => void>;

  constructor(session: Session, bindings: Bindings) {
    const kept = new Map<string, () => void>();
    const pointer = create('CreateIoBinding', session.pointer);
    super('binding', pointer, address => {
      free('ReleaseIoBinding', address);
      for (const release of kept.values()) release();
    });
    this.session = session;
    this.#kept = kept;
    try {
      kept.set('session', session.retain());
      for (const [name, tensor] of Object.entries(bindings.inputs)) this.input(name, tensor);
      for (const [name, tensor] of Object.entries(bindings.outputs)) this.output(name, tensor);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Binds an input, or binds it anew. Not while a run goes on. */
  input(name: string, tensor: Tensor): void {
    this.#bind('BindInput', `in ${name}`, name, tensor);
  }

  output(name: string, tensor: Tensor): void {
    this.#bind('BindOutput', `out ${name}`, name, tensor);
  }

  #bind(how: 'BindInput' | 'BindOutput', key: string, name: string, tensor: Tensor): void {
    const release = tensor.retain();
    try {
      call(how, this.pointer, name, tensor.pointer);
    } catch (error) {
      release();
      throw error;
    }
    this.#kept.get(key)?.();
    this.#kept.set(key, release);
  }
}
