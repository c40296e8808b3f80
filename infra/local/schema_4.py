"""The fourth step of the database: what happened in each minute, and how large groups were."""

STATEMENTS = (
    # `minute` counts from the epoch.
    """
    CREATE TABLE activity (
      minute INTEGER PRIMARY KEY,
      connects INTEGER NOT NULL,
      disconnects INTEGER NOT NULL,
      sent INTEGER NOT NULL,
      received INTEGER NOT NULL,
      read INTEGER NOT NULL,
      failed INTEGER NOT NULL,
      gone INTEGER NOT NULL
    )
    """,
    # `sizes`: JSON, connections by group.
    "CREATE TABLE group_sizes (at_s INTEGER PRIMARY KEY, sizes TEXT NOT NULL)",
)
