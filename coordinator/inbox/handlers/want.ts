// A device asks for pieces of a release file.

import type { Downloads } from '../downloads.js';
import type { Handler } from '../inbox.js';

export const wantHandler =
  (downloads: Downloads): Handler<'want'> =>
  message =>
    downloads.wanted(message);
