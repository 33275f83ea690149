// Tables of the link: receipts, bytes of the day, sequence and session, blobs under way (the outbox is the blobs of `:out`).

import { blobSchema } from '../../../platform/blobStore.js';

export const linkSchema = `
-- One row for each thing with content that left, written before it left.
CREATE TABLE receipt (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  purpose TEXT NOT NULL,
  policy TEXT NOT NULL,
  task TEXT NOT NULL,
  round INTEGER NOT NULL,
  bytes INTEGER NOT NULL,          -- of the envelope
  hash TEXT NOT NULL               -- SHA-256 (hex) of its payload
) STRICT;
CREATE TABLE egress_day (
  day TEXT PRIMARY KEY,            -- UTC, 2026-01-31
  content_bytes INTEGER NOT NULL DEFAULT 0,
  control_bytes INTEGER NOT NULL DEFAULT 0,
  control_messages INTEGER NOT NULL DEFAULT 0
) STRICT;
-- Sequences and sessions rise for ever, also where the clock of the device does not.
CREATE TABLE wire_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  sequence INTEGER NOT NULL,
  epoch INTEGER NOT NULL
) STRICT;
INSERT INTO wire_state (id, sequence, epoch) VALUES (1, 0, 0);
${blobSchema}`;
