"""Connections, pushes and their parts, with what a test does not care about filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.domain import positions, topics
from services.domain.audit import AuditEntry
from services.domain.connection import Connection
from services.domain.identity import AttributeValue
from services.domain.pushes import (
    FIRST_STAGE,
    Job,
    JobKind,
    LogEntry,
    Planned,
    Profile,
    Push,
    Receipt,
    ReceiptKind,
)
from services.domain.ring import place_of
from services.domain.strategies.strategy import Strategy
from services.domain.targets import json_form
from services.domain.targets.cover import Cover
from services.domain.targets.expression import Any, Attr, Groups, Not, Users
from services.domain.targets.flow import Flow
from services.domain.topics import Topic
from services.ports import IdempotencyKey, Submission
from tests.contract.adapters import NOON_S

RECEIPTS = Strategy(receipts="each")

_EITHER = (Flow(clause=Groups(("ops",)), into=9, out=2), Flow(clause=Attr("os", "eq", "Grüße"), into=9, out=3))
_NEITHER = Flow(clause=Any(tuple(part.clause for part in _EITHER)), into=9, out=4, parts=_EITHER)
PLANNED = Profile(
    terminals=1_000,
    away=20,
    exact=True,
    by_timezone={"Asia/Tokyo": 900, "": 100},
    planned=Planned(
        connections=1_002, users=990, flow=Flow(clause=Not(_NEITHER.clause), into=9, out=5, parts=(_NEITHER,))
    ),
)
"""A profile with all that one can have."""


def connection(
    connection_id: str,
    *,
    user: str = "alice",
    terminal_id: str | None = None,
    place: int | None = None,
    groups: tuple[str, ...] = (),
    attributes: Mapping[str, AttributeValue] | None = None,
    expires_at_s: int = int(NOON_S) + 3_600,
    heard_at_s: float = NOON_S,
) -> Connection:
    """An open connection; its terminal is named after it, and its place follows from its terminal."""
    terminal = terminal_id or f"{user}/{connection_id}"
    return Connection(
        connection_id=connection_id,
        terminal_id=terminal,
        place=place_of(terminal) if place is None else place,
        user=user,
        issuer="fanfare",
        groups=groups,
        token_groups=groups,
        attributes=attributes or {},
        scopes=frozenset({"chat"}),
        token_id=f"token-of-{connection_id}",
        issued_at_s=int(NOON_S),
        expires_at_s=expires_at_s,
        connected_at_s=NOON_S,
        last_heard_at_s=heard_at_s,
        source_ip="192.0.2.7",
        user_agent="fanfare-test/1",
    )


def audit_entry(
    *, at_s: float = NOON_S, actor: str = "admin", action: str = "push.create", subject: str = "p"
) -> AuditEntry:
    """An entry with an id of its own."""
    return AuditEntry(
        id=positions.new_id(at_s), at_s=at_s, actor=actor, action=action, subject=subject, detail={"n": 1}
    )


def push(
    *users: str, sender: str = "admin", strategy: Strategy | None = None, at_s: float = NOON_S, message: object = "hi"
) -> Push:
    """A push to these users (alice if none is named), being sent."""
    names = users or ("alice",)
    return Push(
        id=positions.new_id(at_s),
        sender=sender,
        target=json_form.to_json(Users(names)),
        cover=Cover(Users(names), tuple(topics.user(name) for name in names)),
        message=message,
        strategy=strategy or Strategy(),
        created_at_s=at_s,
        expires_at_s=None,
    )


def jobs_of(
    sent: Push, position: str | None = None, *, stage: str = FIRST_STAGE, kind: JobKind = "deliver"
) -> list[Job]:
    """A job for each topic of a push, under one position: a slice."""
    released = position or positions.new_id(sent.created_at_s)
    return [
        Job(push_id=sent.id, position=released, part=part, topic=topic, stage=stage, kind=kind)
        for part, topic in enumerate(sent.cover.topics)
    ]


def log_entry(
    sent: Push, topic: Topic | None = None, *, position: str | None = None, retained_until_s: float | None = None
) -> LogEntry:
    """An entry of a push in the log of a topic, the first of its cover if none is named."""
    return LogEntry(
        topic=topic or sent.cover.topics[0],
        position=position or positions.new_id(sent.created_at_s),
        push_id=sent.id,
        retained_until_s=retained_until_s or sent.created_at_s + sent.strategy.retain_s,
    )


def submission(
    sent: Push,
    *,
    entries: Sequence[LogEntry] = (),
    jobs: Sequence[Job] | None = None,
    key: IdempotencyKey | None = None,
) -> Submission:
    """A push with its jobs, to be submitted."""
    return Submission(
        push=sent,
        entries=entries,
        jobs=jobs_of(sent) if jobs is None else jobs,
        audit=audit_entry(at_s=sent.created_at_s, actor=sent.sender, subject=sent.id),
        idempotency=key,
    )


def receipt(
    sent: Push,
    terminal_id: str,
    kind: ReceiptKind = "sent",
    *,
    connection_id: str = "c1",
    at_s: float = NOON_S,
    detail: str | None = None,
    user: str = "alice",
    stage: str = FIRST_STAGE,
) -> Receipt:
    """What became of a push at a terminal, of alice if nobody is named."""
    return Receipt(
        push_id=sent.id,
        connection_id=connection_id,
        terminal_id=terminal_id,
        user=user,
        kind=kind,
        at_s=at_s,
        detail=detail,
        stage=stage,
    )
