"""One open socket of a terminal, as the registry keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.domain import ring, topics
from services.domain.identity import AttributeValue, Identity
from services.domain.topics import Topic

LONGEST_HANDSHAKE_S = 30
"""How long after it was filed a connection may still be without a socket: API Gateway opens it when `$connect` has
answered, for which it has 29 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A registry row: all that a filter, a listing or a revocation needs, so that no second read is made.

    `groups` are those of the token and those given at run time; `token_groups` the former alone.
    `place` is the terminal's place on the ring. Times are epoch seconds; `expires_at_s` is when the
    session's token ends, `last_heard_at_s` when the terminal was last known to be there.
    """

    connection_id: str
    terminal_id: str
    place: int
    user: str
    issuer: str
    groups: tuple[str, ...] = ()
    token_groups: tuple[str, ...] = ()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()
    token_id: str | None = None
    issued_at_s: int | None = None
    expires_at_s: int
    connected_at_s: float
    last_heard_at_s: float
    source_ip: str = ""
    user_agent: str = ""

    def topics(self) -> tuple[Topic, ...]:
        """Every topic the connection is filed under."""
        return topics.filed_under(self.user, self.groups, self.terminal_id)

    @property
    def sort_key(self) -> str:
        """Its place in ring order within a topic: `<ring, 8 hex digits>#<connection id>`."""
        return f"{self.place:08x}#{self.connection_id}"

    def says_the_same_as(self, other: Connection) -> bool:
        """Whether both rows say the same, whenever the terminal was last heard."""
        return self == replace(other, last_heard_at_s=self.last_heard_at_s)

    def may_be_opening(self, now_s: float) -> bool:
        """Whether its handshake may be under way: the gateway says until its end that there is no such socket.

        A terminal that has been heard is past it.
        """
        return self.last_heard_at_s <= self.connected_at_s and now_s - self.connected_at_s < LONGEST_HANDSHAKE_S


def connection_id_of(sort_key: str) -> str:
    """The connection id in a `Connection.sort_key`."""
    return sort_key.partition("#")[2]


def place_of(sort_key: str) -> int:
    """The place in a `Connection.sort_key`."""
    return int(sort_key.partition("#")[0], 16)


def terminal_id_of(identity: Identity, calls_itself: str | None, connection_id: str) -> str:
    """The token's terminal claim, else `<user>/<what the client calls itself>`, else the connection id.

    What a client calls itself can only name a terminal of its own user, so none can pose as another's.
    """
    if identity.terminal is not None:
        return identity.terminal
    if calls_itself:
        return f"{identity.user}/{calls_itself}"
    return connection_id


def opened(
    identity: Identity,
    *,
    connection_id: str,
    calls_itself: str | None,
    run_time_groups: frozenset[str],
    now_s: float,
    source_ip: str = "",
    user_agent: str = "",
) -> Connection:
    """The row of a connection that has just been let in."""
    terminal_id = terminal_id_of(identity, calls_itself, connection_id)
    bare = Connection(
        connection_id=connection_id,
        terminal_id=terminal_id,
        place=ring.place_of(terminal_id),
        user=identity.user,
        issuer=identity.issuer,
        expires_at_s=identity.expires_at_s,
        connected_at_s=now_s,
        last_heard_at_s=now_s,
        source_ip=source_ip,
        user_agent=user_agent,
    )
    return under(bare, identity, run_time_groups=run_time_groups)


def under(connection: Connection, identity: Identity, *, run_time_groups: frozenset[str]) -> Connection:
    """The connection under a token of its user: what the token says, and the groups given at run time."""
    return replace(
        connection,
        groups=identity.with_groups(run_time_groups).groups,
        token_groups=identity.groups,
        attributes=identity.attributes,
        scopes=identity.scopes,
        token_id=identity.token_id,
        issued_at_s=identity.issued_at_s,
        expires_at_s=identity.expires_at_s,
    )
