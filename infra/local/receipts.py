"""Receipts: what became of a push at each terminal, where its strategy asks for them."""
# ruff: noqa: S608 - what is put into the SQL here are constants of this module; values go as parameters

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from infra.local import push_rows
from infra.local.database import Database, Row
from infra.local.push_rows import optional_text, seconds
from services.domain.pushes import Counts, Receipt, ReceiptKind
from services.ports import Page

# How far a receipt is: it only ever goes on. Who read a push may still take it off the screen when it is recalled.
_RANKS: dict[ReceiptKind, int] = {"sent": 1, "received": 2, "read": 3, "failed": 3, "recalled": 4}
_KINDS: dict[str, ReceiptKind] = {kind: kind for kind in get_args(ReceiptKind)}


def _rank(column: str) -> str:
    return f"CASE {column} " + " ".join(f"WHEN '{kind}' THEN {rank}" for kind, rank in _RANKS.items()) + " ELSE 0 END"


_COLUMNS = "push_id, terminal_id, connection_id, user, kind, at_s, detail"
_UPSERT = f"""
INSERT INTO receipts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (push_id, terminal_id) DO UPDATE SET
  connection_id = excluded.connection_id, kind = excluded.kind, at_s = excluded.at_s, detail = excluded.detail
WHERE {_rank("excluded.kind")} >= {_rank("receipts.kind")}
"""
_KIND_OF = "SELECT kind FROM receipts WHERE push_id = ? AND terminal_id = ?"
_MOVE_ON = f"""
UPDATE receipts SET kind = ?, at_s = ?, detail = ?, connection_id = ?
WHERE push_id = ? AND terminal_id = ? AND {_rank("kind")} < ?
"""
_MAKE = f"INSERT OR IGNORE INTO receipts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_LIST = f"SELECT {_COLUMNS} FROM receipts WHERE push_id = ? AND terminal_id > ? ORDER BY terminal_id LIMIT ?"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a terminal confirms; `early`: also if there is no receipt of it yet."""

    receipt: Receipt
    early: bool


def keep(connection: sqlite3.Connection, receipts: Iterable[Receipt]) -> None:
    """Write what a page of deliveries came to. One that is further already stays."""
    connection.executemany(_UPSERT, [_parameters(receipt) for receipt in receipts])


def replay(connection: sqlite3.Connection, receipts: Iterable[Receipt]) -> None:
    """As `services.ports.PushStore.replayed`.

    A terminal that was away is one more that the push found; one that fan-out had missed moves on to `sent`.
    """
    for receipt in receipts:
        row = connection.execute(_KIND_OF, (receipt.push_id, receipt.terminal_id)).fetchone()
        before = None if row is None else _KINDS[row[0]]
        if before in _RANKS:
            continue
        connection.execute(_UPSERT, _parameters(receipt))
        missed = Counts(targeted=1) if before is None else Counts(**{before: -1})
        push_rows.add(connection, receipt.push_id, Counts(sent=1) + missed)


def acknowledge(connection: sqlite3.Connection, acknowledgements: Sequence[Acknowledgement]) -> Sequence[bool]:
    """As `services.ports.PushStore.acknowledge`, for several."""
    moved: list[bool] = []
    counted: dict[str, Counter[str]] = {}
    for acknowledgement in acknowledgements:
        receipt = acknowledgement.receipt
        moves = _moves_on(connection, receipt) or (acknowledgement.early and _is_made(connection, receipt))
        moved.append(moves)
        if moves:
            counted.setdefault(receipt.push_id, Counter())[receipt.kind] += 1
    for push_id, counts in counted.items():
        push_rows.add(connection, push_id, Counts(**counts))
    return moved


def _moves_on(connection: sqlite3.Connection, receipt: Receipt) -> bool:
    cursor = connection.execute(
        _MOVE_ON,
        (
            receipt.kind,
            receipt.at_s,
            receipt.detail,
            receipt.connection_id,
            receipt.push_id,
            receipt.terminal_id,
            _RANKS.get(receipt.kind, 0),
        ),
    )
    return cursor.rowcount == 1


def _is_made(connection: sqlite3.Connection, receipt: Receipt) -> bool:
    return connection.execute(_MAKE, _parameters(receipt)).rowcount == 1


def page(database: Database, push_id: str, *, limit: int, after: str | None) -> Page[Receipt]:
    """As `services.ports.PushStore.receipts`."""
    rows = database.read(_LIST, (push_id, after or "", limit + 1))
    found = [_receipt_of(row) for row in rows[:limit]]
    return Page(found, found[-1].terminal_id if len(rows) > limit else None)


def _parameters(receipt: Receipt) -> tuple[object, ...]:
    return (
        receipt.push_id,
        receipt.terminal_id,
        receipt.connection_id,
        receipt.user,
        receipt.kind,
        receipt.at_s,
        receipt.detail,
    )


def _receipt_of(row: Row) -> Receipt:
    push_id, terminal_id, connection_id, user, kind, at_s, detail = row
    return Receipt(
        push_id=str(push_id),
        terminal_id=str(terminal_id),
        connection_id=str(connection_id),
        user=str(user),
        kind=_KINDS[str(kind)],
        at_s=seconds(at_s),
        detail=optional_text(detail),
    )
