"""Pushes as items: a small record that changes, contents that never do, and the two places where a push is listed.

A push is there when its record is: log entries, jobs and listings that came before it lead nowhere until then.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from infra.aws import keys
from infra.aws.attributes import Item, Value
from infra.aws.keys import Key
from infra.aws.values import DAY_S, optional_seconds, present, seconds, size_bytes, texts, to_json, whole
from services.domain import positions
from services.domain.strategies import json_form as strategy_form
from services.domain.pushes import OPEN, Push, State
from services.domain.targets import cover

UNMARKED: Final = frozenset({*OPEN, State.COMPLETED})
"""States that a push's listing by day does not tell apart. The usual push goes no further than these, and the write
that would keep them apart is saved: who lists pushes reads their records anyway."""
_BEFORE_A_RELEASE: Final = frozenset({State.AWAITING_APPROVAL, State.SCHEDULED, State.WAITING})
WRITE_UNIT_BYTES: Final = 1_024
"""What one write unit writes of an item (DynamoDB, read/write capacity mode)."""
GROWTH_BYTES: Final = 224
"""How much a record may grow: by its end, who ended it, and the counts of its job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A push as its record tells it.

    `parts` is how many parts were released, `ended` the names of those that are finished. `job` is the sort key of the
    one job that is kept in the record itself. `large_releases` are positions that were released by more than one
    transaction could write. `item` is the record, of which `expires_at` is when TTL may delete the push; it is None
    while that waits.
    """

    push: Push
    parts: int
    ended: frozenset[str]
    job: str | None
    large_releases: frozenset[str]
    item: Mapping[str, Value]

    @property
    def parts_left(self) -> int:
        return self.parts - len(self.ended)

    @property
    def expires_at(self) -> int | None:
        expires_at = self.item.get("expires_at")
        return None if expires_at is None else whole(expires_at)


def waits(push: Push) -> bool:
    """Whether a push waits for somebody or for its time: nobody knows when it will be over, so TTL must leave it."""
    return push.state in _BEFORE_A_RELEASE and push.expires_at_s is None


def kept_until(push: Push, retention_days: int, retained_until_s: float = 0.0) -> int:
    """When TTL may delete a push: so long after it is over and no log names it any more, and a day for the way there.

    `retained_until_s` is for what was released later than with its submission.
    """
    over_s = max(push.created_at_s + push.strategy.retain_s, push.expires_at_s or 0.0, retained_until_s)
    return math.ceil(over_s) + (retention_days + 1) * DAY_S


def record_item(push: Push, *, parts: int, expires_at: int | None) -> Item:
    """The record of a new push, without its contents."""
    return present(
        {
            **keys.push(push.id)._asdict(),
            "sender": push.sender,
            "state": push.state.value,
            "step": push.step,
            "created_at_s": push.created_at_s,
            "ends_at_s": push.expires_at_s,
            "finished_at_s": push.finished_at_s,
            "ended_by": push.ended_by,
            "parts": parts,
            "expires_at": expires_at,
        }
    )


def contents(push: Push) -> str:
    """What of a push never changes, as JSON text."""
    return to_json(
        {
            "target": push.target,
            "cover": cover.to_json(push.cover),
            "message": push.message,
            "strategy": strategy_form.to_json(push.strategy),
        }
    )


def with_contents(record: Item, text: str) -> tuple[Item, ...]:
    """A record with its contents in it if that stays within one write unit, else the record and another item."""
    whole_record = {**record, "contents": text}
    if size_bytes(whole_record) + GROWTH_BYTES <= WRITE_UNIT_BYTES:
        return (whole_record,)
    key = keys.push_contents(id_of(record))
    return (record, present({**key._asdict(), "contents": text, "expires_at": record.get("expires_at")}))


def id_of(record: Mapping[str, Value]) -> str:
    """The id of the push that a record is of."""
    return keys.unescaped(str(record["pk"]).removeprefix("PUSH#"))


def push_of(record: Mapping[str, Value], text: str) -> Push:
    """The push of a record and its contents."""
    written = json.loads(text)
    unchanging = Push(
        id=id_of(record),
        sender=str(record["sender"]),
        target=written["target"],
        cover=cover.from_json(written["cover"]),
        message=written["message"],
        strategy=strategy_form.from_json(written["strategy"]),
        created_at_s=seconds(record["created_at_s"]),
        expires_at_s=optional_seconds(record.get("ends_at_s")),
    )
    return as_it_is(unchanging, record)


def as_it_is(push: Push, record: Mapping[str, Value]) -> Push:
    """A push whose contents are known, with what its record says now."""
    ended_by = record.get("ended_by")
    return replace(
        push,
        state=State(str(record["state"])),
        step=whole(record["step"]),
        finished_at_s=optional_seconds(record.get("finished_at_s")),
        ended_by=None if ended_by is None else str(ended_by),
    )


def record_of(push: Push, item: Mapping[str, Value]) -> Record:
    """What a record says, with its push."""
    job = item.get("job")
    return Record(
        push=as_it_is(push, item),
        parts=whole(item["parts"]),
        ended=texts(item.get("ended")),
        job=None if job is None else str(job),
        large_releases=texts(item.get("large_releases")),
        item=item,
    )


def listing_item(push: Push, expires_at: int | None) -> Item:
    """What lists a push among those of its day."""
    return present(
        {
            **listing_key(push.id)._asdict(),
            "sender": push.sender,
            "state": None if push.state in UNMARKED else push.state.value,
            "expires_at": expires_at,
        }
    )


def listing_key(push_id: str) -> Key:
    """Where a push is listed among those of its day."""
    return Key(keys.pushes_of(keys.day_of(positions.time_of_s(push_id))), push_id)


def under_way_item(
    push: Push, since_s: float, expires_at: int | None, released: Iterable[tuple[str, str]] = ()
) -> Item:
    """What lists a push while it is open, or parts of it are left.

    `released` are the topics and positions of log entries of a submission whose jobs do not tell them.
    """
    logged = [list(entry) for entry in released]
    return present(
        {
            "pk": keys.UNDER_WAY,
            "sk": push.id,
            "sender": push.sender,
            "state": push.state.value,
            "step": push.step,
            "since_s": since_s,
            "logged": to_json(logged) if logged else None,
            "expires_at": expires_at,
        }
    )
