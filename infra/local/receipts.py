"""Receipts: what became of a push at each terminal, where its strategy asks for them."""
# ruff: noqa: S608 - what is put into the SQL here are constants of this module; values go as parameters

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from infra.local import activity, confirmations, push_rows, slices
from infra.local.database import Database, Row
from infra.local.push_rows import optional_text, seconds
from services.domain.activity import NOTHING, Figures, delivered
from services.domain.pushes import Counts, Receipt, ReceiptKind
from services.ports import Page

# How far a receipt is: it only ever goes on. Who read a push may still take it off the screen when it is recalled.
_RANKS: dict[ReceiptKind, int] = {"sent": 1, "received": 2, "read": 3, "failed": 3, "recalled": 4}
_KINDS: dict[str, ReceiptKind] = {kind: kind for kind in get_args(ReceiptKind)}


def _rank(column: str) -> str:
    return f"CASE {column} " + " ".join(f"WHEN '{kind}' THEN {rank}" for kind, rank in _RANKS.items()) + " ELSE 0 END"


_COLUMNS = "push_id, terminal_id, connection_id, user, kind, at_s, detail, stage"
_UPSERT = f"""
INSERT INTO receipts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (push_id, terminal_id) DO UPDATE SET
  connection_id = excluded.connection_id, kind = excluded.kind, at_s = excluded.at_s, detail = excluded.detail
WHERE {_rank("excluded.kind")} >= {_rank("receipts.kind")}
"""
_STANDS = "SELECT kind, stage FROM receipts WHERE push_id = ? AND terminal_id = ?"
_MOVE_ON = """
UPDATE receipts SET kind = ?, at_s = ?, detail = ?, connection_id = ? WHERE push_id = ? AND terminal_id = ?
"""
_MAKE = f"INSERT INTO receipts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_ONE = f"SELECT {_COLUMNS} FROM receipts WHERE push_id = ? AND terminal_id = ?"
_LIST = f"SELECT {_COLUMNS} FROM receipts WHERE push_id = ? AND terminal_id > ? ORDER BY terminal_id LIMIT ?"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a terminal confirms; `early`: also if there is no receipt of it yet.

    `once_per_user`: that it was read counts for all terminals of its user.
    """

    receipt: Receipt
    early: bool
    once_per_user: bool


def keep(connection: sqlite3.Connection, receipts: Iterable[Receipt]) -> None:
    """Write what a page of deliveries came to. One that is further already stays."""
    connection.executemany(_UPSERT, [_parameters(receipt) for receipt in receipts])


def replay(connection: sqlite3.Connection, receipts: Iterable[Receipt]) -> None:
    """As `services.ports.PushStore.replayed`.

    A terminal that was away is one more that the push found; one that fan-out had missed moves on to `sent`.
    """
    for receipt in receipts:
        row = connection.execute(_STANDS, (receipt.push_id, receipt.terminal_id)).fetchone()
        before = None if row is None else _KINDS[row[0]]
        if before in _RANKS:
            continue
        connection.execute(_UPSERT, _parameters(receipt))
        missed = Counts(targeted=1) if before is None else Counts(**{before: -1})
        push_rows.add(connection, receipt.push_id, Counts(sent=1) + missed)
        activity.add(connection, receipt.at_s, Figures(sent=1))


def acknowledge(connection: sqlite3.Connection, acknowledgements: Sequence[Acknowledgement]) -> Sequence[bool]:
    """As `services.ports.PushStore.acknowledge`, for several."""
    moved: list[bool] = []
    counted: dict[tuple[str, str], Counter[str]] = {}
    at_s = max((each.receipt.at_s for each in acknowledgements), default=0.0)
    figures = NOTHING
    for acknowledgement in acknowledgements:
        receipt = acknowledgement.receipt
        stage = _moves_on(connection, receipt, early=acknowledgement.early)
        moved.append(stage is not None)
        if stage is None:
            continue
        counted.setdefault((receipt.push_id, stage), Counter())[receipt.kind] += 1
        if acknowledgement.once_per_user and receipt.kind == "read":
            confirmations.note_reader(connection, receipt.push_id, receipt.user)
    for (push_id, stage), kinds in counted.items():
        counts = Counts(**kinds)
        figures += delivered(counts)
        push_rows.add(connection, push_id, counts)
        slices.tell(connection, push_id, stage, counts)
    activity.add(connection, at_s, figures)
    return moved


def _moves_on(connection: sqlite3.Connection, receipt: Receipt, *, early: bool) -> str | None:
    """Move the receipt of a terminal on, or make it: the stage that it is of; None if nothing changes."""
    row = connection.execute(_STANDS, (receipt.push_id, receipt.terminal_id)).fetchone()
    if row is None:
        if not early:
            return None
        connection.execute(_MAKE, _parameters(receipt))
        return receipt.stage
    kind, stage = row
    if _RANKS.get(_KINDS[kind], 0) >= _RANKS.get(receipt.kind, 0):
        return None
    connection.execute(
        _MOVE_ON,
        (receipt.kind, receipt.at_s, receipt.detail, receipt.connection_id, receipt.push_id, receipt.terminal_id),
    )
    return str(stage)


def of_terminals(database: Database, push_id: str, terminal_ids: Collection[str]) -> Mapping[str, Receipt]:
    """As `services.ports.PushStore.receipts_of`."""
    found: dict[str, Receipt] = {}
    for terminal_id in terminal_ids:
        row = database.read_one(_ONE, (push_id, terminal_id))
        if row is not None:
            found[terminal_id] = _receipt_of(row)
    return found


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
        receipt.stage,
    )


def _receipt_of(row: Row) -> Receipt:
    push_id, terminal_id, connection_id, user, kind, at_s, detail, stage = row
    return Receipt(
        push_id=str(push_id),
        terminal_id=str(terminal_id),
        connection_id=str(connection_id),
        user=str(user),
        kind=_KINDS[str(kind)],
        at_s=seconds(at_s),
        detail=optional_text(detail),
        stage=str(stage),
    )
