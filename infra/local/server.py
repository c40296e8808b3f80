"""The whole service in one process: gateway, handlers, storage, jobs, timers, REST API."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from admin_api.app import create_app
from admin_api.settings import ApiSettings, ConsoleSettings, Oidc, Setup, ShownWebhook
from infra.clock import SystemClock
from infra.local import logs, metrics
from infra.local.gateway.api import Event, Integration, MockRoute, Route, WebSocketApi
from infra.local.gateway.chaos import Chaos
from infra.local.gateway.gateway import Gateway
from infra.local.gateway.limits import Limits
from infra.local.gateway.sigv4 import Credentials
from infra.local.http_server import HttpServer
from infra.local.issuers import verifier_of
from infra.local.jobs import JobRunner
from infra.local.retention import DAY_S, Keep
from infra.local.run_file import RunFile
from infra.local.secrets import Secrets, load_or_create
from infra.local.settings import Settings
from infra.local.sockets import Sockets
from infra.local.storage import Storage
from infra.local.sweeps import sweeping
from infra.local.webhooks import Webhooks
from infra.webhooks.delivery import Courier
from infra.webhooks.endpoints import Endpoint
from infra.wiring import Service, assemble
from services.authorizer.bearer import token_of
from services.authorizer.handler import build_handler
from services.authorizer.refusals import Refusal
from services.authorizer.verifier import Verifier
from services.connections.farewell import Bye, dismiss
from services.domain import frames, topics
from services.domain.problems import ERROR_PAGE
from services.domain.ring import WHOLE
from services.ports import Ports

log = logging.getLogger(__name__)

STAGE = "local"
DRAIN_S = 10.0
"""How long a stop waits for jobs that are running and sockets that are closing."""
SHUTTING_DOWN = Bye(
    code="shutting_down", reason="the service is restarting; connect again", reconnect=True, retry_after_s=1
)


class ListenError(Exception):
    """An address cannot be listened on; the message names it and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where the server listens. Port 0 picks a free one; TLS is for both ports."""

    host: str
    http_port: int
    ws_port: int
    tls_cert: Path | None = None
    tls_key: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        """The TLS context, or None without a certificate. Raises OSError or ssl.SSLError if it cannot be loaded."""
        if self.tls_cert is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.tls_cert, self.tls_key)
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """Where the running server is reached."""

    http: str
    ws: str


@asynccontextmanager
async def running(
    data_dir: Path, listen: Listen, settings: Settings, chaos: Chaos | None = None
) -> AsyncIterator[tuple[Urls, Secrets]]:
    """The server, up while the context is open; leaving it drains: running pushes finish, terminals get `bye`.

    Raises ListenError, DataDirectoryError, and SettingsError for issuers and webhooks that make no sense.
    """
    tls = listen.tls()
    clock = SystemClock()
    secrets = load_or_create(data_dir)
    verifier = verifier_of(settings.issuers, secrets, clock)
    keep = Keep(
        pushes_s=settings.retention.pushes_days * DAY_S,
        audit_s=settings.retention.audit_days * DAY_S,
        last_seen_s=settings.retention.last_seen_days * DAY_S,
    )
    endpoints = settings.endpoints()
    storage = await Storage.open(data_dir, clock, keep, webhooks=endpoints)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(storage.close)
        webhooks = Webhooks(storage.outbox, endpoints, Courier(clock), clock)
        stack.push_async_callback(webhooks.stop)
        await webhooks.start()
        service: Service

        async def connections(event: Event) -> Mapping[str, object]:
            return await service.connections(event)

        async def messages(event: Event) -> Mapping[str, object]:
            return await service.messages(event)

        gateway = Gateway(
            _api(verifier, connections, messages),
            limits=_limits(settings),
            credentials=Credentials(secrets.access_key_id, secrets.secret_access_key),
            trusted_proxies=settings.gateway.trusted_proxies,
            chaos=chaos,
        )
        ports = Ports(
            clock=clock,
            registry=storage.registry,
            pushes=storage.pushes,
            gateway=Sockets(gateway),
            blocks=storage.blocks,
            memberships=storage.memberships,
            tickets=storage.tickets,
            audit=storage.audit,
            timers=storage.timers,
            strategies=storage.strategies,
            senders=storage.senders,
            plans=storage.plans,
            last_seen=storage.last_seen,
            activity=storage.activity,
        )
        service = assemble(ports, verifier, connections_per_user=settings.limits.connections_per_user)
        jobs = JobRunner(storage.pushes, service.fanout)
        storage.timers.start(service.timeline)
        stack.push_async_callback(storage.timers.stop)
        jobs.start()
        stack.push_async_callback(jobs.stop)
        with _naming(listen.host, listen.ws_port, "--ws-port"):
            ws_port = await gateway.start(listen.host, listen.ws_port, ssl=tls)
        stack.push_async_callback(_farewell, ports, gateway)
        await stack.enter_async_context(sweeping(ports))
        with _naming(listen.host, listen.http_port, "--http-port"):
            http_socket = _bound(listen.host, listen.http_port)
        api = create_app(
            ports,
            verifier,
            ApiSettings(
                allowed_origins=settings.api.allowed_origins,
                docs_base_url=settings.api.docs_base_url or ERROR_PAGE,
                console=_console(settings, listen, ws_port),
                setup=_setup(settings, verifier, endpoints),
            ),
            admission=service.admission,
            ticket_key=secrets.ticket_key,
        )
        _export_metrics(api, ports, gateway, webhooks)
        http = HttpServer(
            api,
            listen.tls_cert,
            listen.tls_key,
            trusted_proxies=settings.gateway.trusted_proxies,
            drain_s=DRAIN_S,
        )
        await http.start(http_socket)
        stack.push_async_callback(http.stop)
        urls = _urls(listen, http_socket.getsockname()[1], ws_port)
        run_file = RunFile(data_dir)
        run_file.write(http_url=urls.http, ws_url=urls.ws)
        stack.callback(run_file.remove)
        yield urls, secrets


async def serve_until_stopped(
    data_dir: Path,
    listen: Listen,
    settings: Settings,
    chaos: Chaos | None,
    ready: Callable[[Urls, Secrets], None],
) -> None:
    """Run until SIGTERM or SIGINT; `ready` is called once when everything listens."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(data_dir, listen, settings, chaos) as (urls, secrets):
        log.info("ready", extra={"http": urls.http, "ws": urls.ws})
        ready(urls, secrets)
        await stop.wait()
        log.info("stopping")
    log.info("stopped")


