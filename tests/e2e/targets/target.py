"""What the suite asks of a runtime. Tests know no other names than these."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, NoReturn, Self

import pytest

Claims = Mapping[str, object]
"""The payload of a token."""
SHIFTED_CLOCK = Path(__file__).with_name("shifted_clock")
"""Where Python finds the module that moves the clock of a process (PYTHONPATH)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """How a target is set up for a test that cannot use the shared one; None leaves what is usual.

    `movable_clock` makes `advance` possible. `post_latency_s` is how long each delivery takes,
    `lost_disconnects` (0 to 1) the part of the sockets' ends of which the service never hears,
    `throttled_posts` (0 to 1) the part of the deliveries that are refused with 429. `webhook` is a URL on the loopback
    that is told of every event, signed with `webhook_secret`.
    """

    movable_clock: bool = False
    connections_per_user: int | None = None
    idle_timeout_s: float | None = None
    max_duration_s: float | None = None
    write_buffer_bytes: int | None = None
    post_latency_s: float | None = None
    lost_disconnects: float | None = None
    throttled_posts: float | None = None
    webhook: str | None = None
    webhook_secret: str | None = None


USUAL = Tuning()


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementAccess:
    """How `@connections` of the target is called: its address, and the key pair that signs."""

    endpoint_url: str
    region: str
    access_key_id: str
    secret_access_key: str


class Target(ABC):
    """A running Fanfare, as a context manager. What it cannot do it says by `deviates`; no test names a runtime."""

    name: ClassVar[str]
    may_lag: ClassVar[bool] = False
    """Whether a delivery may still be under way some time after its push was accepted, on an idle machine too."""
    deviations: ClassVar[Mapping[str, str]] = {}
    """Tests (`name`, or `name[parameters]`) that a stand-in fails by its own doing, and what the real runtime does."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def deviates(self, reason: str) -> NoReturn:
        """Skip the running test: what it is about does not exist here, for this reason."""
        pytest.skip(f"{self.name}: {reason}")

    @property
    @abstractmethod
    def http_url(self) -> str:
        """Base of the REST API, without a slash at the end."""

    @property
    @abstractmethod
    def ws_url(self) -> str:
        """What terminals connect to."""

    @abstractmethod
    def start(self) -> None:
        """Bring it up, on the data it had before; at the addresses it had before."""

    @abstractmethod
    def stop(self) -> int:
        """Ask it to stop, and wait; its exit code."""

    @abstractmethod
    def kill(self) -> None:
        """End it at once, without notice (kill -9)."""

    @abstractmethod
    def sign(self, claims: Claims) -> str:
        """A token with exactly these claims, signed with the key of the target's own issuer."""

    @abstractmethod
    def own_claims(self) -> Claims:
        """`iss` and `aud` of the target's own issuer."""

    @abstractmethod
    def management(self) -> ManagementAccess:
        """The access to its management API."""

    @abstractmethod
    def metrics_url(self) -> str:
        """Where Prometheus scrapes it."""

    @abstractmethod
    def advance(self, by_s: float) -> None:
        """Move its clock ahead; needs `Tuning.movable_clock`."""

    @abstractmethod
    def ahead_s(self) -> float:
        """How far its clock is ahead."""

    def now_s(self) -> float:
        """The time there, in epoch seconds."""
        return time.time() + self.ahead_s()
