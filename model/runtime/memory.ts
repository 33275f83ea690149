// Memory outside the JavaScript heap: it goes back to the system when it is closed, not when the collector comes by.

import koffi from 'koffi';
import { Handle } from './handle.js';

export class NativeMemory extends Handle {
  /** Not to be touched after the last owner has closed. */
  readonly buffer: ArrayBuffer;

  constructor(bytes: number) {
    const pointer = koffi.alloc('uint8_t', Math.max(1, bytes)) as bigint;
    super('memory', pointer, address => koffi.free(address));
    this.buffer = koffi.view(pointer, bytes);
  }
}
