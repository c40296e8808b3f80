"""The inbox, for terminals whose proxies let no WebSocket through."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from admin_api.answers import answer
from admin_api.authentication import needs, source_ip
from admin_api.documented import body_example, refusals, shown
from admin_api.models import inbox as forms
from admin_api.routing import ApiRequest, ApiRoute
from services.domain import frames
from services.messages import inbox

router = APIRouter(prefix="/v1/inbox", tags=["inbox"], route_class=ApiRoute)

_NamedByHeader = Annotated[
    str | None, Header(description="What the terminal calls itself, as the parameter `terminal` says.")
]


@router.get(
    "",
    response_model=forms.Inbox,
    summary="Read the inbox",
    responses={
        200: shown("What was released to the terminal since.", forms.EXAMPLE),
        **refusals("connect_not_allowed", "invalid_since", "invalid_name"),
    },
    openapi_extra=needs(),
)
async def read_inbox(
    request: ApiRequest, query: Annotated[forms.InboxQuery, Query()], terminal: _NamedByHeader = None
) -> Response:
    """Called by a terminal with its own token: what it missed, as `resume` answers over a WebSocket.

    With `wait` it is answered as soon as something comes, or with nothing after so many seconds: ask again at once. No
    scope is needed. Who reads an inbox is not listed as connected.
    """
    read = await inbox.read(
        request.ports,
        request.terminal,
        calls_itself=query.terminal or terminal,
        source_ip=source_ip(request),
        since=query.since,
        wait_s=query.wait,
    )
    return answer(forms.inbox_json(read))


@router.post(
    "/acks",
    response_model=forms.Noted,
    summary="Acknowledge pushes",
    responses={
        200: shown("It is noted.", forms.EXAMPLE_NOTED),
        **refusals("connect_not_allowed", "invalid_frame", "invalid_name"),
    },
    openapi_extra=needs() | body_example(forms.EXAMPLE_ACK),
)
async def acknowledge_pushes(
    request: ApiRequest,
    query: Annotated[forms.AckQuery, Query()],
    body: forms.Acknowledgement,
    terminal: _NamedByHeader = None,
) -> Response:
    """Called by a terminal with its own token: what became of pushes there, as `ack` says over a WebSocket.

    Pushes that keep no receipts, or none of this terminal, are passed over. No scope is needed.
    """
    ack = frames.read_ack(body.model_dump())
    await inbox.acknowledge(
        request.ports,
        request.terminal,
        calls_itself=query.terminal or terminal,
        source_ip=source_ip(request),
        ack=ack,
    )
    return answer({"ids": list(ack.ids)})
