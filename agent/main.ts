#!/usr/bin/env node
// The device's program: argv, signals and the exit code. Everything else is in program.ts and commands/.

import { runProgram } from '../platform/lifecycle.js';
import { runCommand } from './program.js';

const argv = process.argv.slice(2);
await runProgram(signal => runCommand(argv, { signal }), { json: argv.includes('--json') });
