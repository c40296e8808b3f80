"""How many are connected, counted from what the table's stream says of connections' records.

Of each terminal it is kept as what its connections were counted. What a record of the stream says is compared with
that, and the difference is added to the counters in the same transaction. So a batch that is delivered again, in
whatever pieces, changes nothing, and a record that was lost is made good by the next one of its connection.

Costs two write units for each terminal, user and group that a transaction touches, two more for the totals, and two
for the figures of the minute.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypedDict

from infra.aws import activity, connection_rows, keys
from infra.aws.actions import ABSENT, Action, Delete, Put, Update
from infra.aws.attributes import Value, decoded_item
from infra.aws.expressions import change, holds
from infra.aws.keys import META, Key
from infra.aws.table import TRANSACT_ITEMS, Table, TableUnavailable
from services.domain.activity import NOTHING, Figures, minute_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

KEPT_S: Final = 7 * 86_400
"""How long a count that nothing changes is kept: longer than TTL and stream can be late, while a connection lives two
hours. What a terminal, user or group was counted wrongly is so forgotten."""
OF_EACH: Final = 2
"""Items that a transaction may touch beside terminals, users and groups: the totals, and the figures of the minute."""
MOST_TRIES: Final = 8
"""How often in a row others may have changed the same counts first, before the batch is left to be delivered again."""
GROUPS_AT_ONCE: Final = 50
"""Most groups that a connection comes to, or leaves, in one transaction."""


class StreamView(TypedDict, total=False):
    """What a stream record says of an item (`dynamodb` in the event of a Lambda function). Time is in epoch seconds."""

    ApproximateCreationDateTime: float
    Keys: Mapping[str, AttributeValueTypeDef]
    NewImage: Mapping[str, AttributeValueTypeDef]
    OldImage: Mapping[str, AttributeValueTypeDef]
    SequenceNumber: str


class StreamRecord(TypedDict):
    """A record of the table's stream, view type `NEW_AND_OLD_IMAGES`."""

    dynamodb: StreamView


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceEvent:
    """The first connection of a user or of a terminal has come, or the last one has gone; when that was counted.

    `user` is whose a terminal is.
    """

    kind: Literal["user", "terminal"]
    name: str
    online: bool
    at_s: float
    user: str | None = None


class Unfinished(Exception):
    """Not all of a batch was counted: `done` records from its start are. The cause is the TableUnavailable.

    `events` are those of what was counted, as they are not told again.
    """

    def __init__(self, done: int, events: Sequence[PresenceEvent]) -> None:
        super().__init__(f"{done} records of the batch were counted")
        self.done = done
        self.events = events


class Place(NamedTuple):
    """Where it is kept as what a connection was counted."""

    terminal_id: str
    connection_id: str


class Counted(NamedTuple):
    """As what a connection is counted."""

    user: str
    groups: frozenset[str]


class Move(NamedTuple):
    """A change of what a connection is counted as; None is not at all."""

    place: Place
    before: Counted | None
    after: Counted | None

    def users(self) -> Collection[str]:
        """The users whose count it changes."""
        names = {counted.user for counted in (self.before, self.after) if counted is not None}
        return () if self.before is not None and self.after is not None and len(names) == 1 else names

    def groups(self) -> Collection[str]:
        """The groups whose count it changes."""
        return _groups(self.before) ^ _groups(self.after)


def says(record: StreamRecord) -> Mapping[Place, Counted | None]:
    """What a stream record says is to be counted; nothing if it is not one of a connection's own record."""
    view = record["dynamodb"]
    pk, sk = (decoded_item(view["Keys"])[name] for name in ("pk", "sk"))
    if sk != META or not str(pk).startswith("CONN#"):
        return {}
    said: dict[Place, Counted | None] = {}
    if (old := view.get("OldImage")) is not None:
        said[_place_and_counted(old)[0]] = None
    if (new := view.get("NewImage")) is not None:
        place, counted = _place_and_counted(new)
        said[place] = counted
    return said


