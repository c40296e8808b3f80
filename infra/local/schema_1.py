"""The shape of the first release: connections, pushes, their logs, jobs and receipts, access, audit trail, timers."""

from __future__ import annotations

from typing import Final

STATEMENTS: Final = (
    # Who is connected. Only this process reads it, from memory; the rows are for what comes after a crash.
    """
    CREATE TABLE connections (
      connection_id TEXT PRIMARY KEY,
      terminal_id TEXT NOT NULL,
      user TEXT NOT NULL,
      issuer TEXT NOT NULL,
      groups TEXT NOT NULL,
      token_groups TEXT NOT NULL,
      attributes TEXT NOT NULL,
      scopes TEXT NOT NULL,
      token_id TEXT,
      issued_at_s INTEGER,
      expires_at_s INTEGER NOT NULL,
      connected_at_s REAL NOT NULL,
      last_heard_at_s REAL NOT NULL,
      source_ip TEXT NOT NULL,
      user_agent TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE last_seen (
      terminal_id TEXT PRIMARY KEY,
      user TEXT NOT NULL,
      groups TEXT NOT NULL,
      attributes TEXT NOT NULL,
      seen_at_s REAL NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX last_seen_by_time ON last_seen (seen_at_s)",
    # What changes of a push; what never does, and may be large, is in push_contents.
    """
    CREATE TABLE pushes (
      id TEXT PRIMARY KEY,
      sender TEXT NOT NULL,
      state TEXT NOT NULL,
      step INTEGER NOT NULL,
      created_at_s REAL NOT NULL,
      expires_at_s REAL,
      finished_at_s REAL,
      ended_by TEXT,
      retained_until_s REAL NOT NULL,
      unfinished_parts INTEGER NOT NULL DEFAULT 0,
      targeted INTEGER NOT NULL DEFAULT 0,
      sent INTEGER NOT NULL DEFAULT 0,
      received INTEGER NOT NULL DEFAULT 0,
      read INTEGER NOT NULL DEFAULT 0,
      failed INTEGER NOT NULL DEFAULT 0,
      recalled INTEGER NOT NULL DEFAULT 0,
      gone INTEGER NOT NULL DEFAULT 0,
      expired INTEGER NOT NULL DEFAULT 0,
      skipped INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID
    """,
    "CREATE INDEX pushes_by_sender ON pushes (sender, id)",
    """
    CREATE INDEX pushes_open ON pushes (state, id)
      WHERE state IN ('awaiting_approval', 'scheduled', 'waiting', 'sending', 'sent')
    """,
    """
    CREATE TABLE push_contents (
      push_id TEXT PRIMARY KEY,
      target TEXT NOT NULL,
      cover TEXT NOT NULL,
      message TEXT NOT NULL,
      strategy TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE push_log (
      topic TEXT NOT NULL,
      position TEXT NOT NULL,
      push_id TEXT NOT NULL,
      arc_start INTEGER NOT NULL,
      arc_length INTEGER NOT NULL,
      filter TEXT,
      retained_until_s REAL NOT NULL,
      expires_at_s REAL,
      collapse_key TEXT,
      PRIMARY KEY (topic, position)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX push_log_by_retention ON push_log (retained_until_s)",
    "CREATE INDEX push_log_by_topic_and_retention ON push_log (topic, retained_until_s)",
    # The newest position that has left each log; the row of topic '' speaks for every topic without one.
    "CREATE TABLE log_horizons (topic TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID",
    # Unfinished parts of the fan-out. A finished one has no row.
    """
    CREATE TABLE jobs (
      push_id TEXT NOT NULL,
      position TEXT NOT NULL,
      part INTEGER NOT NULL,
      lane INTEGER NOT NULL,
      topic TEXT NOT NULL,
      kind TEXT NOT NULL,
      arc_start INTEGER NOT NULL,
      arc_length INTEGER NOT NULL,
      step INTEGER NOT NULL,
      after TEXT,
      remaining TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      not_before_s REAL NOT NULL DEFAULT 0,
      receives INTEGER NOT NULL DEFAULT 0,
      dead_at_s REAL,
      dead_reason TEXT,
      PRIMARY KEY (push_id, position, part, lane)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE receipts (
      push_id TEXT NOT NULL,
      terminal_id TEXT NOT NULL,
      connection_id TEXT NOT NULL,
      user TEXT NOT NULL,
      kind TEXT NOT NULL,
      at_s REAL NOT NULL,
      detail TEXT,
      PRIMARY KEY (push_id, terminal_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE idempotency_keys (
      caller TEXT NOT NULL,
      key TEXT NOT NULL,
      body_digest TEXT NOT NULL,
      push_id TEXT NOT NULL,
      until_s REAL NOT NULL,
      PRIMARY KEY (caller, key)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX idempotency_keys_by_end ON idempotency_keys (until_s)",
    """
    CREATE TABLE blocks (
      user TEXT PRIMARY KEY,
      reason TEXT NOT NULL,
      until_s REAL,
      cidrs TEXT NOT NULL,
      by TEXT NOT NULL,
      at_s REAL NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX blocks_by_end ON blocks (until_s)",
    "CREATE TABLE revoked_tokens (token_id TEXT PRIMARY KEY, until_s REAL NOT NULL) WITHOUT ROWID",
    "CREATE INDEX revoked_tokens_by_end ON revoked_tokens (until_s)",
    """
    CREATE TABLE revoked_users (
      user TEXT PRIMARY KEY,
      issued_before_s REAL NOT NULL,
      until_s REAL NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX revoked_users_by_end ON revoked_users (until_s)",
    "CREATE TABLE memberships (user TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (user, name)) WITHOUT ROWID",
    "CREATE INDEX memberships_by_group ON memberships (name, user)",
    "CREATE TABLE used_tickets (ticket_id TEXT PRIMARY KEY, until_s REAL NOT NULL) WITHOUT ROWID",
    "CREATE INDEX used_tickets_by_end ON used_tickets (until_s)",
    """
    CREATE TABLE audit_trail (
      id TEXT PRIMARY KEY,
      at_s REAL NOT NULL,
      actor TEXT NOT NULL,
      action TEXT NOT NULL,
      subject TEXT NOT NULL,
      detail TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX audit_trail_by_actor ON audit_trail (actor, id)",
    "CREATE INDEX audit_trail_by_subject ON audit_trail (subject, id)",
    # The serial tells a timer that was set anew while it fired from the one that fired.
    """
    CREATE TABLE timers (
      serial INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      at_s REAL NOT NULL,
      body TEXT NOT NULL
    )
    """,
    "CREATE INDEX timers_by_time ON timers (at_s)",
)
