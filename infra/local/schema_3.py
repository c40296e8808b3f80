"""The third step of the database: events that wait to be told."""

STATEMENTS = (
    # An event for one endpoint. `at_s` is when it happened, `due_at_s` when it is tried next.
    """
    CREATE TABLE outbox (
      serial INTEGER PRIMARY KEY AUTOINCREMENT,
      endpoint TEXT NOT NULL,
      event_id TEXT NOT NULL,
      type TEXT NOT NULL,
      subject TEXT NOT NULL,
      body TEXT NOT NULL,
      at_s REAL NOT NULL,
      tries INTEGER NOT NULL DEFAULT 0,
      due_at_s REAL NOT NULL
    )
    """,
    "CREATE INDEX outbox_by_time ON outbox (endpoint, due_at_s, serial)",
)
