// SQLite with one writer queue a database: WAL, synchronous=FULL, migrations in order.
