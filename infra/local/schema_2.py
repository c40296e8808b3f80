"""Strategies: what a push has of a timeline, what its slices and stages came to, and what is kept for those who send.

A push of the first release is one slice, sent at once: what it came to so far is that slice's.
"""

from __future__ import annotations

from typing import Final

STATEMENTS: Final = (
    # How far it has come along its timeline.
    "ALTER TABLE pushes ADD COLUMN run TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE pushes ADD COLUMN due_at_s REAL",
    "ALTER TABLE pushes ADD COLUMN closing INTEGER NOT NULL DEFAULT 1",
    """
    CREATE INDEX pushes_due ON pushes (due_at_s)
      WHERE due_at_s IS NOT NULL AND state IN ('awaiting_approval', 'scheduled', 'waiting', 'sending', 'sent')
    """,
    """
    UPDATE pushes SET due_at_s = expires_at_s
      WHERE state IN ('awaiting_approval', 'scheduled', 'waiting', 'sending', 'sent')
    """,
    # Schedule, parent, test and profile, where a push has them.
    "ALTER TABLE push_contents ADD COLUMN details TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE push_log ADD COLUMN again INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN stage TEXT NOT NULL DEFAULT 'w1'",
    "ALTER TABLE receipts ADD COLUMN stage TEXT NOT NULL DEFAULT 'w1'",
    # Who has read a push on any terminal, where that counts for all of a user's.
    "CREATE TABLE readers (push_id TEXT NOT NULL, user TEXT NOT NULL, PRIMARY KEY (push_id, user)) WITHOUT ROWID",
    """
    CREATE TABLE slices (
      push_id TEXT NOT NULL,
      position TEXT NOT NULL,
      stage TEXT NOT NULL,
      kind TEXT NOT NULL,
      parts INTEGER NOT NULL,
      parts_left INTEGER NOT NULL,
      moved_at_s REAL NOT NULL,
      targeted INTEGER NOT NULL DEFAULT 0,
      sent INTEGER NOT NULL DEFAULT 0,
      received INTEGER NOT NULL DEFAULT 0,
      read INTEGER NOT NULL DEFAULT 0,
      failed INTEGER NOT NULL DEFAULT 0,
      recalled INTEGER NOT NULL DEFAULT 0,
      gone INTEGER NOT NULL DEFAULT 0,
      expired INTEGER NOT NULL DEFAULT 0,
      skipped INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (push_id, position)
    ) WITHOUT ROWID
    """,
    """
    INSERT INTO slices (push_id, position, stage, kind, parts, parts_left, moved_at_s)
    SELECT push_id, position, 'w1', MIN(kind), COUNT(*), COUNT(*), MIN(created_at_s)
    FROM jobs JOIN pushes ON id = push_id GROUP BY push_id, position
    """,
    """
    INSERT INTO slices (push_id, position, stage, kind, parts, parts_left, moved_at_s)
    SELECT id, id, 'w1', 'deliver', 1, 0, COALESCE(finished_at_s, created_at_s) FROM pushes
    WHERE NOT EXISTS (SELECT 1 FROM slices WHERE push_id = id AND kind = 'deliver')
    """,
    """
    UPDATE slices SET
      targeted = (SELECT targeted FROM pushes WHERE id = push_id),
      sent = (SELECT sent FROM pushes WHERE id = push_id),
      gone = (SELECT gone FROM pushes WHERE id = push_id),
      expired = (SELECT expired FROM pushes WHERE id = push_id),
      skipped = (SELECT skipped FROM pushes WHERE id = push_id)
    WHERE kind = 'deliver' AND position = (
      SELECT MIN(position) FROM slices AS every WHERE every.push_id = slices.push_id AND every.kind = 'deliver'
    )
    """,
    # What terminals told, by stage.
    """
    CREATE TABLE stages (
      push_id TEXT NOT NULL,
      stage TEXT NOT NULL,
      received INTEGER NOT NULL DEFAULT 0,
      read INTEGER NOT NULL DEFAULT 0,
      failed INTEGER NOT NULL DEFAULT 0,
      recalled INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (push_id, stage)
    ) WITHOUT ROWID
    """,
    """
    INSERT INTO stages (push_id, stage, received, read, failed, recalled)
    SELECT id, 'w1', received, read, failed, recalled FROM pushes WHERE received + read + failed + recalled > 0
    """,
    """
    CREATE TABLE strategies (
      name TEXT NOT NULL,
      version INTEGER NOT NULL,
      strategy TEXT NOT NULL,
      by TEXT NOT NULL,
      at_s REAL NOT NULL,
      PRIMARY KEY (name, version)
    ) WITHOUT ROWID
    """,
    # The newest version of each name that can be used.
    "CREATE TABLE strategies_in_use (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE senders (
      sub TEXT PRIMARY KEY,
      targets TEXT,
      per_minute INTEGER,
      max_terminals INTEGER,
      approve_over INTEGER,
      by TEXT NOT NULL,
      at_s REAL NOT NULL
    ) WITHOUT ROWID
    """,
    # How many pushes of a sender were counted in a minute of the clock.
    """
    CREATE TABLE sender_minutes (
      sub TEXT NOT NULL,
      minute INTEGER NOT NULL,
      taken INTEGER NOT NULL,
      until_s REAL NOT NULL,
      PRIMARY KEY (sub, minute)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX sender_minutes_by_end ON sender_minutes (until_s)",
    """
    CREATE TABLE plans (
      id TEXT PRIMARY KEY,
      sender TEXT NOT NULL,
      request TEXT NOT NULL,
      profile TEXT NOT NULL,
      terminals TEXT,
      created_at_s REAL NOT NULL,
      until_s REAL NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX plans_by_end ON plans (until_s)",
    "CREATE INDEX last_seen_by_user ON last_seen (user)",
)
