// Tables of learning: tasks, the rounds' journal, releases, and what devices last said about themselves.

export const roundsSchema = `
  -- root: the coordinator's own labelled examples, apart from what travels to devices.
  CREATE TABLE task (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    spec TEXT NOT NULL,
    root TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
    reason TEXT NOT NULL DEFAULT '',
    created_ms INTEGER NOT NULL
  ) STRICT;

  -- One task runs at a time.
  CREATE UNIQUE INDEX one_running_task ON task (state) WHERE state = 'running';

  -- The only memory of a round: its applied events in order.
  CREATE TABLE round_event (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    task TEXT NOT NULL REFERENCES task (id),
    round INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    event TEXT NOT NULL
  ) STRICT;

  CREATE INDEX round_event_of ON round_event (task, round, position);

  -- What each device of a round had sent and got in all when the round opened.
  CREATE TABLE round_traffic (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    task TEXT NOT NULL,
    round INTEGER NOT NULL,
    device TEXT NOT NULL,
    up INTEGER NOT NULL,
    down INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE release (
    serial INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    task TEXT NOT NULL,
    round INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('candidate', 'live', 'retired', 'rolled-back')),
    manifest BLOB NOT NULL,
    signature BLOB NOT NULL
  ) STRICT;

  CREATE UNIQUE INDEX one_live_release ON release (state) WHERE state = 'live';

  CREATE TABLE presence (
    device TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    online INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    message TEXT NOT NULL
  ) STRICT;
`;
