"""The way round a proxy that lets no WebSocket through: long polls of `GET /v1/inbox`, with the same token.

What comes is handled as on a WebSocket: the session drops doubles, remembers how far it came, and says what to ack.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from fanfare import acknowledgements, frames, http
from fanfare.acknowledgements import Ack
from fanfare.connection import Ended, Surroundings
from fanfare.credentials import TokenUnavailable
from fanfare.frames import Error, JsonValue, Other, Way
from fanfare.handshake import CLOSE_TIMEOUT_S, Address, Refused, Unreachable, consequence
from fanfare.http import Answer, Refusal, Unanswered

LEAST_WAIT_S = 5
"""Shortest long poll, where something on the way cuts longer ones off."""


class _Page(NamedTuple):
    items: list[JsonValue]
    end: dict[str, JsonValue]
    """The rest of the answer, as the frame that ends a replay on a WebSocket."""


class Inbox:
    """Polls for one terminal. `open` once, then `run` once, to the end."""

    by: Way = "inbox"

    def __init__(self, address: Address, surroundings: Surroundings) -> None:
        self._address = address
        self._with = surroundings
        self._conversation = surroundings.session.conversation(polling=True)
        self._opened_at_s = surroundings.clock.monotonic_s()
        self._wait_s = surroundings.timing.inbox_wait_s
        self._acks_due = asyncio.Event()
        self._acking: asyncio.Task[None] | None = None
        self._first: _Page | None = None

    async def open(self) -> None:
        """The first poll, which waits for nothing. Raises `Refused` for good, `Unreachable` for now."""
        self._first = await self._asked_for_pushes(0)

    async def run(self) -> Ended:
        """Poll until it does not go on. Cancelled, it breaks off the poll and sends the acks that are due."""
        acking = asyncio.create_task(self._send_acks())
        polling = asyncio.create_task(self._keep_polling())
        try:
            await asyncio.wait({acking, polling}, return_when=asyncio.FIRST_COMPLETED)
            ended = polling.result() if polling.done() else acking.result()
        finally:
            for task in (acking, polling):
                task.cancel()
            await asyncio.gather(acking, polling, return_exceptions=True)
            await self._leave()
        lasted_s = self._with.clock.monotonic_s() - self._opened_at_s
        return Ended(reason=ended.detail, lasted_s=lasted_s, retry_after_s=ended.retry_after_s)

    def flush(self) -> None:
        """Send the acks that are due, soon."""
        self._acks_due.set()

    async def say(self, message: str) -> None:
        """There is no chat here. Raises ConnectionError."""
        raise ConnectionError("the chat needs a WebSocket, and no WebSocket gets through")

    async def _leave(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                if self._acking is not None and not self._acking.done():
                    await self._acking
                await self._ack()
        except (TimeoutError, Unreachable, Refused):
            # They are unconfirmed, and go another way.
            pass
        finally:
            self._conversation.closed(clean=False)

    async def _keep_polling(self) -> Unreachable:
        timing, clock = self._with.timing, self._with.clock
        assert self._first is not None, "it was not opened"
        began_at_s = self._opened_at_s
        news = self._take(self._first)
        while True:
            if not news:
                # Not again at once, should the service answer without waiting.
                await clock.sleep(max(0.0, began_at_s + timing.inbox_pause_s - clock.monotonic_s()))
            await self._with.room()
            began_at_s = clock.monotonic_s()
            try:
                page = await self._asked_for_pushes(self._wait_s)
            except Unreachable as error:
                if error.retry_after_s is not None:
                    return error
                # A poll that waits is cut off by some proxies. One that does not, tells whether the service is there.
                self._wait_s = max(LEAST_WAIT_S, self._wait_s // 2)
                try:
                    page = await self._asked_for_pushes(0)
                except Unreachable as worse:
                    return worse
            news = self._take(page)

    async def _asked_for_pushes(self, wait_s: int) -> _Page:
        if not self._conversation.resuming or self._conversation.since is None:
            self._conversation.opened()
        query = {"wait": str(wait_s)}
        if self._conversation.since is not None:
            query["since"] = self._conversation.since
        answer = await self._asked("GET", "", query=query, timeout_s=wait_s + self._address.open_timeout_s)
        if not answer.ok:
            raise _unreachable(http.refusal_of(answer), self._address.inbox_url)
        document = answer.json()
        items = document.get("items") if isinstance(document, dict) else None
        if not isinstance(document, dict) or not isinstance(items, list):
            raise Unreachable(f"{self._address.inbox_url} answered something that is no inbox")
        frame = {"type": "resumed", **{name: document.get(name) for name in ("upto", "more", "recovered")}}
        return _Page(items, frame)

    def _take(self, page: _Page) -> bool:
        """Take in what came; whether the application has anything of it, or there is more."""
        before = self._with.session.waiting
        for item in page.items:
            known = frames.typed(item) if isinstance(item, dict) else None
            self._conversation.took(known or Other(text=str(item)))
        told = self._with.session.waiting > before
        end = frames.typed(page.end)
        assert end is not None, "`resumed` needs no member"
        self._conversation.took(end)
        self._with.told()
        if self._conversation.acks_due:
            self._acks_due.set()
        return told or self._conversation.resuming

    async def _send_acks(self) -> Unreachable:
        if self._conversation.acks_due:
            self._acks_due.set()
        while True:
            await self._acks_due.wait()
            if self._with.timing.ack_delay_s:
                await self._with.clock.sleep(self._with.timing.ack_delay_s)
            self._acks_due.clear()
            # Leaving does not break it off: it would have to be said again.
            self._acking = asyncio.create_task(self._ack())
            try:
                await asyncio.shield(self._acking)
            except Unreachable as error:
                return error

    async def _ack(self) -> None:
        """Send the acks that are due; the answers confirm them. Raises as `_asked` does."""
        for told in acknowledgements.grouped(self._conversation.due()):
            body: dict[str, JsonValue] = {"ids": [*told.ids], "kind": told.kind}
            if told.detail:
                body["detail"] = told.detail
            answer = await self._asked("POST", "/acks", body=body, timeout_s=self._address.open_timeout_s)
            self._conversation.confirmed(Ack(push_id, told.kind, told.detail) for push_id in told.ids)
            if not answer.ok:
                # As on a WebSocket: what is refused is told, and not said again.
                refusal = http.refusal_of(answer)
                self._with.session.tell(Error(code="acks_refused", detail=f"{refusal.code}: {refusal.detail}"))
                self._with.told()

    async def _asked(
        self,
        method: str,
        path: str,
        *,
        timeout_s: float,
        query: Mapping[str, str] | None = None,
        body: JsonValue = None,
    ) -> Answer:
        """The answer to a request: a success, or that the request makes no sense.

        Raises `Refused` for good, `Unreachable` for now.
        """
        credentials = self._with.credentials
        try:
            token = await credentials.token()
        except TokenUnavailable as error:
            raise Unreachable(f"{error}: {error.__cause__}") from error
        asked = dict(query or {})
        if self._address.terminal is not None:
            asked["terminal"] = self._address.terminal
        try:
            answer = await http.ask(
                method,
                f"{self._address.inbox_url}{path}" + (f"?{urlencode(asked)}" if asked else ""),
                token=token,
                body=body,
                timeout_s=timeout_s,
                tls=self._address.tls,
                proxy=self._address.proxy,
            )
        except Unanswered as error:
            raise Unreachable(f"no answer from {self._address.inbox_url}: {error}") from error
        refusal = http.refusal_of(answer)
        # Without a code it is not the service that refuses.
        if answer.status in (401, 403) and refusal.code != f"http_{answer.status}":
            raise await consequence(refusal, credentials, token)
        if answer.status in (401, 403, 408, 429) or answer.status >= 500:
            raise _unreachable(refusal, self._address.inbox_url)
        return answer


def _unreachable(refusal: Refusal, url: str) -> Unreachable:
    why = refusal.detail or refusal.title or f"status {refusal.status}"
    return Unreachable(f"{url} answered {refusal.code}: {why}", retry_after_s=refusal.retry_after_s)
