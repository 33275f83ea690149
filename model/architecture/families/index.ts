// The families that Skein knows. A new one is a file beside this one and a row here.

import type { Family } from '../config.js';
import { llama } from './llama.js';

export const families: readonly Family[] = [llama];
