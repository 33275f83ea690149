// The families that Skein knows. A new one is a file beside this one and a row here.

import type { Family } from '../config.js';
import { gemma3 } from './gemma3.js';
import { llama } from './llama.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';

export const families: readonly Family[] = [llama, qwen2, qwen3, gemma3];