def _api(verifier: Verifier, connections: Integration, messages: Integration) -> WebSocketApi:
    judge = build_handler(verifier, logs.write_entry)

    async def authorize(event: Event) -> Mapping[str, object]:
        if _may_wait(verifier, event):
            return await asyncio.to_thread(judge, event, None)
        return judge(event, None)

    return WebSocketApi(
        stage=STAGE,
        authorizer=authorize,
        routes={
            "$connect": Route(connections),
            "$disconnect": Route(connections),
            "$default": Route(messages),
            "ping": MockRoute(frames.PONG.decode()),
        },
    )


def _may_wait(verifier: Verifier, event: Event) -> bool:
    """Whether judging this handshake may fetch an issuer's keys, which must not hold up the event loop."""
    try:
        return verifier.needs_network(token_of(event))
    except Refusal:
        return False


def _limits(settings: Settings) -> Limits:
    return Limits(
        idle_timeout_s=settings.gateway.idle_timeout_s,
        max_duration_s=settings.gateway.max_duration_s,
        max_connections=settings.gateway.max_connections,
        connects_per_s=settings.gateway.connects_per_second,
        requests_per_s=settings.gateway.posts_per_second,
        write_buffer_bytes=settings.gateway.write_buffer_bytes,
    )


def _console(settings: Settings, listen: Listen, ws_port: int) -> ConsoleSettings:
    given = settings.console
    oidc = None
    if given.oidc_authority is not None and given.oidc_client_id is not None:
        oidc = Oidc(
            authority=given.oidc_authority,
            client_id=given.oidc_client_id,
            scope=given.oidc_scope,
            origins=given.oidc_origins,
        )
    return ConsoleSettings(
        ws_url=given.ws_url or _ws_url(listen, ws_port),
        follows_host=given.ws_url is None,
        oidc=oidc,
        confirm_above=given.confirm_above,
    )


def _setup(settings: Settings, verifier: Verifier, endpoints: Sequence[Endpoint]) -> Setup:
    gateway = settings.gateway.model_dump(exclude={"trusted_proxies"})
    return Setup(
        runtime="one-machine",
        limits={**settings.limits.model_dump(), **gateway},
        retention=settings.retention.model_dump(),
        issuers=verifier.known_issuers,
        webhooks=[
            ShownWebhook(name=f"webhook {number}", host=endpoint.host, events=endpoint.events)
            for number, endpoint in enumerate(endpoints, start=1)
        ],
    )


def _export_metrics(api: FastAPI, ports: Ports, gateway: Gateway, webhooks: Webhooks) -> None:
    exported = metrics.Metrics(gateway, webhooks.counts)

    async def scrape(_request: Request) -> Response:
        snapshot = metrics.Snapshot(presence=await ports.registry.presence(), pushes=await ports.pushes.in_flight())
        return Response(exported.text(snapshot), media_type=metrics.CONTENT_TYPE)

    api.add_route("/metrics", scrape, include_in_schema=False)


async def _farewell(ports: Ports, gateway: Gateway) -> None:
    """Tell every terminal that the service goes, then close what is left."""
    gateway.drain()
    after: str | None = None
    while True:
        page = await ports.registry.page(topics.ALL, WHOLE, live_at_s=0, limit=500, after=after)
        await dismiss(ports, page.items, SHUTTING_DOWN)
        if page.next is None:
            break
        after = page.next
    await gateway.close(timeout_s=DRAIN_S)


@contextlib.contextmanager
def _naming(host: str, port: int, option: str) -> Iterator[None]:
    """Have the error of an address that cannot be listened on name it, and the way out."""
    try:
        yield
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise ListenError(
            f"cannot listen on {host} port {port}: {why}; choose another with {option} or --host"
        ) from None


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


def _urls(listen: Listen, http_port: int, ws_port: int) -> Urls:
    secure = "s" if listen.tls_cert else ""
    return Urls(http=f"http{secure}://{_host(listen)}:{http_port}", ws=_ws_url(listen, ws_port))


def _ws_url(listen: Listen, ws_port: int) -> str:
    return f"ws{'s' if listen.tls_cert else ''}://{_host(listen)}:{ws_port}/{STAGE}"


def _host(listen: Listen) -> str:
    """The address that it listens on, as it stands in a URL; loopback for all of them."""
    host = "127.0.0.1" if ipaddress.ip_address(listen.host).is_unspecified else listen.host
    return f"[{host}]" if ":" in host else host
