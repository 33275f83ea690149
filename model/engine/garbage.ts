// Gives JavaScript's garbage back at once, where much was made that is never needed again.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * A full collection, some 10 ms. V8 counts its own heap and not the process: strips of weights that were read while a session
 * was opened stay for as long as nothing else is allocated, 16 to 25 MB beside what training needs.
 */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
