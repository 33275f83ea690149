// Memory outside the JavaScript heap: it goes back to the system when it is closed, not when the collector comes by.

import koffi from 'koffi';
import { SkeinError } from '../../core/errors.js';
import { Handle } from './handle.js';

/** koffi counts in 31 bits. */
const maxBytes = 2 ** 31 - 1;

export class NativeMemory extends Handle {
  /** Not to be touched after the last owner has closed. */
  readonly buffer: ArrayBuffer;

  constructor(bytes: number) {
    if (bytes > maxBytes)
      throw new SkeinError(
        'engine/runtime',
        `${bytes} bytes in one piece are too many: at most ${maxBytes} can be.`,
      );
    const pointer = koffi.alloc('uint8_t', Math.max(1, bytes)) as bigint;
    super('memory', pointer, address => koffi.free(address));
    this.buffer = koffi.view(pointer, bytes);
  }
}
