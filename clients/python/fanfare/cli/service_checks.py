"""The steps from the first HTTP answer to a push terminal's round trips: what answers, whom it lets in, how fast."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from fanfare import frames, handshake, http
from fanfare.cli.findings import Finding, failed, ok, skipped
from fanfare.cli.network_checks import TIMEOUT_S, Endpoint, speaks_tls
from fanfare.frames import Pong, Resumed
from fanfare.handshake import Address
from fanfare.http import Answer, Unanswered

SKEW_S = 30.0
"""A clock that is further off than this makes good tokens look expired, or not yet valid."""
_MIDDLE_BOX_HEADERS = ("Via", "X-Squid-Error", "X-Cache", "X-Bluecoat-Via", "Proxy-Authenticate", "CF-RAY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What is examined, and with what token."""

    endpoint: Endpoint
    url: str
    api_url: str | None
    token: str | None
    tls: ssl.SSLContext | None


async def check_service(examined: Examined) -> AsyncIterator[Finding]:
    """All steps beyond the network; each says for itself why it is skipped."""
    answer = await _plain_get(examined)
    yield await _judge_plain_get(examined, answer)
    health = await _health(examined)
    if health is not None:
        yield _judge_health(examined, health)
    dated = next((each for each in (health, answer) if isinstance(each, Answer)), None)
    yield _judge_clock(dated)
    yield _judge_token(examined.token)
    if isinstance(answer, Unanswered):
        for step in ("upgrade, no token", "upgrade, with token", "resume", "ping"):
            yield skipped(step, "nothing speaks HTTP there")
        return
    yield await _check_upgrade_without_token(examined)
    async for finding in _check_session(examined):
        yield finding


async def _plain_get(examined: Examined) -> Answer | Unanswered:
    url = examined.url.replace("ws", "http", 1)
    return await _asked("GET", url, tls=examined.tls)


async def _health(examined: Examined) -> Answer | Unanswered | None:
    if examined.api_url is None:
        return None
    return await _asked("GET", f"{examined.api_url}/healthz", tls=examined.tls)


async def _asked(method: str, url: str, *, tls: ssl.SSLContext | None, token: str | None = None) -> Answer | Unanswered:
    try:
        return await asyncio.to_thread(http.call, method, url, token=token, timeout_s=TIMEOUT_S, tls=tls)
    except Unanswered as error:
        return error


async def _judge_plain_get(examined: Examined, answer: Answer | Unanswered) -> Finding:
    step = "plain GET"
    if isinstance(answer, Unanswered):
        if not examined.endpoint.secure and await speaks_tls(examined.endpoint):
            return failed(step, "this port speaks TLS, and was spoken to without it", "Use wss:// in place of ws://.")
        return failed(step, f"no HTTP answer: {answer}", "Is this the port of the service's WebSocket side?")
    boxes = [f"{name}: {answer.headers[name]}" for name in _MIDDLE_BOX_HEADERS if name in answer.headers]
    through = f"; something is in between ({', '.join(boxes)})" if boxes else ""
    if answer.status == 426:
        return ok(step, f"426, as a WebSocket API answers it{through}")
    return failed(step, f"status {answer.status}, expected 426{through}", _advice_on_status(answer))


def _advice_on_status(answer: Answer) -> str:
    match answer.status:
        case 301 | 302 | 307 | 308:
            return f"Terminals follow no redirects; use where it points to: {answer.headers.get('Location', 'unknown')}"
        case 400 if b"HTTPS port" in answer.body:
            return "This port speaks TLS: use wss:// in place of ws://."
        case 407:
            return "The proxy wants a user and a password: http://user:password@proxy:port in the environment."
        case 403 | 404:
            return "Is the path right? It ends with the stage, /local on one machine, and nothing after it."
        case status if status >= 500:
            return "The service behind this address is down or failing; look at its log."
        case _:
            return "Something else answers here, such as a web server: check host, port and path."


def _judge_health(examined: Examined, answer: Answer | Unanswered) -> Finding:
    step = "REST API"
    where = f"{examined.api_url}/healthz"
    if isinstance(answer, Unanswered):
        return failed(step, f"no answer from {where}: {answer}", "Is --api-url right? It has a port of its own.")
    if answer.ok:
        return ok(step, f"{where} answers {answer.status}")
    return failed(step, f"{where} answers {answer.status}", "Is --api-url right, without /v1 at its end?")


def _judge_clock(answer: Answer | None) -> Finding:
    theirs = None if answer is None else http.date_of(answer.headers.get("Date"))
    if theirs is None:
        return skipped("clock", "no answer carried a Date")
    # A Date is whole seconds, cut off.
    skew_s = (datetime.now(UTC) - theirs).total_seconds() - 0.5
    if abs(skew_s) <= SKEW_S:
        return ok(
            "clock",
            "this machine and the service agree to within a second" if abs(skew_s) < 1.5 else f"{skew_s:+.0f} s",
        )
    direction = "ahead of" if skew_s > 0 else "behind"
    return failed(
        "clock",
        f"this machine is {abs(skew_s):.0f} s {direction} the service",
        "Set it by NTP: tokens made with a wrong clock are refused as expired or not yet valid.",
    )


