"""What the service needs from outside, as Protocols. `infra` implements them, `infra.wiring` chooses.

Every port is tested by one contract in tests/contract, run on each adapter. All calls may be made from
one asyncio event loop. Strongly consistent where this file says so; times are epoch seconds; an adapter
raises OSError (or a subclass) when what it stands on cannot be reached, and nothing half-written is left that
a repeat of the same call would not mend.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from services.domain.audit import AuditEntry
from services.domain.connection import Connection
from services.domain.identity import AttributeValue, Identity
from services.domain.pushes import Counts, Job, JobKey, LogEntry, Profile, Progress, Push, Receipt, State
from services.domain.ring import Arc
from services.domain.standing import Block, Standing
from services.domain.strategies.strategy import Strategy
from services.domain.topics import Topic

T = TypeVar("T")


class Clock(Protocol):
    """The time of day; injected, so that tests decide it."""

    def now_s(self) -> float:
        """Epoch seconds."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a listing, and the cursor that continues it; `next` is None at the end."""

    items: Sequence[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class GroupSize:
    """A group of the directory and how many connections are filed under it now."""

    name: str
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """How many are connected now."""

    connections: int
    terminals: int
    users: int
    groups: int


class Registry(Protocol):
    """Who is connected. `get` and `page` are strongly consistent: they see every `add` that has returned."""

    async def add(self, connection: Connection) -> None:
        """File a connection under each of its topics; replaces the row of the same connection id."""

    async def replace(self, connection: Connection, *, was: Connection) -> bool:
        """Put a newer row of an open connection in the place of `was`, and refile it.

        False, and no change, if its row is another by now, or if it is not registered (any more). When the terminal was
        last heard makes no other row, and what was heard since stays noted.
        """

    async def remove(self, connection_ids: Collection[str]) -> Sequence[Connection]:
        """Take connections out of every topic; the rows that were there. Unknown ids are passed over."""

    async def get(self, connection_id: str) -> Connection | None:
        """One row, also if its session is over."""

    async def page(
        self, topic: Topic, arc: Arc, *, live_at_s: float, limit: int, after: str | None = None
    ) -> Page[Connection]:
        """Rows filed under `topic` whose place lies on `arc`, in the order of the walk round the ring.

        Only sessions that are not over at `live_at_s`. `after` is a `Connection.sort_key`: the walk goes on
        behind it. A page may hold fewer than `limit` rows and still have a `next`. `last_heard_at_s` may be that of the
        last `add` or `replace`; `get` knows what was `heard` since. Raises ValueError if `after` is not on the arc.
        """

    async def lanes(self, topics: Collection[Topic]) -> Mapping[Topic, int]:
        """In how many lanes each topic is walked, at the same time, to be served in time; at least 1."""

    async def sizes(self, topics: Collection[Topic]) -> Mapping[Topic, int]:
        """About how many connections are filed under each topic; 0 for unknown ones.

        Of `all` and of groups it is derived as connections come and go, and may lag by seconds. Of up to 20 users and
        terminals it is exact, and strongly consistent.
        """

    async def groups(self, *, limit: int, after: str | None = None) -> Page[GroupSize]:
        """The groups that have connections, by name; `after` is a group's name. Derived, and may lag by seconds.

        A page may hold fewer than `limit` groups and still have a `next`.
        """

    async def presence(self) -> Presence:
        """How many are connected; derived as connections come and go, so it may lag by seconds."""

    async def over(self, before_s: float, *, limit: int) -> Sequence[Connection]:
        """Rows whose session ended before `before_s`, the longest over first.

        It may read every row, and may not see the latest changes: for a sweeper that runs every few minutes.
        """

    async def heard(self, connection_ids: Collection[str], at_s: float) -> None:
        """Note that these were there at `at_s`. Cheap, and may be lost in a crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """What one caller calls one request, and a digest of that request's body."""

    caller: str
    key: str
    body_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """All that one submitted push writes. Durable as a whole, or not there at all."""

    push: Push
    entries: Sequence[LogEntry]
    jobs: Sequence[Job]
    audit: AuditEntry
    idempotency: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """`created` is False if the idempotency key had been used for the same body; `push` is then the first one."""

    push: Push
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """A page of deliveries, done: the job as it goes on (None: this part is finished) and what the page came to.

    `delay_s` is how long `next` waits before it runs, when a throttled page is tried again. `hands_over` says that
    this worker stops here: `next` is for whoever takes it up then.
    """

    job: Job
    next: Job | None
    counts: Counts
    at_s: float
    receipts: Sequence[Receipt] = ()
    delay_s: float = 0.0
    hands_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadJob:
    """A job that failed too often and is tried no more: as it stood, why, and since when."""

    job: Job
    reason: str
    at_s: float


class IdempotencyConflict(Exception):
    """The key was used by this caller for another body."""


class PushStore(Protocol):
    """Pushes, the logs of their topics, their fan-out jobs, counts and receipts."""

    async def submit(self, submission: Submission) -> Submitted:
        """Write a push with its log entries, then its jobs. When this returns it is durable (G1).

        The log entries are visible before any job is handed out (G2, G3). Raises IdempotencyConflict.
        """

    async def submitted(self, key: IdempotencyKey) -> Push | None:
        """The push that this key made before, as it is now; None if it made none. Raises IdempotencyConflict."""

    async def get(self, push_id: str) -> Push | None:
        """One push."""

    async def get_many(self, push_ids: Collection[str]) -> Mapping[str, Push]:
        """Those that are there, by id."""

    async def list(
        self,
        *,
        limit: int,
        after: str | None = None,
        states: Collection[State] = (),
        sender: str | None = None,
    ) -> Page[Push]:
        """Newest first; `after` is a push id. No `states` means every state."""

    async def counts(self, push_id: str) -> Counts:
        """What became of it so far."""

    async def transition(
        self,
        before: Push,
        after: Push,
        *,
        at_s: float,
        audit: AuditEntry | None = None,
        entries: Sequence[LogEntry] = (),
        jobs: Sequence[Job] = (),
    ) -> Push | None:
        """Move a push on from exactly the state and step of `before` to `after`, with what that releases.

        All or nothing, and durable when it returns the push as it then is. None, and nothing written, if it is not
        there any more. A push that is released nothing, has no part left, and is `closing` and sending, stays so: who
        moves it says what it is.
        """

    async def overdue(self, before_s: float, *, limit: int) -> Sequence[Push]:
        """Open pushes with a `due_at_s` before a moment, those that are due longest first; for a sweeper."""

    async def progress(self, push_id: str) -> Progress:
        """What each slice came to so far, and what terminals told, by stage."""

    async def advance(self, advance: Advance) -> int | None:
        """Note a page as done, once: adds its counts, keeps its receipts, puts the job's next step in its place.

        Counts of a resend or a recall are not added to those of the push. When no part is left and the push is
        `sending` and `closing`, it is `completed` in the same write, at `at_s`.
        The number of unfinished parts that the push has left; None if this step was noted before (the job was
        delivered twice), and then nothing changes.
        """

    async def release_again(self, job: Job, entry: LogEntry | None, again: Job) -> bool:
        """Replace a job that is too old by `again`, under a new position, with its log entry; once."""

    async def job(self, key: JobKey) -> Job | None:
        """The job as it stands now, None if it is finished or unknown."""

    async def set_aside(self, job: Job, *, reason: str, at_s: float) -> bool:
        """Try a job no more: it stays unfinished and shows in `dead_jobs`. False if it has gone on or is dead."""

    async def dead_jobs(self, push_id: str) -> Sequence[DeadJob]:
        """The jobs of a push that were set aside."""

    async def log(self, topic: Topic, *, after: str, retained_at_s: float, limit: int) -> Sequence[LogEntry]:
        """Entries of a topic's log with a position greater than `after`, in order, that are kept at that moment.

        Strongly consistent.
        """

    async def log_has_lost(self, topic: Topic, *, after: str, retained_at_s: float) -> bool:
        """Whether an entry with a position greater than `after` has left the log because its retention was over.

        True too where `after` is so old that this is no longer known; from BEGINNING on, it is of what is known.
        """

    async def replayed(self, receipts: Sequence[Receipt]) -> None:
        """Keep and count a `sent` receipt for each replay, where that terminal has no receipt of that push yet.

        A terminal that was away is one more that was targeted; one that fan-out missed (`gone`, `expired`, `skipped`)
        is counted as `sent` instead.

        A receipt belongs to a terminal (`push_id`, `terminal_id`) and names the connection that got it last: a
        terminal may confirm after it has reconnected.
        """

    async def acknowledge(self, receipt: Receipt, *, early: bool) -> bool:
        """Move the receipt of one terminal on (sent → received → read | failed | recalled) and count it.

        `early`: it may have come before the page that the terminal was served in is noted, so a missing receipt is made
        here, and noting the page leaves it. False, and no change, if the push keeps no receipts, if this terminal has
        none and it is not `early`, or if it is that far already.
        """

    async def receipts(self, push_id: str, *, limit: int, after: str | None = None) -> Page[Receipt]:
        """Receipts of a push by terminal id."""

    async def receipts_of(self, push_id: str, terminal_ids: Collection[str]) -> Mapping[str, Receipt]:
        """The receipts of these terminals that there are, by terminal id."""

    async def confirmed(self, push: Push, rows: Sequence[Connection]) -> frozenset[str]:
        """Connection ids of those rows whose terminal has answered: acknowledged what is needed, failed or recalled.

        With `once_per_user`, those too whose user has read it on any terminal. Strongly consistent.
        """

    async def unconfirmed(self, push: Push, stage: str) -> int:
        """How many terminals of a stage have a receipt, and are not among those that `confirmed` means.

        Reads every receipt of the stage: for a deadline.
        """

    async def in_flight(self) -> Mapping[State, int]:
        """How many pushes are in each open state."""


@dataclass(frozen=True, slots=True)
class PostResult:
    """What became of one message at the connections it was posted to, in no order.

    `throttled` can be tried again (429, 5xx); `gone` are closed (410); `refused` will never work (400, 413).

    A 403 is about us, not about a terminal: it is tried again with new credentials, and else raised as an OSError.
    """

    sent: Sequence[str] = ()
    gone: Sequence[str] = ()
    throttled: Sequence[str] = ()
    refused: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketInfo:
    """What the gateway knows of an open socket (GET @connections)."""

    connected_at_s: float
    last_active_at_s: float
    source_ip: str
    user_agent: str


class Gateway(Protocol):
    """The terminals' sockets: API Gateway's @connections, or the sockets of this process."""

    async def post(self, connection_ids: Sequence[str], data: bytes) -> PostResult:
        """Send one text message to each, at most once a call."""

    async def close(self, connection_id: str) -> bool:
        """Close a socket; False if it was gone. `$disconnect` follows."""

    async def describe(self, connection_id: str) -> SocketInfo | None:
        """None if it is gone."""


class Blocks(Protocol):
    """Who is kept out, and which tokens are revoked. Reads are strongly consistent."""

    async def standing(self, user: str, token_id: str | None, issuer: str) -> Standing:
        """All that is held against this user and this token."""

    async def block(self, block: Block, audit: AuditEntry) -> None:
        """Keep a user out; replaces an earlier block."""

    async def unblock(self, user: str, audit: AuditEntry) -> bool:
        """False if there was no block."""

    async def revoke_token(self, token_id: str, *, until_s: float, audit: AuditEntry) -> None:
        """Revoke one token; forgotten at `until_s`, when it has surely expired."""

    async def revoke_before(self, user: str, issued_before_s: float, *, until_s: float, audit: AuditEntry) -> None:
        """Revoke every token of a user issued before a moment; an earlier moment never replaces a later one."""


class Memberships(Protocol):
    """Groups given to users at run time, beside those of their tokens."""

    async def of(self, user: str) -> frozenset[str]:
        """The groups given to a user."""

    async def members(self, group: str, *, limit: int, after: str | None = None) -> Page[str]:
        """The users given a group, by name."""

    async def join(self, group: str, user: str, audit: AuditEntry) -> bool:
        """False if the user had it."""

    async def leave(self, group: str, user: str, audit: AuditEntry) -> bool:
        """False if the user did not have it."""


class Tickets(Protocol):
    """One-time tickets that were used."""

    async def use(self, ticket_id: str, *, until_s: float) -> bool:
        """True for the first caller with this id, False for every later one; forgotten at `until_s`."""


class AuditTrail(Protocol):
    """Who did what. Entries of a change are written with the change; this adds the others and reads."""

    async def add(self, entry: AuditEntry) -> None:
        """Write one entry; durable when this returns."""

    async def list(
        self,
        *,
        limit: int,
        after: str | None = None,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        from_s: float | None = None,
        to_s: float | None = None,
    ) -> Page[AuditEntry]:
        """Newest first; `after` is an entry's id. `action` matches whole or as the part before the dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """Something to do at a moment. `name` identifies it: set again, it moves."""

    name: str
    at_s: float
    body: Mapping[str, object] = field(default_factory=dict)


class Timers(Protocol):
    """Moments to come. A timer fires at least once, at or after its time, also after a crash."""

    async def set(self, timer: Timer) -> None:
        """Durable when this returns."""

    async def cancel(self, name: str) -> None:
        """Forget it; it may just be firing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStrategy:
    """One version of a strategy that is kept under a name; versions count from 1."""

    name: str
    version: int
    strategy: Strategy
    by: str
    at_s: float


class Strategies(Protocol):
    """Strategies by name, each with all of its versions."""

    async def get(self, name: str, *, version: int | None = None) -> KeptStrategy | None:
        """A version, by default the newest. One that was deleted has no newest version, but keeps its old ones."""

    async def put(
        self, name: str, strategy: Strategy, *, after: int | None, by: str, at_s: float, audit: AuditEntry
    ) -> KeptStrategy | None:
        """Keep a new version, whose number is the highest so far plus one.

        `after`: only if the newest version is this one (0: there is none); None and nothing written if it is not.
        `after` None: in any case.
        """

    async def delete(self, name: str, audit: AuditEntry) -> bool:
        """Take a name out of use; False if there is none. Pushes and the list of versions keep what they have."""

    async def list(self, *, limit: int, after: str | None = None) -> Page[KeptStrategy]:
        """The newest version of each, by name; `after` is a name."""

    async def versions(self, name: str, *, limit: int, after: int | None = None) -> Page[KeptStrategy]:
        """Newest first; `after` is a version, and `next` is one written as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What a caller of the API is held to. `targets` is a target as JSON, and-ed to every push of theirs.

    `per_minute` pushes a minute; a push to more than `max_terminals` is refused, one to more than `approve_over` waits
    for a second person. None is no limit.
    """

    sub: str
    targets: Mapping[str, object] | None = None
    per_minute: int | None = None
    max_terminals: int | None = None
    approve_over: int | None = None
    by: str = ""
    at_s: float = 0.0


class Senders(Protocol):
    """Callers that are held to something. A caller without an entry is held to nothing."""

    async def get(self, sub: str) -> Sender | None:
        """Strongly consistent."""

    async def put(self, sender: Sender, audit: AuditEntry) -> None:
        """Replaces an earlier entry."""

    async def delete(self, sub: str, audit: AuditEntry) -> bool:
        """False if there was none."""

    async def list(self, *, limit: int, after: str | None = None) -> Page[Sender]:
        """By name; `after` is a name."""

    async def take(self, sub: str, *, per_minute: int, at_s: float) -> float:
        """Count one push of a sender: 0, or in how many seconds the next one may come, and then it was not counted.

        Never lets more than `per_minute` pass within a minute of the clock (fixed windows), whoever asks at once.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a push would do, as it was shown: its request, who was meant, and until when it can be sent.

    `request` is the checked request as JSON. `terminals` names who was meant, None if they were too many to keep.
    """

    id: str
    sender: str
    request: Mapping[str, object]
    profile: Profile
    terminals: frozenset[str] | None
    created_at_s: float
    expires_at_s: float


class Plans(Protocol):
    """Plans, each for an hour."""

    async def put(self, plan: Plan) -> None:
        """Keep it until it expires."""

    async def get(self, plan_id: str, *, at_s: float) -> Plan | None:
        """None if there is none, or its time is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A terminal as it was when it was last here, or still is. `seen_at_s` is in epoch seconds."""

    terminal_id: str
    user: str
    groups: tuple[str, ...]
    attributes: Mapping[str, AttributeValue]
    seen_at_s: float


class LastSeen(Protocol):
    """Terminals that were here, for as long as the deployment says. One that is here may be among them, or not yet.

    Derived as connections go; may lag by seconds.
    """

    async def list(self, *, limit: int, after: str | None = None) -> Page[Seen]:
        """In a fixed order; `after` is a page's `next`. A page may hold fewer than `limit` and still have a `next`."""

    async def get_many(self, terminal_ids: Collection[str]) -> Mapping[str, Seen]:
        """Those that are known, by terminal id."""

    async def of_user(self, user: str) -> Sequence[Seen]:
        """Every known terminal of a user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """One adapter of each, as the wiring chose them."""

    clock: Clock
    registry: Registry
    pushes: PushStore
    gateway: Gateway
    blocks: Blocks
    memberships: Memberships
    tickets: Tickets
    audit: AuditTrail
    timers: Timers
    strategies: Strategies
    senders: Senders
    plans: Plans
    last_seen: LastSeen


class TokenVerifier(Protocol):
    """The authorizer's verifier, for tokens that come by other ways than a handshake."""

    def verify(self, token: str) -> Identity:
        """The identity of a token. Raises Problem (401) with the reason; may fetch keys."""

    def needs_network(self, token: str) -> bool:
        """Whether verifying it may fetch keys, so that an event loop had better do it in a thread."""
