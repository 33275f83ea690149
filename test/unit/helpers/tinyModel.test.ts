// The small model that tests make: the same bytes from the same seed, and a file like the real one.

import { expect, it } from 'vitest';
import { equalBytes, memorySource } from '../../../core/bytes.js';
import { readConfig } from '../../../model/architecture/config.js';
import { readGguf } from '../../../model/formats/gguf.js';
import { tinyModel, tinyVocabulary } from '../../helpers/tinyModel.js';

it('comes from its seed alone', () => {
  expect(equalBytes(tinyModel(), tinyModel())).toBe(true);
  expect(equalBytes(tinyModel(), tinyModel({ seed: 2 }))).toBe(false);
});

it('has the types of the real file, and the sizes asked for', () => {
  const gguf = readGguf(memorySource(tinyModel({ layers: 3, heads: 4, kvHeads: 2, headSize: 16 })));
  const types = new Set([...gguf.tensors.values()].map(({ type }) => type));
  expect([...types].sort()).toEqual(['F32', 'Q4_1', 'Q8_0']);
  const config = readConfig(gguf);
  expect(config).toMatchObject({
    hidden: 64,
    feedForward: 128,
    heads: 4,
    kvHeads: 2,
    headSize: 16,
    vocabulary: tinyVocabulary,
    contextLength: 512,
  });
  expect(config.layers).toHaveLength(3);
});
