// The real models for tests that need them: SKEIN_MODEL or SKEIN_GEMMA, the cache, or fetched once for all tests.

import { type KnownModel, knownModels } from '../../platform/knownModels.js';
import { obtainModel } from '../../platform/modelFile.js';

const variables: Readonly<Record<KnownModel, string>> = {
  'smollm2-135m': 'SKEIN_MODEL',
  'gemma-3-270m': 'SKEIN_GEMMA',
};

const found = new Map<KnownModel, Promise<string | undefined>>();

async function find(name: KnownModel): Promise<string | undefined> {
  try {
    return (await obtainModel({ file: process.env[variables[name]] || name })).file;
  } catch (error) {
    if (process.env.SKEIN_REQUIRE_ALL === '1') throw error;
    console.warn(`Tests of ${knownModels[name].title} are skipped: ${(error as Error).message}`);
    return undefined;
  }
}

/** Path of the model file; undefined where it cannot be had, which SKEIN_REQUIRE_ALL=1 makes an error. */
export function modelFile(name: KnownModel = 'smollm2-135m'): Promise<string | undefined> {
  const known = found.get(name) ?? find(name);
  found.set(name, known);
  return known;
}
