"""Opening a connection: how the token is shown, and what a refusal means."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidProxy, InvalidStatus
from websockets.typing import Subprotocol

from fanfare import http
from fanfare.credentials import Credentials, TokenUnavailable
from fanfare.http import Answer, Refusal, Unanswered

SendToken = Literal["header", "subprotocol", "query", "ticket"]
"""How the token is shown: `Authorization: Bearer`, `Sec-WebSocket-Protocol` as browsers must, `?token=`, or a one-time
ticket from `POST /v1/tickets` as `?token=`, which is safe in a URL that gets logged."""

SUBPROTOCOL = "fanfare.v1"
CLOSE_TIMEOUT_S = 5.0
ABOUT_THE_TOKEN = frozenset({"token_expired", "token_revoked", "key_unknown", "signature_invalid", "http_401"})
"""Refusals of one token, where another one of the same provider may be let in."""


class Refused(Exception):
    """The service will not have this terminal, and says why; trying again would not help.

    `code` is documented in the service's list of errors; `detail` is a sentence for people.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Unreachable(Exception):
    """No connection this time; try again, not before `retry_after_s`. `at_once`: something was mended meanwhile.

    `blocked`: it may be that something on the way, such as a proxy, lets no WebSocket through.
    """

    def __init__(
        self, detail: str, *, retry_after_s: float | None = None, at_once: bool = False, blocked: bool = False
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.at_once = at_once
        self.blocked = blocked


class _Connect(connect):
    """Follows no redirect: it would carry the token, in whatever way it is shown, to another place."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the service is, and how a terminal shows itself there.

    `url` is the WebSocket URL with its stage (`wss://host/prod`); `api_url` the base of the REST API, None if it is not
    known. `terminal` is what this installation calls itself, within its user. `proxy` True takes that of the
    environment.
    """

    url: str
    api_url: str | None = None
    send_token: SendToken = "header"  # noqa: S105 - names a way, not a token
    terminal: str | None = None
    tls: ssl.SSLContext | None = None
    proxy: str | Literal[True] | None = True
    open_timeout_s: float = 10.0
    max_message_bytes: int = 128 * 1024

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("ws", "wss"):
            raise ValueError(f"{self.url} is not a ws or wss URL")
        if self.send_token == "ticket" and self.api_url is None:  # noqa: S105 - names a way, not a token
            raise ValueError('send_token="ticket" needs api_url: tickets come from POST /v1/tickets')

    @property
    def inbox_url(self) -> str:
        """Where pushes are fetched if no WebSocket gets through.

        Without an `api_url` it is looked for on the WebSocket's own host and port, where both are behind one name.
        """
        parts = urlsplit(self.url)
        same_place = urlunsplit(("https" if parts.scheme == "wss" else "http", parts.netloc, "", "", ""))
        return f"{(self.api_url or same_place).rstrip('/')}/v1/inbox"

    @property
    def tickets_url(self) -> str | None:
        """Where tickets, and reasons of refusals, come from."""
        return None if self.api_url is None else f"{self.api_url.rstrip('/')}/v1/tickets"

    def with_query(self, parameters: Mapping[str, str]) -> str:
        """The WebSocket URL with more query parameters."""
        parts = urlsplit(self.url)
        query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *parameters.items()])
        return urlunsplit(parts._replace(query=query))


async def open_connection(address: Address, credentials: Credentials) -> tuple[ClientConnection, str]:
    """Open a connection, and say with which token. Raises `Refused` for good, `Unreachable` for now."""
    try:
        token = await credentials.token()
    except TokenUnavailable as error:
        raise Unreachable(f"{error}: {error.__cause__}") from error
    shown = token
    if address.send_token == "ticket":  # noqa: S105 - names a way, not a token
        shown = await _ticket(address, credentials, token)
    try:
        return await dial(address, shown), token
    except InvalidStatus as error:
        status, headers = error.response.status_code, error.response.headers
        if status not in (401, 403):
            retry_after_s = http.retry_after_s(headers.get("Retry-After"), headers.get("Date"))
            # Who says when to come back, or that it is too much, is the service.
            blocked = status != 429 and retry_after_s is None
            raise Unreachable(
                f"the handshake was answered with status {status}", retry_after_s=retry_after_s, blocked=blocked
            ) from error
        raise await consequence(await _reason_of(address, token, status), credentials, token) from error
    except (OSError, InvalidHandshake, InvalidProxy, EOFError) as error:
        # TimeoutError and TLS errors are OSErrors. Where nobody listens, nobody is in the way.
        blocked = not isinstance(error, ConnectionRefusedError | socket.gaierror | ssl.SSLCertVerificationError)
        raise Unreachable(f"{str(error) or type(error).__name__}", blocked=blocked) from error


