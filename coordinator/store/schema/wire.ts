// Tables of identity and wire: devices, tokens, blobs and chunks, traffic, refusals.

import { blobSchema } from '../../../platform/blobStore.js';

export const wireSchema = `
CREATE TABLE device (
  id TEXT PRIMARY KEY,
  invited_ms INTEGER NOT NULL,
  secret_hash BLOB,                -- SHA-256 of the token's secret; the secret is nowhere
  expires_ms INTEGER NOT NULL,
  enrolled_ms INTEGER,
  revoked_ms INTEGER,
  serial TEXT,                     -- of the certificate, hex
  public_key BLOB,                 -- SHA-256 of the SPKI: a repeated request with the same key gets the same answer
  certificate TEXT
) STRICT;
-- What only rises: refusals by code, bytes by device, highest sequence and session by device.
CREATE TABLE counter (
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (name, key)
) STRICT;
-- Blobs that a device offered and that were decided for good: offered again, they are answered again.
CREATE TABLE upload_done (
  device TEXT NOT NULL,
  hash BLOB NOT NULL,
  reason TEXT NOT NULL,            -- empty: accepted; else the error code
  done_ms INTEGER NOT NULL,
  PRIMARY KEY (device, hash)
) STRICT;
${blobSchema}`;
