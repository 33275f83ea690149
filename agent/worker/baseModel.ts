// What the daemon knows of the base model without loading it: its files, their hash, and which tensors an adapter for it has.

import { SkeinError } from '../../core/errors.js';
import { type AdapterTensor, adapterTensors } from '../../model/architecture/adapterNames.js';
import { readConfig } from '../../model/architecture/config.js';
import type { Adapter } from '../../model/engine/types.js';
import { readModel } from '../../model/formats/files.js';
import type { Database } from '../../platform/database.js';
import { modelSha256, modelStamp, openModelFiles } from '../../platform/modelFiles.js';
import type { AdapterShape } from '../../proto/messages.js';

interface Row {
  readonly size: number;
  readonly modified_ms: number;
  readonly sha256: string;
}

export class BaseModel {
  /** A GGUF file or a Hugging Face folder. */
  readonly file: string;
  readonly #database: Database;

  constructor(file: string, database: Database) {
    this.file = file;
    this.#database = database;
  }

  /** SHA-256 (hex). Computed once for a path, size and time of change. Throws `io/*`. */
  async sha256(signal?: AbortSignal): Promise<string> {
    const { bytes, modifiedMs } = await modelStamp(this.file);
    const known = await this.#database.get<Row>(
      'SELECT size, modified_ms, sha256 FROM model_file WHERE path = ?',
      [this.file],
    );
    if (known?.size === bytes && known.modified_ms === modifiedMs) return known.sha256;
    const sha256 = await modelSha256(this.file, signal);
    await this.#database.run(
      'INSERT OR REPLACE INTO model_file (path, size, modified_ms, sha256) VALUES (?, ?, ?, ?)',
      [this.file, bytes, modifiedMs, sha256],
    );
    return sha256;
  }

  /** Throws `adapter/invalid` unless the adapter has exactly the tensors that this model and shape ask for, all finite. */
  check(adapter: Adapter, shape: AdapterShape): void {
    const expected = this.#tensors(shape);
    const refuse = (why: string): SkeinError =>
      new SkeinError('adapter/invalid', `The adapter does not fit the model: ${why}.`);
    if (adapter.tensors.length !== expected.length) {
      throw refuse(`it has ${adapter.tensors.length} tensors, not ${expected.length}`);
    }
    for (const [index, { name, shape: size }] of expected.entries()) {
      const tensor = adapter.tensors[index];
      if (tensor?.name !== name) throw refuse(`${name} is not where it belongs`);
      if (tensor.shape.join() !== size.join()) throw refuse(`${name} is [${tensor.shape}], not [${size}]`);
      if (!tensor.values.every(Number.isFinite)) throw refuse(`${name} has values that are not finite`);
    }
  }

  #tensors(shape: AdapterShape): AdapterTensor[] {
    const source = openModelFiles(this.file);
    try {
      return adapterTensors(readConfig(readModel(source)), shape);
    } finally {
      source.close();
    }
  }
}
