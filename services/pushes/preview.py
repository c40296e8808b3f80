"""What a push would do if it were sent now: who is meant and who of them is here. Sends and writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.connections.presence import Cursor, listing
from services.domain import positions
from services.domain.connection import Connection
from services.domain.identity import AttributeValue
from services.domain.pushes import MAX_FRAME_BYTES, Push
from services.domain.targets import json_form
from services.ports import Ports
from services.pushes.release import cheapest_cover, check_frame_size, frame_size_bytes
from services.pushes.requests import PushRequest

PAGE = 500
SAMPLE = 10
"""How many of the terminals are shown."""
VALUES_SHOWN = 20
"""Most values counted out for one attribute, the commonest first."""
NEAR_LIMIT = 0.9
"""From this share of the frame limit on, the size is warned of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who is connected now and meant. Counts of groups and attribute values are of connections."""

    connections: int
    terminals: int
    users: int
    by_group: Mapping[str, int]
    by_attribute: Mapping[str, Mapping[AttributeValue, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:
    """Something the caller should know before sending; `code` is documented in docs/errors.md."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The answer: audience, a sample of it, the topics that would be read, the frame's size, warnings."""

    audience: Audience
    sample: Sequence[Connection]
    topics: Sequence[str]
    frame_bytes: int
    warnings: Sequence[Warning]


async def preview(ports: Ports, request: PushRequest, *, sender: str) -> Preview:
    """Preview a push. Raises Problem (413) if it could not be sent at all."""
    now_s = ports.clock.now_s()
    cover = await cheapest_cover(ports.registry, request.target)
    push = Push(
        id=positions.new_id(now_s),
        sender=sender,
        target=json_form.to_json(request.target),
        cover=cover,
        message=request.message,
        strategy=request.strategy,
        created_at_s=now_s,
        expires_at_s=None if request.strategy.expires_in_s is None else now_s + request.strategy.expires_in_s,
    )
    check_frame_size(push, push.id, now_s)
    tally = _Tally()
    at: Cursor | None = Cursor(cover, 0, None)
    while at is not None:
        rows, at = await listing(ports, request.target, limit=PAGE, cursor=at)
        tally.add(rows)
    frame_bytes = frame_size_bytes(push, push.id, now_s)
    return Preview(
        audience=tally.audience(),
        sample=tally.sample,
        topics=[str(topic) for topic in cover.topics],
        frame_bytes=frame_bytes,
        warnings=_warnings(request, tally, frame_bytes),
    )


def _warnings(request: PushRequest, tally: _Tally, frame_bytes: int) -> list[Warning]:
    warnings: list[Warning] = []
    if tally.connections == 0:
        kept = request.strategy.retain_s > 0
        outcome = "those who come back in time will get it" if kept else "and nothing is kept for those who come later"
        warnings.append(Warning(code="nobody_connected", detail=f"nobody who is meant is connected now; {outcome}"))
    if frame_bytes > NEAR_LIMIT * MAX_FRAME_BYTES:
        warnings.append(
            Warning(code="near_size_limit", detail=f"the frame has {frame_bytes} of {MAX_FRAME_BYTES} bytes")
        )
    return warnings


class _Tally:
    """Counts rows as they are read."""

    def __init__(self) -> None:
        self.connections = 0
        self.sample: list[Connection] = []
        self._terminals: set[str] = set()
        self._users: set[str] = set()
        self._groups: Counter[str] = Counter()
        self._attributes: dict[str, Counter[AttributeValue]] = {}

    def add(self, rows: Sequence[Connection]) -> None:
        self.connections += len(rows)
        self.sample.extend(rows[: SAMPLE - len(self.sample)])
        for row in rows:
            self._terminals.add(row.terminal_id)
            self._users.add(row.user)
            self._groups.update(row.groups)
            for name, value in row.attributes.items():
                self._attributes.setdefault(name, Counter())[value] += 1

    def audience(self) -> Audience:
        return Audience(
            connections=self.connections,
            terminals=len(self._terminals),
            users=len(self._users),
            by_group=dict(self._groups.most_common()),
            by_attribute={name: dict(values.most_common(VALUES_SHOWN)) for name, values in self._attributes.items()},
        )
