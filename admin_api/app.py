"""The application: routers, what stands before them, and how refusals are answered."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from admin_api import cors, error_page, openapi
from admin_api.authentication import Authenticator
from admin_api.body_limit import BodyLimit
from admin_api.console_pages import ConsolePages
from admin_api.cursors import Cursors
from admin_api.methods import Heads
from admin_api.paths import Paths
from admin_api.problems import LastResort, ProblemDocuments
from admin_api.routers import ROUTES
from admin_api.routing import Api
from admin_api.settings import ApiSettings
from services.connections.admission import Admission
from services.connections.tickets import Judge, TicketOffice
from services.domain.problems import Problem
from services.ports import Ports


def create_app(
    ports: Ports, verifier: Judge, settings: ApiSettings, *, admission: Admission, ticket_key: bytes
) -> FastAPI:
    """The REST API over these ports.

    `verifier` judges tokens as the authorizer does, `admission` says who could connect now, and `ticket_key` signs
    tickets (and, through a key derived from it, cursors): at least 32 bytes, the same in every process.
    """
    documents = ProblemDocuments(settings.docs_base_url)
    console = ConsolePages(settings.console)
    app = FastAPI(
        title="Fanfare",
        routes=[*ROUTES, error_page.ROUTE, *console.routes()],
        redirect_slashes=False,
        redoc_url=None,
        # Traces and metrics go where the operator sends them; these logs would hold what callers sent.
        telemetry={"logs": False},
        middleware=[
            *cors.middleware(settings.allowed_origins),
            Middleware(LastResort, documents=documents),
            Middleware(Heads),
            Middleware(Paths, documents=documents),
            Middleware(BodyLimit, limit_bytes=settings.body_limit_bytes, documents=documents),
        ],
        exception_handlers={
            Problem: documents.of_problem,
            RequestValidationError: documents.of_validation,
            HTTPException: documents.of_http,
            OSError: documents.of_storage,
        },
    )
    app.state.api = Api(
        ports=ports,
        authenticator=Authenticator(ports, verifier),
        judge=verifier,
        tickets=TicketOffice(ports.clock, verifier, admission, key=ticket_key),
        cursors=Cursors(ticket_key),
        settings=settings,
        started_at_s=ports.clock.now_s(),
    )
    openapi.install(app)
    return app
