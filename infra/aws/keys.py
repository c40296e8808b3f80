"""The keys of the one table, all built here: names are escaped, so none can pose as a key of another item.

A partition key's parts are joined by `#`. In a name, `#` and the escape sign `%` are written as in a URL, so that parts
can be told apart whatever a token claims. A name that is a whole sort key needs no escape, and so keeps its order.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, NamedTuple

from services.domain.positions import time_of_s
from services.domain.pushes import JobKey
from services.domain.topics import Topic


class Key(NamedTuple):
    """The primary key of an item: partition key and sort key."""

    pk: str
    sk: str


META: Final = "META"
"""The sort key of an item that is alone in its partition, or stands for it."""


def escaped(name: str) -> str:
    """A name as a part of a key."""
    return name.replace("%", "%25").replace("#", "%23")


def unescaped(part: str) -> str:
    """The name in a part of a key."""
    return part.replace("%23", "#").replace("%25", "%")


def connection(connection_id: str) -> Key:
    """A connection's own record."""
    return Key(f"CONN#{escaped(connection_id)}", META)


def heard(connection_id: str) -> Key:
    """When a terminal was last heard, beside its connection's record: noting that is not to touch the record."""
    return Key(connection(connection_id).pk, "HEARD")


def topic_partition(topic: Topic, shard: int = 0) -> str:
    """Where the rows filed under a topic are, in ring order; a large topic has several shards."""
    return f"TOPIC#{escaped(str(topic))}#{shard}"


def topic_row(topic: Topic, shard: int, sort_key: str) -> Key:
    """The row of a connection under one of its topics; `sort_key` is `Connection.sort_key`."""
    return Key(topic_partition(topic, shard), sort_key)


def places(first: int, last: int) -> tuple[str, str]:
    """The lowest and the highest sort key of the rows from one place of the ring to another, both included."""
    return f"{first:08x}", f"{last:08x}$"  # `$` is the sign behind `#`


TOTALS: Final = Key("HEADCOUNT", META)
"""How many connections, terminals and users there are."""
GROUPS: Final = "GROUPS"
"""The partition of the groups that have connections, by name."""


def group_count(name: str) -> Key:
    """How many connections a group has."""
    return Key(GROUPS, name)


GROUP_SIZES: Final = "GROUPS#SIZES"
"""The partition of the sizes of groups, as they were now and then."""


def group_sizes(at_s: int) -> Key:
    """How large groups were at a moment (epoch seconds)."""
    return Key(GROUP_SIZES, f"{at_s:010d}")


ACTIVITY: Final = "ACTIVITY"
"""The partition of what happened in each minute."""


def minute(number: int) -> Key:
    """What happened in a minute since the epoch."""
    return Key(ACTIVITY, f"{number:010d}")


def user_count(user: str) -> Key:
    """How many connections a user has."""
    return Key(f"HERE#USER#{escaped(user)}", META)


def terminal_count(terminal_id: str) -> Key:
    """The connections of a terminal, as they were counted."""
    return Key(f"HERE#TERMINAL#{escaped(terminal_id)}", META)


def standing(user: str) -> Key:
    """What is held against a user: a block, and the moment from which on their tokens count."""
    return Key(f"STANDING#{escaped(user)}", META)


def revoked_token(token_id: str) -> Key:
    """A token that was revoked."""
    return Key(f"TOKEN#{escaped(token_id)}", META)


def given_to(user: str) -> str:
    """The partition of the groups given to a user at run time, by name."""
    return f"GIVEN#{escaped(user)}"


def members(group: str) -> str:
    """The partition of the users a group was given to at run time, by name."""
    return f"MEMBERS#{escaped(group)}"


def month_of(at_s: float) -> str:
    """The month of a moment (epoch seconds) in UTC: `2026-11`."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m}"


def audit(entry_id: str) -> Key:
    """An entry of the audit trail, whose id is a UUIDv7."""
    return Key(audit_partition(month_of(time_of_s(entry_id))), entry_id)


def audit_partition(month: str) -> str:
    """Where the audit trail of a month (`2026-11`) is, in order of ids."""
    return f"AUDIT#{month}"


def log_partition(topic: Topic) -> str:
    """Where the log of a topic is, in order of position."""
    return f"LOG#{escaped(str(topic))}"


PUSHES_BEGIN: Final = "PUSH#"
"""How the partition keys begin under which what is kept of a push is."""


def push_partition(push_id: str) -> str:
    """Where a push, its contents and its jobs are."""
    return f"{PUSHES_BEGIN}{escaped(push_id)}"


def push(push_id: str) -> Key:
    """A push's own record."""
    return Key(push_partition(push_id), META)


