// A piece of an update that the coordinator asked for.

import type { Handler } from '../inbox.js';
import type { Uploads } from '../uploads.js';

export const chunkHandler =
  (uploads: Uploads): Handler<'chunk'> =>
  message =>
    uploads.received(message);
