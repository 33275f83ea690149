// Before all tests: a cache of this run alone, so that nothing is written to the user's but models that were fetched.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cacheFolder } from '../../platform/paths.js';

/** All projects and the programs that they start share it: each model is packed once in a run. */
export default function ownCache(): () => void {
  const models = path.join(cacheFolder(), 'models');
  const own = mkdtempSync(path.join(tmpdir(), 'skein-cache-'));
  mkdirSync(path.join(own, 'skein'));
  try {
    mkdirSync(models, { recursive: true });
    symlinkSync(models, path.join(own, 'skein', 'models'));
  } catch (error) {
    console.warn(`Models that are fetched are not kept for the next run: ${(error as Error).message}`);
  }
  process.env.XDG_CACHE_HOME = own;
  return () => rmSync(own, { recursive: true, force: true });
}
