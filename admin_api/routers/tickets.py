"""Tickets, and why a terminal may not connect."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from admin_api.answers import answer
from admin_api.authentication import needs, source_ip
from admin_api.documented import refusals, shown
from admin_api.models import tickets as forms
from admin_api.routing import ApiRequest, ApiRoute

router = APIRouter(prefix="/v1/tickets", tags=["tickets"], route_class=ApiRoute)


@router.post(
    "",
    status_code=201,
    response_model=forms.Ticket,
    summary="Get a ticket",
    responses={
        201: shown("A ticket for the token's owner.", forms.EXAMPLE),
        **refusals("connect_not_allowed", "too_many_connections", "ticket_too_large"),
    },
    openapi_extra=needs(),
)
async def get_ticket(request: ApiRequest) -> Response:
    """Called by a terminal with its own token: a ticket that opens one WebSocket within a minute.

    It is safe where URLs are logged, and what a browser can use. A browser never sees why its handshake was refused:
    this answers with the same reason, as a problem. No scope is needed.
    """
    ticket = await request.api.tickets.issue(request.caller, source_ip=source_ip(request))
    return answer(forms.ticket_json(ticket), 201)
