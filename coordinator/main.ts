#!/usr/bin/env node
// The coordinator's program: argv, signals and the exit code. Everything else is in program.ts and coordinator.ts.

import { runProgram } from '../platform/lifecycle.js';
import { runCommand } from './program.js';

await runProgram(signal => runCommand(process.argv.slice(2), { signal }));