@dataclass(slots=True)
class State:
    """What is counted now, of some terminals and users."""

    terminals: dict[str, dict[str, Counted]] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)

    def counted(self, place: Place) -> Counted | None:
        """As what a connection is counted."""
        return self.terminals.get(place.terminal_id, {}).get(place.connection_id)

    def moves(self, wanted: Mapping[Place, Counted | None]) -> Iterator[Move]:
        """The moves from what is counted to what is wanted, none of which touches more than 50 groups."""
        for place, after in wanted.items():
            before = self.counted(place)
            if before is not None and after is not None and before.user != after.user:
                yield from _steps(place, before, None)
                before = None
            yield from _steps(place, before, after)

    def after(self, moves: Iterable[Move]) -> State:
        """What is counted, of the same terminals and users, when these moves are made."""
        terminals = {name: dict(connections) for name, connections in self.terminals.items()}
        users = Counter(self.users)
        for place, before, after in moves:
            connections = terminals.setdefault(place.terminal_id, {})
            if after is None:
                connections.pop(place.connection_id, None)
            else:
                connections[place.connection_id] = after
            users.update(_difference(_users(before), _users(after)))
        return State(terminals, {name: max(0, number) for name, number in users.items()})


def transactions(moves: Iterable[Move]) -> Iterator[Sequence[Move]]:
    """The moves in as few transactions as their order allows: each touches at most 100 items, with the two of each."""
    some: list[Move] = []
    touched: set[tuple[str, str]] = set()
    for move in moves:
        more = _touched(move)
        if some and len(touched | more) > TRANSACT_ITEMS - OF_EACH:
            yield some
            some, touched = [], set()
        some.append(move)
        touched |= more
    if some:
        yield some


def actions(before: State, moves: Sequence[Move], now_s: float) -> Sequence[Action]:
    """The writes of one transaction: they hold only if what they touch is counted as in `before`."""
    after = before.after(moves)
    expires_at = int(now_s) + KEPT_S
    found: list[Action] = []
    for name in sorted({move.place.terminal_id for move in moves}):
        was, is_now = before.terminals.get(name, {}), after.terminals[name]
        found.append(_replaced(keys.terminal_count(name), "connections", _text(was), _text(is_now), expires_at))
    for name in sorted({user for move in moves for user in move.users()}):
        number, new_number = before.users.get(name, 0), after.users[name]
        if number != new_number:
            found.append(_replaced(keys.user_count(name), "n", number, new_number, expires_at))
    groups: Counter[str] = Counter()
    for move in moves:
        groups.update(_difference(_groups(move.before), _groups(move.after)))
    for name, difference in sorted(groups.items()):
        if difference:
            found.append(
                Update(key=keys.group_count(name), change=change(to={"expires_at": expires_at}, add={"n": difference}))
            )
    totals = {name: number - _totals(before)[name] for name, number in _totals(after).items()}
    if any(totals.values()):
        found.append(Update(key=keys.TOTALS, change=change(add=totals)))
    figures = _figures(moves)
    if figures != NOTHING:
        found.append(activity.added(minute_of(now_s), figures))
    return found


def events(before: State, after: State, now_s: float) -> Iterator[PresenceEvent]:
    """Who came and who went from one state to another of the same terminals and users."""
    for name, number in after.users.items():
        if (number > 0) != (before.users.get(name, 0) > 0):
            yield PresenceEvent(kind="user", name=name, online=number > 0, at_s=now_s)
    for name, connections in after.terminals.items():
        were = before.terminals.get(name, {})
        if bool(connections) != bool(were):
            user = next(counted.user for counted in (connections or were).values())
            yield PresenceEvent(kind="terminal", name=name, online=bool(connections), at_s=now_s, user=user)


async def apply(table: Table, records: Sequence[StreamRecord], *, now_s: float) -> Sequence[PresenceEvent]:
    """Count what a batch of the stream says, and tell who came and who went.

    Records of other items are passed over. Raises Unfinished; what was not counted then is to be delivered again. An
    event is told by the call that counted it, so it is lost if the process dies before it is passed on.
    """
    said = [says(record) for record in records]
    left = {place: counted for one in said for place, counted in one.items()}
    told: list[PresenceEvent] = []
    try:
        for _ in range(MOST_TRIES):
            await _count(table, left, told, now_s)
            if not left:
                return told
        raise TableUnavailable(f"table {table.name}: counts of connections were changed by others {MOST_TRIES} times")
    except TableUnavailable as error:
        done = itertools.takewhile(lambda one: not left.keys() & one.keys(), said)
        raise Unfinished(sum(1 for _ in done), told) from error


