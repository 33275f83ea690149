// A device has an update to give: it is asked for the chunks, or told again how it was decided.

import type { Handler } from '../inbox.js';
import type { Uploads } from '../uploads.js';

export const offerHandler =
  (uploads: Uploads): Handler<'offer'> =>
  message =>
    uploads.offered(message);
