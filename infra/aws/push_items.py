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
from services.domain import positions, profile_form
from services.domain.pushes import OPEN, Push, State
from services.domain.strategies import json_form as strategy_form
from services.domain.targets import cover
from services.domain.timeline import run as run_form
from services.domain.timeline import schedule as schedule_form
from services.domain.timeline.run import NOT_BEGUN
from services.domain.timeline.schedule import AT_ONCE

UNMARKED: Final = frozenset({*OPEN, State.COMPLETED})
"""States that a push's listing by day does not tell apart. The usual push goes no further than these, and the write
that would keep them apart is saved: who lists pushes reads their records anyway."""
PARTS_LEFT: Final = "parts_left"
"""The attribute of a record that names the parts which have not ended. Names are taken from it, so it is never larger
than what is under way, however long a push goes on, and to take one again changes nothing."""
WRITE_UNIT_BYTES: Final = 1_024
"""What one write unit writes of an item (DynamoDB, read/write capacity mode)."""
GROWTH_BYTES: Final = 224
"""How much a record may grow: by its end, who ended it, and the counts of its job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A push as its record tells it.

    `left` are the names of the parts that were released and have not ended; no name comes twice. `job` is the sort key
    of the one job that is kept in the record itself.
    """

    push: Push
    left: frozenset[str]
    job: str | None
    item: Mapping[str, Value]

    @property
    def parts_left(self) -> int:
        return len(self.left)

    @property
    def is_last(self) -> bool:
        """Whether the push is completed with the part that is left."""
        return len(self.left) == 1 and self.push.state is State.SENDING and self.push.closing


def waits(push: Push) -> bool:
    """Whether more is to come of a push than what is being sent: nobody knows when it is over, so TTL must leave it."""
    is_on_its_way_out = push.state is State.SENDING and push.closing
    return push.state in OPEN and not is_on_its_way_out and push.expires_at_s is None


def lasts_s(push: Push) -> float:
    """About how long a push may go on after a release of it: what was released must be known for as long.

    The waits of its strategy, and where it has a pace the time for who was meant. Nothing where it has an end, by
    which it is kept anyway. A push that is halted for longer than it is kept is not known as a whole any more.
    """
    strategy = push.strategy
    if strategy.is_immediate or push.expires_at_s is not None:
        return 0.0
    seconds_ = float(sum(wave.then_wait_s for wave in strategy.stages))
    if strategy.ack is not None and strategy.ack.within_s is not None:
        seconds_ += strategy.ack.within_s * (strategy.ack.resend + 1)
    open_share = 1.0
    if strategy.open_window is not None:
        minutes = (strategy.open_window.to_minute - strategy.open_window.from_minute) % 1_440 or 1_440
        open_share = len(strategy.open_window.days) * minutes / (7 * 1_440)
        # A window may open once a week.
        seconds_ += 7 * DAY_S * len(strategy.stages)
    if strategy.pace is not None and push.profile is not None:
        seconds_ += push.profile.terminals / strategy.pace.per_second / open_share
    return seconds_


def kept_until(push: Push, retention_days: int, retained_until_s: float = 0.0) -> int:
    """When TTL may delete a push: so long after it is over and no log names it any more, and a day for the way there.

    `retained_until_s` is for what was released later than with its submission.
    """
    over_s = max(push.created_at_s + push.strategy.retain_s, push.expires_at_s or 0.0, retained_until_s)
    return math.ceil(over_s) + (retention_days + 1) * DAY_S


def record_item(push: Push, *, parts: Iterable[str], expires_at: int | None) -> Item:
    """The record of a new push, without its contents; `parts` are the names of those that are released with it."""
    return present(
        {
            **keys.push(push.id)._asdict(),
            "sender": push.sender,
            **changing(push),
            "created_at_s": push.created_at_s,
            "ends_at_s": push.expires_at_s,
            PARTS_LEFT: frozenset(parts) or None,
            "expires_at": expires_at,
        }
    )


def changing(push: Push) -> Mapping[str, Value]:
    """What of a record a step may change; None is not kept."""
    return {
        "state": push.state.value,
        "step": push.step,
        "finished_at_s": push.finished_at_s,
        "ended_by": push.ended_by,
        "run": None if push.run == NOT_BEGUN else to_json(run_form.to_json(push.run)),
        "due_at_s": push.due_at_s,
        "closing": None if push.closing else False,
    }


def contents(push: Push) -> str:
    """What of a push never changes, as JSON text."""
    written: dict[str, object] = {
        "target": push.target,
        "cover": cover.to_json(push.cover),
        "message": push.message,
        "strategy": strategy_form.to_json(push.strategy),
    }
    if push.schedule != AT_ONCE:
        written["schedule"] = schedule_form.to_json(push.schedule)
    if push.parent is not None:
        written["parent"] = push.parent
    if push.test:
        written["test"] = True
    if push.profile is not None:
        written["profile"] = profile_form.to_json(push.profile)
    return to_json(written)


def with_contents(record: Item, text: str) -> tuple[Item, ...]:
    """A record with its contents in it if that stays within one write unit, else the record and another item.

    The record of a push that moves by steps grows by what is kept of its timeline, and is written at each: it is alone.
    """
    whole_record = {**record, "contents": text}
    if record.get("closing") is None and size_bytes(whole_record) + GROWTH_BYTES <= WRITE_UNIT_BYTES:
        return (whole_record,)
    key = keys.push_contents(id_of(record))
    return (record, present({**key._asdict(), "contents": text, "expires_at": record.get("expires_at")}))


def id_of(record: Mapping[str, Value]) -> str:
    """The id of the push that a record is of."""
    return keys.unescaped(str(record["pk"]).removeprefix(keys.PUSHES_BEGIN))


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
        schedule=schedule_form.from_json(written["schedule"]) if "schedule" in written else AT_ONCE,
        parent=written.get("parent"),
        test=written.get("test", False),
        profile=profile_form.from_json(written["profile"]) if "profile" in written else None,
    )
    return as_it_is(unchanging, record)


def as_it_is(push: Push, record: Mapping[str, Value]) -> Push:
    """A push whose contents are known, with what its record says now."""
    ended_by, run = record.get("ended_by"), record.get("run")
    return replace(
        push,
        state=State(str(record["state"])),
        step=whole(record["step"]),
        finished_at_s=optional_seconds(record.get("finished_at_s")),
        ended_by=None if ended_by is None else str(ended_by),
        run=NOT_BEGUN if run is None else run_form.from_json(json.loads(str(run))),
        due_at_s=optional_seconds(record.get("due_at_s")),
        closing=record.get("closing") is not False,
    )


def record_of(push: Push, item: Mapping[str, Value]) -> Record:
    """What a record says, with its push."""
    job = item.get("job")
    return Record(
        push=as_it_is(push, item),
        left=texts(item.get(PARTS_LEFT)),
        job=None if job is None else str(job),
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
            "due_at_s": push.due_at_s,
            "logged": to_json(logged) if logged else None,
            "expires_at": expires_at,
        }
    )
