"""The gateway port over API Gateway's `@connections`: posts at a rate that boto3 does not reach.

The only hand-written HTTP client of the project, because this one call is the whole cost of a fan-out. It posts
straight to the endpoint: proxies in the environment are not used.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import ssl
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from infra.aws.sender.answers import parsed
from infra.aws.sender.batch import Batch
from infra.aws.sender.budget import Budget
from infra.aws.sender.credentials import Chain, CredentialSource, default_chain
from infra.aws.sender.dispatch import Dispatcher
from infra.aws.sender.endpoint import Endpoint, GatewayUnavailable
from infra.aws.sender.pool import Limits
from services.ports import PostResult, SocketInfo

log = logging.getLogger(__name__)

MESSAGE_BYTES: Final = 131_072
"""Longest message of a WebSocket API (API Gateway quotas); one that is longer is refused without a request."""
_RETRY_DELAYS_S: Final = (0.1, 0.3, 1.0)
"""About how long a close or a description that was throttled waits before it is tried again."""
DEFAULT_LIMITS: Final = Limits()


class Sender:
    """Implements `services.ports.Gateway` for one stage of a WebSocket API. Bound to the event loop that first uses it.

    `url` is `https://{api}.execute-api.{region}.amazonaws.com/{stage}`, or a custom domain with its mapping path;
    `http://` is for emulators. TLS is verified against the system's CAs, or against `ca_file` alone. `budget` bounds
    all requests of this process, None does not. `credential_chain` is botocore's by default. Raises ValueError for a
    URL or a region that is none.

    Calls raise GatewayUnavailable if the endpoint cannot be reached or does not let us in (credentials, permission,
    stage), and nothing came of the call; where part of a post had come through, the rest is `throttled`.
    """

    def __init__(
        self,
        url: str,
        *,
        region: str,
        budget: Budget | None = None,
        limits: Limits = DEFAULT_LIMITS,
        ca_file: Path | None = None,
        credential_chain: Chain = default_chain,
    ) -> None:
        self._endpoint = Endpoint.parse(url, region=region)
        self._tls = _tls(ca_file) if self._endpoint.is_tls else None
        self._credentials = CredentialSource(credential_chain)
        self._limits = limits
        self._budget = budget
        self._dispatcher: Dispatcher | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False

    async def post(self, connection_ids: Sequence[str], data: bytes) -> PostResult:
        """Send one text message to each, at most once a call, save for what `dispatch` says of unread requests.

        Messages to one connection arrive in the order of the calls. Retries nothing: `throttled` is the caller's.
        """
        if len(data) > MESSAGE_BYTES:
            log.warning("message over API Gateway's limit", extra={"bytes": len(data), "limit_bytes": MESSAGE_BYTES})
            return PostResult(refused=tuple(dict.fromkeys(connection_ids)))
        batch = await self._run("POST", connection_ids, data)
        return PostResult(
            sent=batch.sent, gone=batch.gone, throttled=[*batch.throttled, *batch.unserved], refused=batch.refused
        )

    async def close(self, connection_id: str) -> bool:
        """Close a socket; False if it was gone, or if there can be none of that id. `$disconnect` follows."""
        return bool((await self._insist("DELETE", connection_id)).sent)

    async def describe(self, connection_id: str) -> SocketInfo | None:
        """What the gateway knows of a socket; None if it is gone, or if there can be none of that id."""
        batch = await self._insist("GET", connection_id)
        return _socket_info(parsed(batch.raw).body) if batch.sent else None

    async def aclose(self) -> None:
        """Let what is under way end, and close the connections. No call may follow."""
        self._is_closed = True
        if self._dispatcher is not None:
            await self._dispatcher.aclose()

    async def _run(self, method: str, connection_ids: Sequence[str], body: bytes | None = None) -> Batch:
        batch = await self._bound().run(method, connection_ids, body)
        _tell(method, batch)
        if not batch.was_served():
            raise _unavailable(self._endpoint, batch)
        return batch

    async def _insist(self, method: str, connection_id: str) -> Batch:
        """One request that is tried again while it is throttled. Both methods may be repeated."""
        body = b"" if method == "DELETE" else None  # as boto3 does: a content-length of 0
        for delay_s in _RETRY_DELAYS_S:
            batch = await self._run(method, [connection_id], body)
            if not batch.throttled:
                return batch
            await asyncio.sleep(delay_s * random.uniform(0.5, 1.5))  # noqa: S311  # spreads retries, no secret
        batch = await self._run(method, [connection_id], body)
        if batch.throttled:
            reason = ", ".join(batch.reasons)
            raise GatewayUnavailable(f"{method} of a connection failed {len(_RETRY_DELAYS_S) + 1} times: {reason}")
        return batch

    def _bound(self) -> Dispatcher:
        """The dispatcher, made on first use. Raises RuntimeError after `aclose`, or on another event loop."""
        loop = asyncio.get_running_loop()
        if self._is_closed:
            raise RuntimeError("this sender is closed; make a new one")
        if self._dispatcher is None:
            self._loop = loop
            self._dispatcher = Dispatcher(
                self._endpoint,
                tls=self._tls,
                credentials=self._credentials,
                limits=self._limits,
                budget=self._budget,
            )
        elif self._loop is not loop:
            raise RuntimeError("this sender has connections on another event loop; keep one loop, or make a new sender")
        return self._dispatcher


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _tell(method: str, batch: Batch) -> None:
    """One line for a batch of which not all was sent or gone; where someone must act, a warning."""
    if not batch.reasons:
        return
    fields: dict[str, object] = {
        "method": method,
        "sent": len(batch.sent),
        "gone": len(batch.gone),
        "reasons": dict(batch.reasons),
    }
    if batch.answer is not None:
        fields |= {
            "status": batch.answer.status,
            "error_type": batch.answer.error_type,
            "error": batch.answer.error_message,
        }
    elif batch.fault is not None:
        fields["error"] = str(batch.fault)
    log.log(logging.WARNING if batch.unserved or batch.refused else logging.INFO, "requests not served", extra=fields)


def _unavailable(endpoint: Endpoint, batch: Batch) -> GatewayUnavailable:
    """Why nothing came of a batch, and what to do about it."""
    answer = batch.answer
    where = f"{endpoint.host_header}{endpoint.base_path}"
    if answer is None:
        return GatewayUnavailable(f"{where} cannot be reached: {batch.fault or ', '.join(batch.reasons)}")
    return GatewayUnavailable(
        f"{where} answered {answer.status} {answer.error_type}: {answer.error_message or 'no reason given'}. "
        "Look at the role's execute-api:ManageConnections permission, its credentials, and the stage in the URL."
    )


def _socket_info(body: bytes) -> SocketInfo:
    """The answer to GET. Raises GatewayUnavailable if it is not what API Gateway answers."""
    try:
        document = json.loads(body)
        identity = document["identity"]
        return SocketInfo(
            connected_at_s=_epoch_s(document["connectedAt"]),
            last_active_at_s=_epoch_s(document["lastActiveAt"]),
            source_ip=str(identity["sourceIp"]),
            user_agent=identity.get("userAgent") or "",
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GatewayUnavailable(f"GET of a connection was answered with something else: {error!r}") from error


def _epoch_s(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