def push_contents(push_id: str) -> Key:
    """What of a push never changes, if it is too long for its record."""
    return Key(push_partition(push_id), "BODY")


def job(job_key: JobKey) -> Key:
    """A fan-out job of a push."""
    push_id, position, part, lane = job_key
    return Key(push_partition(push_id), f"J#{escaped(position)}#{part}#{lane}")


JOBS: Final = ("J#", "J$")  # `$` is the sign behind `#`
"""The lowest and the highest sort key of a push's jobs; its record comes behind them."""


def receipt_partition(push_id: str, shard: int) -> str:
    """Where some of a push's receipts are, and the counters of what terminals tell."""
    return f"{push_partition(push_id)}#{shard}"


def receipt(terminal_id: str, sort: int) -> str:
    """The sort key of one sort of what became of a push at a terminal."""
    return f"R#{escaped(terminal_id)}#{sort}"


RECEIPTS: Final = ("R#", "R$")
"""The lowest and the highest sort key of the receipts in a partition."""


def counter(stage: str, number: int) -> str:
    """The sort key of a counter among receipts: of what terminals of a stage tell."""
    return f"COUNT#{escaped(stage)}#{number}"


COUNTERS: Final = ("COUNT#", "COUNT$")
"""The lowest and the highest sort key of the counters in a partition."""


def reader(user: str) -> str:
    """The sort key, among receipts, of what says that a user has read the push on some terminal."""
    return f"U#{user}"


READERS: Final = ("U#", "U$")
"""The lowest and the highest sort key of the users in a partition who have read the push."""


def day_of(at_s: float) -> str:
    """The day of a moment (epoch seconds) in UTC: `2026-11-24`."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d}"


def pushes_of(day: str) -> str:
    """Where the pushes of a day (`2026-11-24`) are listed by id, which is a UUIDv7."""
    return f"PUSHES#{day}"


UNDER_WAY: Final = "PUSHES#UNDER-WAY"
"""Where the pushes that are under way are listed by id."""


def idempotency(caller: str, key: str) -> Key:
    """What a caller's idempotency key stands for."""
    return Key(f"IDEM#{escaped(caller)}#{escaped(key)}", META)


def ticket(ticket_id: str) -> Key:
    """A ticket that was used."""
    return Key(f"TICKET#{escaped(ticket_id)}", META)


def timer(name: str) -> Key:
    """A timer that is set."""
    return Key(f"TIMER#{escaped(name)}", META)


STRATEGIES: Final = "STRATEGIES"
"""The partition of the strategies that were kept, by name."""


def strategy(name: str) -> Key:
    """The newest version of a strategy."""
    return Key(STRATEGIES, name)


def strategy_versions(name: str) -> str:
    """Where all versions of a strategy are, in order."""
    return f"STRATEGY#{escaped(name)}"


def strategy_version(name: str, version: int) -> Key:
    """One version of a strategy."""
    return Key(strategy_versions(name), f"{version:010d}")


SENDERS: Final = "SENDERS"
"""The partition of the callers who are held to something, by name."""


def sender_minute(sub: str, minute: int) -> Key:
    """How many pushes a sender made in a minute since the epoch."""
    return Key(f"SENT#{escaped(sub)}", f"{minute:010d}")


def plan(plan_id: str) -> Key:
    """A plan."""
    return Key(f"PLAN#{escaped(plan_id)}", META)


def plan_names(plan_id: str, number: int) -> Key:
    """Some of the names of the terminals that a plan is for."""
    return Key(plan(plan_id).pk, f"NAMES#{number}")


def seen(shard: int) -> str:
    """Where some of the terminals that were here are, by name."""
    return f"SEEN#{shard}"


def seen_of(user: str) -> str:
    """Where the names of a user's terminals that were here are."""
    return f"SEEN#USER#{escaped(user)}"
