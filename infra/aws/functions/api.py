"""The REST API, behind API Gateway's."""

from __future__ import annotations

import os

from mangum import Mangum

from admin_api.app import create_app
from admin_api.settings import ApiSettings, ConsoleSettings, Oidc, Setup
from infra.aws import adapters
from infra.aws.metrics import metered
from infra.aws.process import Process
from infra.aws.rest_api import RestApiEvent
from infra.aws.settings import Settings, Variables, from_environment
from services.authorizer import base64url
from services.authorizer.handler import verifier_from
from services.authorizer.verifier import Verifier
from services.connections.admission import Admission


def console_from(variables: Variables) -> ConsoleSettings:
    """What the console's pages are told. Without an authority people paste a token. Raises SettingsError."""
    authority = variables.optional_text("FANFARE_CONSOLE_OIDC_AUTHORITY")
    oidc = None
    if authority is not None:
        oidc = Oidc(
            authority=authority,
            client_id=variables.text("FANFARE_CONSOLE_OIDC_CLIENT_ID"),
            scope=variables.text("FANFARE_CONSOLE_OIDC_SCOPE"),
            origins=variables.names("FANFARE_CONSOLE_OIDC_ORIGINS"),
        )
    return ConsoleSettings(
        ws_url=variables.text("FANFARE_WS_URL"),
        oidc=oidc,
        confirm_above=variables.number("FANFARE_CONSOLE_CONFIRM_ABOVE", least=0, most=1_000_000_000),
    )


def setup_from(settings: Settings, verifier: Verifier) -> Setup:
    """What administrators see of the settings. Webhooks are in a secret that this function may not read."""
    return Setup(
        runtime="aws",
        limits={
            "connections_per_user": settings.connections_per_user,
            "posts_per_second_per_worker": settings.posts_per_s,
            "posts_burst_per_worker": settings.posts_burst,
            "shards": settings.shards,
        },
        retention={
            "pushes_days": settings.push_retention_days,
            "audit_days": settings.audit_retention_days,
            "last_seen_days": settings.last_seen_days,
        },
        issuers=verifier.known_issuers,
        webhooks=None,
    )


process = Process(os.environ)
settings = from_environment(os.environ)
variables = Variables(os.environ)
ports = metered(adapters.build(settings, halted=process.meter.halted).ports, process.meter)
verifier = verifier_from(os.environ)
app = create_app(
    ports,
    verifier,
    ApiSettings(
        allowed_origins=variables.names("FANFARE_ALLOWED_ORIGINS"),
        console=console_from(variables),
        setup=setup_from(settings, verifier),
    ),
    admission=Admission(ports, connections_per_user=settings.connections_per_user),
    ticket_key=base64url.decode(variables.text("FANFARE_TICKET_KEY")),
)

mangum = Mangum(app, lifespan="off", custom_handlers=[RestApiEvent])

handler = process.around(lambda event, context: mangum(dict(event), context))  # type: ignore[arg-type]  # the same context, declared twice
