// Reading with the generated classes: whatever they throw has one code.

import { SkeinError } from '../core/errors.js';

/** Decodes with the generated class; its exceptions become `wire/malformed`. */
export function read<T extends object>(
  what: string,
  type: { decode(bytes: Uint8Array): T },
  bytes: Uint8Array,
): T {
  try {
    return type.decode(bytes);
  } catch (cause) {
    throw new SkeinError('wire/malformed', `The ${what} cannot be read.`, { cause });
  }
}
