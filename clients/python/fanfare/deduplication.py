"""Which pushes were seen: a bounded memory, so that each is shown once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator


class Seen:
    """The last `most` ids, the least recently seen forgotten first. Raises ValueError if `most` is under 1."""

    def __init__(self, ids: Iterable[str] = (), *, most: int = 10_000) -> None:
        if most < 1:
            raise ValueError(f"a memory needs room for at least one id, not {most}")
        self._most = most
        self._ids: OrderedDict[str, None] = OrderedDict()
        for push_id in ids:
            self.add(push_id)

    def add(self, push_id: str) -> bool:
        """Note an id; True if it was not there."""
        new = push_id not in self._ids
        self._ids[push_id] = None
        self._ids.move_to_end(push_id)
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)
        return new

    def discard(self, push_id: str) -> None:
        """Forget an id."""
        self._ids.pop(push_id, None)

    def __contains__(self, push_id: object) -> bool:
        return push_id in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)
