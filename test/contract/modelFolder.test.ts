// A Hugging Face folder in every place where a model file can stand: the engine, the programs' hash, the commands.

import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBaseModel } from '../../coordinator/evaluation/baseModel.js';
import { memorySource } from '../../core/bytes.js';
import { adapterTensors } from '../../model/architecture/adapterNames.js';
import { readConfig } from '../../model/architecture/config.js';
import { readGguf } from '../../model/formats/gguf.js';
import { type Adapter, type Model, open } from '../../model/index.js';
import { obtainModel } from '../../platform/modelFile.js';
import { modelSha256, modelStamp, openModelFiles } from '../../platform/modelFiles.js';
import { folderOf, huggingFaceFiles } from '../helpers/huggingFaceFolder.js';
import { tinyModel } from '../helpers/tinyModel.js';

const bytes = tinyModel({ weights: 'F32', embedding: 'F32' });
const ids = [5, 80, 33, 120, 7];

const shape = { mode: 'lora', rank: 2, alpha: 8, targets: ['q', 'k', 'v', 'down'] } as const;
const adapter: Adapter = {
  shape,
  tensors: adapterTensors(readConfig(readGguf(memorySource(bytes))), shape).map(
    ({ name, shape: size }, at) => ({
      name,
      shape: size,
      values: Float32Array.from({ length: size[0] * size[1] }, (_, i) => Math.sin(i + at) / 4),
    }),
  ),
};

describe('the engine on a folder', () => {
  let ofFile: Model;
  let ofFolder: Model;
  beforeAll(async () => {
    ofFile = await open(memorySource(bytes), { arithmetic: 'exact' });
    ofFolder = await open(folderOf(huggingFaceFiles(bytes, 2)), { arithmetic: 'exact' });
  });
  afterAll(() => {
    ofFile.close();
    ofFolder.close();
  });

  const expectSame = (found: Float32Array, expected: Float32Array): void => {
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 4);
  };

  it('gives the logits of the file, with an adapter and without', async () => {
    expectSame(await ofFolder.logits(ids), await ofFile.logits(ids));
    const [there, here] = [ofFile.loadAdapter(adapter), ofFolder.loadAdapter(adapter)];
    const expected = await ofFile.logits(ids, { adapter: there });
    expectSame(await ofFolder.logits(ids, { adapter: here }), expected);
    const plain = await ofFile.logits(ids);
    expect(Math.max(...expected.map((value, i) => Math.abs(value - (plain[i] as number))))).toBeGreaterThan(
      0.05,
    );
  });

  it('gives the gradients of the file', async () => {
    const batch = [{ prompt: [5, 80, 33], answer: [120, 7] }];
    const options = { shape, learningRate: 1e-3, weightDecay: 0, clipNorm: 0 };
    const [there, here] = await Promise.all(
      [ofFile, ofFolder].map(async model => (await model.trainer(options, adapter)).gradients(batch)),
    );
    expect(here?.loss).toBeCloseTo(there?.loss as number, 5);
    for (const [i, { name, values }] of (there?.gradients ?? []).entries()) {
      expect(here?.gradients[i]?.name).toBe(name);
      expectSame(here?.gradients[i]?.values as Float32Array, values);
    }
  });

  it('is of ids alone where the folder has no tokenizer', () => {
    expect(ofFolder.tokenizer).toMatchObject({ bos: 1, eos: 2 });
    expect(() => ofFolder.tokenizer.encode('x')).toThrow(
      expect.objectContaining({ code: 'tokenizer/unsupported' }),
    );
  });
});

describe('a folder on disk', () => {
  let folder: string;
  const files = huggingFaceFiles(bytes, 2);
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(tmpdir(), 'skein-folder-'));
    for (const [name, content] of Object.entries(files)) await fs.writeFile(path.join(folder, name), content);
    await fs.writeFile(path.join(folder, 'README.md'), '# not read');
  });
  afterAll(() => fs.rm(folder, { recursive: true }));

  it('is hashed over the files that are read of it, as sha256sum lists them', async () => {
    const hex = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');
    const lines = Object.keys(files)
      .sort()
      .map(name => `${hex(files[name] as Uint8Array)}  ${name}\n`);
    const expected = hex(lines.join(''));
    expect(await modelSha256(folder)).toBe(expected);
    const { sha256, contextLength } = await readBaseModel(folder);
    expect({ sha256, contextLength }).toEqual({ sha256: expected, contextLength: 512 });
  });

  it('is seen to change when any of its files does', async () => {
    const before = await modelStamp(folder);
    expect(await modelStamp(folder)).toEqual(before);
    expect(before.bytes).toBe(Object.values(files).reduce((sum, content) => sum + content.length, 0));
    await fs.utimes(path.join(folder, 'config.json'), 1, 1);
    expect(await modelStamp(folder)).not.toEqual(before);
  });

  it('is taken where a file is, and refused where it holds no model', async () => {
    expect(await obtainModel({ file: folder })).toMatchObject({ file: folder, from: 'given' });
    const empty = await fs.mkdtemp(path.join(folder, 'empty-'));
    await expect(obtainModel({ file: empty })).rejects.toMatchObject({ code: 'model/invalid' });
    await expect(modelSha256(path.join(folder, 'none'))).rejects.toMatchObject({ code: 'io/not-found' });
  });

  it('gives no file from outside, and none once it is closed', () => {
    const opened = openModelFiles(folder);
    if ('size' in opened) throw new Error('It was opened as a file.');
    expect(opened.read('none.json')).toBeUndefined();
    expect(() => opened.read('../x')).toThrow(expect.objectContaining({ code: 'io/invalid' }));
    const config = opened.read('config.json');
    expect(opened.read('config.json')).toBe(config);
    opened.close();
    expect(() => opened.read('config.json')).toThrow(expect.objectContaining({ code: 'io/invalid' }));
    expect(() => config?.read(0, 1)).toThrow(expect.objectContaining({ code: 'io/invalid' }));
  });
});
