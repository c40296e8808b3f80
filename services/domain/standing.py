"""Whether an identity may be connected: blocks, revocations, and how many connections a user may have."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from services.domain import moments
from services.domain.problems import Problem

MAX_CIDRS = 100
"""Most networks that one block may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A user who is kept out. `until_s` None is for good; `cidrs` limits it to these networks, () is anywhere."""

    user: str
    reason: str
    until_s: float | None = None
    cidrs: tuple[str, ...] = ()
    by: str = ""
    at_s: float

    def holds(self, source_ip: str, now_s: float) -> bool:
        """Whether it keeps out a connection from `source_ip` at `now_s`."""
        if self.until_s is not None and self.until_s <= now_s:
            return False
        return not self.cidrs or _within(source_ip, self.cidrs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is held against a user and a token: all the facts that `fault` decides from.

    `issued_before_s`: every token of the user issued before this moment is revoked.
    """

    block: Block | None = None
    issued_before_s: float | None = None
    token_revoked: bool = False


CLEAR = Standing()


def fault(standing: Standing, *, user: str, issued_at_s: int | None, source_ip: str, now_s: float) -> Problem | None:
    """Why this identity may not be connected now (403), or None if it may.

    A token without `iat` counts as issued before every moment: nothing shows that it is newer.
    """
    block = standing.block
    if block is not None and block.holds(source_ip, now_s):
        until = "until further notice" if block.until_s is None else f"until {moments.text(block.until_s)}"
        retry_after_s = None if block.until_s is None else max(1, round(block.until_s - now_s))
        return Problem(
            "user_blocked",
            403,
            f"user {user} is blocked {until}: {block.reason}",
            retry_after_s=retry_after_s,
        )
    if standing.token_revoked:
        return Problem("token_revoked", 403, "this token was revoked; sign in again for a new one")
    before_s = standing.issued_before_s
    if before_s is not None and (issued_at_s is None or issued_at_s < before_s):
        return Problem(
            "token_revoked",
            403,
            f"tokens issued before {moments.text(before_s)} were revoked; sign in again for a new one",
        )
    return None


def checked_cidrs(values: Sequence[str]) -> tuple[str, ...]:
    """The networks in canonical form. Raises `Problem("invalid_cidr", 422)` that names the one at fault."""
    if len(values) > MAX_CIDRS:
        raise Problem("invalid_cidr", 422, f"a block names at most {MAX_CIDRS} networks", field="cidr")
    networks: list[str] = []
    for value in values:
        try:
            networks.append(str(ipaddress.ip_network(value)))
        except ValueError:
            raise Problem(
                "invalid_cidr", 422, f'{value!r} is not a network such as "192.0.2.0/24"', field="cidr"
            ) from None
    return tuple(networks)


def _within(source_ip: str, cidrs: Sequence[str]) -> bool:
    try:
        address = ipaddress.ip_address(source_ip)
    except ValueError:
        return True
    return any(
        address.version == network.version and address in network for network in map(ipaddress.ip_network, cidrs)
    )
