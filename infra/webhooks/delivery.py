"""One attempt to tell one endpoint of one event, and what came of it."""

from __future__ import annotations

import asyncio
import email.utils
from dataclasses import dataclass
from typing import Final, Literal

from infra.webhooks import addresses, exchange, signature
from infra.webhooks.addresses import Resolve
from infra.webhooks.endpoints import Endpoint
from infra.webhooks.exchange import TIMEOUT_S, Answer, Request
from services.domain.events import MEDIA_TYPE
from services.ports import Clock

USER_AGENT: Final = "Fanfare-Webhooks/1"
GONE: Final = 410
_TOLD: Final = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told: an event as JSON text, and its id."""

    event_id: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an attempt came to: `told`; `again`, and why; or `gone`, the endpoint wants no more of anything.

    `retry_after_s` is what it asked to wait, if it did.
    """

    result: Literal["told", "again", "gone"]
    why: str = ""
    retry_after_s: float | None = None


class Courier:
    """Makes attempts. `resolve` finds addresses; `timeout_s` is for a whole attempt."""

    def __init__(self, clock: Clock, *, resolve: Resolve = addresses.resolved, timeout_s: float = TIMEOUT_S) -> None:
        self._clock = clock
        self._resolve = resolve
        self._timeout_s = timeout_s

    async def tell(self, endpoint: Endpoint, told: Told) -> Outcome:
        """Tell it once. Never raises for what the endpoint or the network does."""
        now_s = self._clock.now_s()
        body = told.body.encode()
        signed = signature.headers(endpoint.secrets, event_id=told.event_id, at_s=now_s, body=body)
        request = Request(
            authority=endpoint.authority,
            target=endpoint.target,
            headers={"Content-Type": f"{MEDIA_TYPE}; charset=utf-8", "User-Agent": USER_AGENT, **signed},
            body=body,
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                return _outcome(await self._posted(endpoint, request), now_s)
        except TimeoutError:
            return Outcome(result="again", why=f"no answer within {self._timeout_s:g} s")
        except (OSError, UnicodeError) as error:
            # UnicodeError: a name with a label that no DNS name can have.
            return Outcome(result="again", why=str(error) or type(error).__name__)

    async def _posted(self, endpoint: Endpoint, request: Request) -> Answer:
        found = await addresses.permitted(endpoint.host, endpoint.port, endpoint.networks, self._resolve)
        tls_name = endpoint.host if endpoint.tls else None
        return await exchange.post(request, addresses=found, port=endpoint.port, tls_name=tls_name)


def _outcome(answer: Answer, now_s: float) -> Outcome:
    if answer.status in _TOLD:
        return Outcome(result="told")
    why = f"HTTP status {answer.status}"
    if answer.status == GONE:
        return Outcome(result="gone", why=why)
    return Outcome(result="again", why=why, retry_after_s=_seconds(answer.retry_after, now_s))


def _seconds(retry_after: str | None, now_s: float) -> float | None:
    """What a `Retry-After` asks for (RFC 9110 §10.2.3): seconds or a date. None if it is neither."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdecimal() and len(retry_after) <= 9:
        return float(retry_after)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - now_s)
    except (ValueError, OverflowError):
        return None
