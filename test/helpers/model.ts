// The real model for tests that need it: SKEIN_MODEL, the cache, or fetched once for all tests.

import { obtainModel } from '../../platform/modelFile.js';

let found: Promise<string | undefined> | undefined;

async function find(): Promise<string | undefined> {
  try {
    return (await obtainModel({ file: process.env.SKEIN_MODEL || undefined })).file;
  } catch (error) {
    if (process.env.SKEIN_REQUIRE_ALL === '1') throw error;
    console.warn(`Tests of the real model are skipped: ${(error as Error).message}`);
    return undefined;
  }
}

/** Path of the model file; undefined where it cannot be had, which SKEIN_REQUIRE_ALL=1 makes an error. */
export function modelFile(): Promise<string | undefined> {
  found ??= find();
  return found;
}
