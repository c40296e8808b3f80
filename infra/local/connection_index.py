"""Every open connection in memory, filed under its topics in ring order: what the registry reads from."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from operator import attrgetter

from services.domain.connection import Connection
from services.domain.ring import SIZE, Arc
from services.domain.topics import Topic
from services.ports import GroupSize, Page, Presence


class _Cell:
    """The place of a connection in the lists it is filed in; its row changes, its place does not."""

    __slots__ = ("row", "sort_key")

    def __init__(self, row: Connection) -> None:
        self.row = row
        self.sort_key = row.sort_key


_Cells = list[_Cell]
_sort_key = attrgetter("sort_key")


class ConnectionIndex:
    """Rows by connection id and by topic. Nothing here waits for anything."""

    def __init__(self) -> None:
        self._by_id: dict[str, _Cell] = {}
        self._all: _Cells = []
        self._by_group: dict[str, _Cells] = {}
        self._by_user: dict[str, _Cells] = {}
        self._by_terminal: dict[str, _Cells] = {}
        self._group_names: list[str] = []
        self._ends: list[tuple[int, str]] = []

    def get(self, connection_id: str) -> Connection | None:
        """The row of a connection."""
        cell = self._by_id.get(connection_id)
        return None if cell is None else cell.row

    def put(self, row: Connection) -> None:
        """File a row, in place of that of the same connection id if there is one."""
        cell = self._by_id.get(row.connection_id)
        if cell is not None:
            before = cell.row
            if (before.place, before.user, before.terminal_id) == (row.place, row.user, row.terminal_id):
                self._refile(cell, row)
                return
            self.drop(row.connection_id)
        self._file(_Cell(row))

    def drop(self, connection_id: str) -> Connection | None:
        """Take a connection out of every topic; its row, None if there is none."""
        cell = self._by_id.pop(connection_id, None)
        if cell is None:
            return None
        row = cell.row
        _take(self._all, cell)
        _take_from(self._by_user, row.user, cell)
        _take_from(self._by_terminal, row.terminal_id, cell)
        for name in dict.fromkeys(row.groups):
            self._leave_group(name, cell)
        self._forget_end(row)
        return row

    def page(self, topic: Topic, arc: Arc, *, live_at_s: float, limit: int, after: str | None) -> Page[Connection]:
        """As `services.ports.Registry.page`. Raises ValueError if `after` does not lie on the arc."""
        cells = self._filed_under(topic)
        found: list[Connection] = []
        for low, high in _runs(cells, arc, after):
            most = limit - len(found)
            if most == 0:
                return self._page(found, live_at_s, more=True)
            found += [cell.row for cell in cells[low : min(high, low + most)]]
            if high - low > most:
                return self._page(found, live_at_s, more=True)
        return self._page(found, live_at_s, more=False)

    def size(self, topic: Topic) -> int:
        """How many connections are filed under a topic."""
        return len(self._filed_under(topic))

    def groups(self, *, limit: int, after: str | None) -> Page[GroupSize]:
        """As `services.ports.Registry.groups`."""
        start = 0 if after is None else bisect_right(self._group_names, after)
        names = self._group_names[start : start + limit]
        more = len(self._group_names) > start + limit
        return Page([GroupSize(name, len(self._by_group[name])) for name in names], names[-1] if more else None)

    def presence(self) -> Presence:
        """How many connections, terminals, users and groups there are."""
        return Presence(
            connections=len(self._by_id),
            terminals=len(self._by_terminal),
            users=len(self._by_user),
            groups=len(self._by_group),
        )

    def over(self, before_s: float, *, limit: int) -> list[Connection]:
        """Rows that ended before `before_s`, the longest over first."""
        count = bisect_left(self._ends, before_s, key=lambda end: end[0])
        return [self._by_id[connection_id].row for _, connection_id in self._ends[: min(count, limit)]]

    def _page(self, rows: list[Connection], live_at_s: float, *, more: bool) -> Page[Connection]:
        following = rows[-1].sort_key if more else None
        if self._ends and self._ends[0][0] <= live_at_s:
            # Few are over and not yet swept, so most pages need no look at each row.
            return Page([row for row in rows if row.expires_at_s > live_at_s], following)
        return Page(rows, following)

    def _filed_under(self, topic: Topic) -> _Cells:
        match topic.kind:
            case "all":
                return self._all
            case "group":
                return self._by_group.get(topic.name, [])
            case "user":
                return self._by_user.get(topic.name, [])
            case "terminal":
                return self._by_terminal.get(topic.name, [])
            case _:
                cell = self._by_id.get(topic.name)
                return [] if cell is None else [cell]

    def _file(self, cell: _Cell) -> None:
        row = cell.row
        self._by_id[row.connection_id] = cell
        insort(self._all, cell, key=_sort_key)
        insort(self._by_user.setdefault(row.user, []), cell, key=_sort_key)
        insort(self._by_terminal.setdefault(row.terminal_id, []), cell, key=_sort_key)
        for name in dict.fromkeys(row.groups):
            self._join_group(name, cell)
        insort(self._ends, (row.expires_at_s, row.connection_id))

    def _refile(self, cell: _Cell, row: Connection) -> None:
        before = cell.row
        if before.groups != row.groups:
            had, has = set(before.groups), set(row.groups)
            for name in had - has:
                self._leave_group(name, cell)
            for name in has - had:
                self._join_group(name, cell)
        if before.expires_at_s != row.expires_at_s:
            self._forget_end(before)
            insort(self._ends, (row.expires_at_s, row.connection_id))
        cell.row = row

    def _join_group(self, name: str, cell: _Cell) -> None:
        cells = self._by_group.get(name)
        if cells is None:
            cells = self._by_group[name] = []
            insort(self._group_names, name)
        insort(cells, cell, key=_sort_key)

    def _leave_group(self, name: str, cell: _Cell) -> None:
        _take_from(self._by_group, name, cell)
        if name not in self._by_group:
            del self._group_names[bisect_left(self._group_names, name)]

    def _forget_end(self, row: Connection) -> None:
        del self._ends[bisect_left(self._ends, (row.expires_at_s, row.connection_id))]


def _runs(cells: _Cells, arc: Arc, after: str | None) -> Iterator[tuple[int, int]]:
    """The runs of `cells` on the arc, as indices, in the order of the walk; from behind `after` on."""
    behind = None if after is None else int(after[:8], 16)
    if behind is not None and behind not in arc:
        raise ValueError(f"{after} does not lie on the arc from {arc.start:08x} on, {arc.length} places long")
    for first, last in arc.ranges():
        low = 0 if first == 0 else bisect_left(cells, f"{first:08x}", key=_sort_key)
        if behind is not None:
            if not first <= behind <= last:
                continue
            assert after is not None
            low = bisect_right(cells, after, key=_sort_key)
            behind = None
        high = len(cells) if last == SIZE - 1 else bisect_left(cells, f"{last + 1:08x}", key=_sort_key)
        if low < high:
            yield low, high


def _take(cells: _Cells, cell: _Cell) -> None:
    del cells[bisect_left(cells, cell.sort_key, key=_sort_key)]


def _take_from(filed: dict[str, _Cells], name: str, cell: _Cell) -> None:
    cells = filed[name]
    if len(cells) == 1:
        del filed[name]
    else:
        _take(cells, cell)