async def dial(address: Address, token: str | None) -> ClientConnection:
    """One handshake, with `token` shown as the address says, or with none. Raises what the WebSocket library raises."""
    query = {} if address.terminal is None else {"terminal": address.terminal}
    headers: dict[str, str] = {}
    subprotocols: list[Subprotocol] | None = None
    match address.send_token:
        case _ if token is None:
            pass
        case "header":
            headers["Authorization"] = f"Bearer {token}"
        case "subprotocol":
            subprotocols = [Subprotocol(SUBPROTOCOL), Subprotocol(f"bearer.{token}")]
        case "query" | "ticket":
            query["token"] = token
    return await _Connect(
        address.with_query(query) if query else address.url,
        additional_headers=headers,
        subprotocols=subprotocols,
        # API Gateway answers a compression offer with one it cannot keep (websockets issue 1065).
        compression=None,
        # The application's ping is one that API Gateway counts as traffic.
        ping_interval=None,
        open_timeout=address.open_timeout_s,
        close_timeout=CLOSE_TIMEOUT_S,
        max_size=address.max_message_bytes,
        proxy=address.proxy,
        ssl=(address.tls or True) if urlsplit(address.url).scheme == "wss" else None,
    )


async def _ticket(address: Address, credentials: Credentials, token: str) -> str:
    try:
        answer = await _ask_for_ticket(address, token)
    except Unanswered as error:
        raise Unreachable(f"no ticket from {address.tickets_url}: {error}") from error
    if answer.ok:
        document = answer.json()
        ticket = document.get("ticket") if isinstance(document, dict) else None
        if not isinstance(ticket, str):
            raise Unreachable(f"{address.tickets_url} answered without a ticket")
        return ticket
    raise await consequence(http.refusal_of(answer), credentials, token)


async def _reason_of(address: Address, token: str, status: int) -> Refusal:
    """Why a handshake with `token` was refused, asked in the way that has an answer, if there is one."""
    unexplained = Refusal(
        status=status, code=f"http_{status}", detail=f"the handshake was refused with status {status}"
    )
    if address.tickets_url is None:
        return unexplained
    try:
        answer = await _ask_for_ticket(address, token)
    except Unanswered:
        return unexplained
    if answer.ok:
        raise Unreachable(
            f"the handshake was refused with status {status}, but {address.tickets_url} takes the token", blocked=True
        )
    return http.refusal_of(answer) if answer.status in (401, 403, 429, 503) else unexplained


async def _ask_for_ticket(address: Address, token: str) -> Answer:
    url = address.tickets_url
    assert url is not None
    return await http.ask(
        "POST", url, token=token, timeout_s=address.open_timeout_s, tls=address.tls, proxy=address.proxy
    )


async def consequence(refusal: Refusal, credentials: Credentials, token: str) -> Refused | Unreachable:
    """What a refusal of `token` means, here or at the inbox. A newer token is fetched where that can help."""
    detail = refusal.detail or refusal.title or f"refused with status {refusal.status}"
    if refusal.retry_after_s is not None or refusal.status == 429 or refusal.status >= 500:
        return Unreachable(f"{refusal.code}: {detail}", retry_after_s=refusal.retry_after_s)
    if refusal.code in ABOUT_THE_TOKEN and credentials.renewable:
        try:
            newer = await credentials.fresh()
        except TokenUnavailable as error:
            return Unreachable(f"{refusal.code}, and {error}: {error.__cause__}")
        if newer != token:
            return Unreachable(f"{refusal.code}: {detail}", at_once=True)
    if refusal.code == "http_403":
        # It may be a limit that passes.
        return Unreachable(f"{detail}; with an api_url the terminal could ask why")
    return Refused(refusal.code, detail)
