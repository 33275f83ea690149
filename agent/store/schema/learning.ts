// Tables of learning: records, assignments, releases, and the hash of the model file as it was last seen.

export const learningSchema = `
CREATE TABLE record (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL UNIQUE,
  text TEXT NOT NULL,
  label TEXT NOT NULL,
  held_out INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
);
CREATE INDEX record_created ON record (created_ms);

-- One row a round. accepted -> trained (the update is in the outbox) -> done; or failed; or closed by the coordinator.
CREATE TABLE assignment (
  task TEXT NOT NULL,
  round INTEGER NOT NULL,
  nonce BLOB NOT NULL,
  payload BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('accepted', 'trained', 'done', 'failed', 'closed')),
  reason TEXT NOT NULL DEFAULT '',
  blob BLOB,
  received_ms INTEGER NOT NULL,
  PRIMARY KEY (task, round)
);

-- Every verified release; the files of those in use stand in releases/<hash>/. At most one is live.
CREATE TABLE release (
  hash TEXT PRIMARY KEY,
  serial INTEGER NOT NULL,
  manifest BLOB NOT NULL,
  signature BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('fetching', 'live', 'kept', 'refused')),
  reason TEXT NOT NULL DEFAULT '',
  received_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX release_live ON release (state) WHERE state = 'live';

CREATE TABLE model_file (
  path TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  modified_ms REAL NOT NULL,
  sha256 TEXT NOT NULL
);
`;