def _judge_token(token: str | None) -> Finding:
    if token is None:
        return skipped("token", "none given: --token, or the variable FANFARE_TOKEN")
    claims = _claims_of(token)
    if claims is None:
        return failed("token", "it is not a JWT", "Copy it as a whole: three parts with two dots between them.")
    now_s = time.time()
    for name, sign in (("exp", 1), ("nbf", -1)):
        at_s = claims.get(name)
        if isinstance(at_s, int | float) and (at_s - now_s) * sign < 0:
            when = _span(abs(at_s - now_s))
            if name == "exp":
                return failed("token", f"it expired {when} ago", "Get a new one from its issuer, or `fanfare token`.")
            return failed("token", f"it is not valid yet, for another {when}", "Is the clock of this machine right?")
    ends = claims.get("exp")
    if not isinstance(ends, int | float):
        return failed("token", "it has no exp", "The service takes only tokens that end; ask the issuer for one.")
    return ok(
        "token",
        f"of {claims.get('iss', 'no issuer')} for {claims.get('sub', 'nobody')}, good for {_span(ends - now_s)}",
    )


def _claims_of(token: str) -> Mapping[str, object] | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


async def _check_upgrade_without_token(examined: Examined) -> Finding:
    step = "upgrade, no token"
    try:
        socket = await handshake.dial(Address(url=examined.url, tls=examined.tls), None)
    except InvalidStatus as error:
        status = error.response.status_code
        if status == 401:
            return ok(step, "401, as it should be: nobody gets in without a token")
        return failed(step, f"status {status}, expected 401", _advice_on_upgrade(status))
    except (OSError, WebSocketException) as error:
        return failed(step, f"no answer to the upgrade: {error}", "Something in between may drop WebSocket handshakes.")
    await socket.close()
    return failed(
        step, "101: it was let in without a token", "This is not the service, or its authorizer is not in front of it."
    )


def _advice_on_upgrade(status: int) -> str:
    match status:
        case 403 | 404:
            return "Is the path right? It ends with the stage, /local on one machine, and nothing after it."
        case 200 | 400 | 426:
            return (
                "The Upgrade header did not arrive: a reverse proxy must pass it on"
                " (nginx: proxy_http_version 1.1, proxy_set_header Upgrade and Connection)."
            )
        case 407:
            return "The proxy wants a user and a password: http://user:password@proxy:port in the environment."
        case 429 | 503:
            return "The service, or what is in front of it, has too much to do; try again in a while."
        case _:
            return "Check host, port and path, and look at the log of what answers there."


async def _check_session(examined: Examined) -> AsyncIterator[Finding]:
    """Let in with a token, then a resume and a ping."""
    later = ("resume", "ping")
    if examined.token is None:
        for step in ("upgrade, with token", *later):
            yield skipped(step, "no token given")
        return
    try:
        socket = await handshake.dial(Address(url=examined.url, tls=examined.tls), examined.token)
    except (OSError, WebSocketException) as error:
        yield await _why_refused(examined, examined.token, error)
        for step in later:
            yield skipped(step, "not let in")
        return
    try:
        yield ok("upgrade, with token", "101: let in")
        yield await _round_trip(socket, "resume", frames.resume(None), Resumed)
        yield await _round_trip(socket, "ping", frames.ping(), Pong)
    finally:
        await socket.close()


async def _why_refused(examined: Examined, token: str, error: Exception) -> Finding:
    step = "upgrade, with token"
    if not isinstance(error, InvalidStatus):
        return failed(step, f"no answer to the upgrade: {error}", "Something in between may drop WebSocket handshakes.")
    status = error.response.status_code
    if status not in (401, 403):
        return failed(step, f"status {status}, expected 101", _advice_on_upgrade(status))
    if examined.api_url is None:
        return failed(
            step, f"refused with status {status}", "Give --api-url too, then this step can ask for the reason."
        )
    answer = await _asked("POST", f"{examined.api_url}/v1/tickets", token=token, tls=examined.tls)
    if isinstance(answer, Unanswered) or answer.status not in (401, 403, 429, 503):
        said = f"it cannot be asked: {answer}" if isinstance(answer, Unanswered) else f"{answer.status} at /v1/tickets"
        return failed(
            step, f"refused with status {status}, and the REST API does not say why ({said})", "Look at its log."
        )
    refusal = http.refusal_of(answer)
    advice = f"More: {refusal.docs}" if refusal.docs else "The list of errors in the documentation says what to do."
    return failed(step, f"refused with status {status}, {refusal.code}: {refusal.detail}", advice)


async def _round_trip(socket: ClientConnection, step: str, request: str, answer: type[Resumed] | type[Pong]) -> Finding:
    begun_s = time.perf_counter()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await socket.send(request)
            while True:
                frame = frames.parse(await socket.recv(decode=True))
                if isinstance(frame, answer):
                    return ok(step, f"answered in {(time.perf_counter() - begun_s) * 1_000:.1f} ms")
                if isinstance(frame, frames.Error | frames.Bye):
                    told = frame.detail if isinstance(frame, frames.Error) else frame.reason
                    return failed(
                        step, f"{frame.code}: {told}", "The list of errors in the documentation says what to do."
                    )
    except TimeoutError:
        return failed(
            step,
            f"no answer within {TIMEOUT_S:g} s",
            "The socket is open but its messages reach nobody; look at the log.",
        )
    except ConnectionClosed as closed:
        return failed(
            step, f"the connection was closed: {closed}", "Something in between may cut WebSocket connections."
        )