async def _count(table: Table, left: dict[Place, Counted | None], told: list[PresenceEvent], now_s: float) -> None:
    """Take out of `left` what is counted, until that is all, or others have changed what was read."""
    state = await _read(table, left)
    try:
        for moves in transactions(state.moves(left)):
            if not await table.transact(actions(state, moves, now_s)):
                break
            later = state.after(moves)
            told.extend(events(state, later, now_s))
            state = later
    finally:
        for place in [place for place, wanted in left.items() if state.counted(place) == wanted]:
            del left[place]


async def _read(table: Table, wanted: Mapping[Place, Counted | None]) -> State:
    """What is counted now of those terminals, and of the users that they are and shall be counted for."""
    names = {keys.terminal_count(place.terminal_id): place.terminal_id for place in wanted}
    state = State({name: {} for name in names.values()})
    for item in await table.get_many([*names]):
        state.terminals[names[_key(item)]] = _connections(item)
    counted = (state.counted(place) for place in wanted)
    users = {each.user for each in itertools.chain(wanted.values(), counted) if each is not None}
    user_keys = {keys.user_count(user): user for user in users}
    state.users = dict.fromkeys(users, 0)
    for item in await table.get_many([*user_keys]):
        state.users[user_keys[_key(item)]] = _number(item)
    return state


def _steps(place: Place, before: Counted | None, after: Counted | None) -> Iterator[Move]:
    """One move of a connection, or several if it touches many groups; both are of one user."""
    known = after or before
    if known is None:
        return
    has, shall = _groups(before), _groups(after)
    changes = sorted(has ^ shall)
    while len(changes) > GROUPS_AT_ONCE:
        some, changes = changes[:GROUPS_AT_ONCE], changes[GROUPS_AT_ONCE:]
        has ^= frozenset(some)
        between = Counted(known.user, has)
        yield Move(place, before, between)
        before = between
    if before != after:
        yield Move(place, before, after)


def _place_and_counted(image: Mapping[str, AttributeValueTypeDef]) -> tuple[Place, Counted]:
    row = connection_rows.of_record(decoded_item(image))
    return Place(row.terminal_id, row.connection_id), Counted(row.user, frozenset(row.groups))


def _touched(move: Move) -> set[tuple[str, str]]:
    return {
        ("terminal", move.place.terminal_id),
        *(("user", name) for name in move.users()),
        *(("group", name) for name in move.groups()),
    }


def _totals(state: State) -> Mapping[str, int]:
    here = [connections for connections in state.terminals.values() if connections]
    return {
        "connections": sum(map(len, here)),
        "terminals": len(here),
        "users": sum(1 for number in state.users.values() if number > 0),
    }


def _figures(moves: Sequence[Move]) -> Figures:
    """Connections that came and went. One that goes over to another user does both."""
    return Figures(
        connects=sum(move.before is None for move in moves), disconnects=sum(move.after is None for move in moves)
    )


def _groups(counted: Counted | None) -> frozenset[str]:
    return frozenset() if counted is None else counted.groups


def _users(counted: Counted | None) -> Collection[str]:
    return () if counted is None else (counted.user,)


def _difference(before: Collection[str], after: Collection[str]) -> Mapping[str, int]:
    difference = Counter(after)
    difference.subtract(Counter(before))
    return difference


def _replaced(key: Key, name: str, was: Value, is_now: Value, expires_at: int) -> Action:
    """Put a count in place of what it was; a count of nothing has no item."""
    condition = holds({name: was}) if was else ABSENT
    if not is_now:
        return Delete(key=key, condition=condition)
    return Put(item={**key._asdict(), name: is_now, "expires_at": expires_at}, condition=condition)


def _text(connections: Mapping[str, Counted]) -> str:
    """The connections of a terminal as they are kept; no text for none."""
    if not connections:
        return ""
    written = {name: [counted.user, *sorted(counted.groups)] for name, counted in sorted(connections.items())}
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"))


def _connections(item: Mapping[str, Value]) -> dict[str, Counted]:
    written = json.loads(str(item["connections"]))
    return {name: Counted(user, frozenset(groups)) for name, (user, *groups) in written.items()}


def _number(item: Mapping[str, Value]) -> int:
    number = item["n"]
    assert isinstance(number, int)
    return number


def _key(item: Mapping[str, Value]) -> Key:
    return Key(str(item["pk"]), str(item["sk"]))
