// How much a process gives way to others.

import { readdirSync } from 'node:fs';
import os from 'node:os';

/**
 * Adds `nice` (0 to 19) to this process's own nice value and gives that to process `pid`, all its threads and those that they
 * start. The process may be gone already, or the system may refuse: both are fine.
 */
export function lowerPriority(pid: number, nice: number): void {
  try {
    const priority = Math.min(19, os.getPriority() + nice);
    for (const thread of threadsOf(pid)) os.setPriority(thread, priority);
  } catch {
    // Work at full priority is still work.
  }
}

/** On Linux each thread has a nice value of its own; elsewhere the process has one. */
function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [pid];
  }
}
