// Adapters that Python's PEFT wrote (bench/reference/adapters.py) give its logits here: plain, in halves, by pattern, on
// every layer, scaled by the root of the rank; and written by us again, the same.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodePeft, encodePeft, peftFiles } from '../../model/formats/peft.js';
import { decodeSafetensors } from '../../model/formats/safetensors.js';
import { type Adapter, type Model, open } from '../../model/index.js';
import { openModelFiles } from '../../platform/modelFiles.js';

const fixtures = new URL('../fixtures/', import.meta.url);
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, fixtures)));
const [ids = []] = JSON.parse(readFileSync(new URL('peft/ids.json', fixtures), 'utf8')) as number[][];
const expected = new Map(
  decodeSafetensors(read('peft/logits.safetensors')).tensors.map(({ name, values }) => [name, values]),
);
const folder = (name: string): Adapter =>
  decodePeft(Object.fromEntries(Object.values(peftFiles).map(file => [file, read(`peft/${name}/${file}`)])));

const farthest = (a: Float32Array, b: Float32Array): number =>
  a.reduce((far, value, i) => Math.max(far, Math.abs(value - (b[i] as number))), 0);

describe.each(['GGUF file', 'Hugging Face folder'])('on a %s', kind => {
  const base = fileURLToPath(new URL('families/llama/', fixtures));
  const files = openModelFiles(kind === 'GGUF file' ? `${base}model.gguf` : base);
  let model: Model;
  beforeAll(async () => {
    model = await open(files, { arithmetic: 'exact' });
  });
  afterAll(() => {
    model.close();
    files.close();
  });

  const logits = async (adapter: Adapter): Promise<Float32Array> => {
    const loaded = model.loadAdapter(adapter);
    try {
      return await model.logits(ids, { adapter: loaded });
    } finally {
      loaded.release();
    }
  };

  it.each([...expected.keys()].filter(name => name !== 'base'))('%s', async name => {
    const theirs = expected.get(name) as Float32Array;
    expect(farthest(theirs, expected.get('base') as Float32Array)).toBeGreaterThan(0.1);
    const adapter = folder(name);
    expect(farthest(await logits(adapter), theirs)).toBeLessThan(1e-4);
    expect(farthest(await logits(decodePeft(encodePeft(adapter, 'x'))), theirs)).toBeLessThan(1e-4);
  });
});
