// A model worker's child around the fake model; its "model file" is JSON of FakeOptions.

import { SkeinError } from '../../core/errors.js';
import { serveModel } from '../../platform/worker/serve.js';
import { type FakeOptions, fakeModel } from './fakeModel.js';

serveModel(async source => {
  if (!('size' in source)) throw new SkeinError('model/invalid', 'Not a model.');
  const text = Buffer.from(source.read(0, source.size)).toString();
  if (!text.startsWith('{')) throw new SkeinError('gguf/invalid', 'Not a model.', { data: { offset: 0 } });
  return fakeModel(JSON.parse(text) as FakeOptions);
});
