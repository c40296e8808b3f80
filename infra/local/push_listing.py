"""Which pushes there are: by age, by state, by sender, and what is to be done next of those that are open."""
# ruff: noqa: S608 - what is put into the SQL here are constants of this module; values go as parameters

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from infra.local.database import Database
from services.domain.pushes import OPEN, State

# In the words of the indices of open pushes, which are few among many.
_IS_OPEN = f"state IN ({', '.join(repr(state.value) for state in OPEN)})"
_OVERDUE = f"SELECT id FROM pushes WHERE due_at_s < ? AND {_IS_OPEN} ORDER BY due_at_s LIMIT ?"


def newest(
    database: Database, *, limit: int, after: str | None, states: Collection[State], sender: str | None
) -> Sequence[str]:
    """Ids as `services.ports.PushStore.list` orders them."""
    conditions: list[str] = []
    parameters: list[object] = []
    if after is not None:
        conditions.append("id < ?")
        parameters.append(after)
    if states and set(states).issubset(OPEN):
        conditions.append(_IS_OPEN)
    if states:
        conditions.append(f"state IN ({', '.join('?' * len(states))})")
        parameters.extend(state.value for state in states)
    if sender is not None:
        conditions.append("sender = ?")
        parameters.append(sender)
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    rows = database.read(f"SELECT id FROM pushes {where}ORDER BY id DESC LIMIT ?", (*parameters, limit))
    return [str(row[0]) for row in rows]


def overdue(database: Database, before_s: float, *, limit: int) -> Sequence[str]:
    """Ids as `services.ports.PushStore.overdue` orders them."""
    return [str(push_id) for (push_id,) in database.read(_OVERDUE, (before_s, limit))]


def in_flight(database: Database) -> Mapping[State, int]:
    """As `services.ports.PushStore.in_flight`."""
    rows = database.read(f"SELECT state, COUNT(*) FROM pushes WHERE {_IS_OPEN} GROUP BY state")
    return dict.fromkeys(OPEN, 0) | {State(str(state)): int(str(number)) for state, number in rows}
