"""Sending, previewing, listing and cancelling pushes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from admin_api.answers import answer, listing
from admin_api.authentication import needs
from admin_api.documented import body_example, refusals, shown
from admin_api.models import pushes as forms
from admin_api.routing import ApiRequest, ApiRoute
from services.pushes import history, requests
from services.pushes.cancel import cancel
from services.pushes.preview import preview
from services.pushes.submit import submit

router = APIRouter(prefix="/v1/pushes", tags=["pushes"], route_class=ApiRoute)

_OF_A_NEW_PUSH = ("invalid_target", "invalid_message", "invalid_strategy", "invalid_duration", "message_too_large")


@router.post(
    "",
    status_code=202,
    response_model=forms.Push,
    summary="Send a push",
    responses={
        202: shown("It is durable, and on its way.", forms.EXAMPLE)
        | {
            "headers": {
                "Location": {"description": "Where to look at it.", "schema": {"type": "string"}},
                "Idempotency-Replayed": {
                    "description": "`true` if the key was used before; this is the first push of that key.",
                    "schema": {"type": "string", "const": "true"},
                },
            }
        },
        **refusals(*_OF_A_NEW_PUSH, "invalid_idempotency_key", "idempotency_key_reused"),
    },
    openapi_extra=needs("push:send") | body_example(forms.EXAMPLE_NEW),
)
async def send(
    request: ApiRequest,
    body: forms.NewPush,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="The caller's own name for this request, 1 to 255 printable ASCII characters. Sent again with"
            " the same body, it answers with the first push and sends nothing.",
            examples=["order-4711-ready"],
        ),
    ] = None,
) -> Response:
    """Send a message to everyone whom the target means.

    With the answer the push is durable: it is delivered or accounted for, whatever happens to the service then.
    Terminals that are away get it when they come back within the strategy's `retain`. Send an `Idempotency-Key`, and
    a request that got no answer can be repeated without fear of sending twice.
    """
    asked = requests.checked(target=body.target, message=body.message, strategy=body.strategy)
    submitted = await submit(
        request.ports,
        asked,
        sender=request.caller.user,
        idempotency_key=requests.checked_idempotency_key(idempotency_key),
    )
    headers = {"Location": f"{request.scope.get('root_path', '')}/v1/pushes/{submitted.push.id}"}
    if not submitted.created:
        headers["Idempotency-Replayed"] = "true"
    return answer(forms.push_json(submitted.push), 202, headers=headers)


@router.post(
    "/preview",
    response_model=forms.Preview,
    summary="Preview a push",
    responses={200: shown("What it would do now.", forms.EXAMPLE_PREVIEW), **refusals(*_OF_A_NEW_PUSH)},
    openapi_extra=needs("push:send") | body_example(forms.EXAMPLE_NEW),
)
async def preview_push(request: ApiRequest, body: forms.NewPush) -> Response:
    """Say what a push would do if it were sent now: who is meant and connected, and what to know before sending.

    Sends and writes nothing. Takes the body of `POST /v1/pushes` as it is.
    """
    asked = requests.checked(target=body.target, message=body.message, strategy=body.strategy)
    previewed = await preview(request.ports, asked, sender=request.caller.user)
    return answer(forms.preview_json(previewed, request.ports.clock.now_s()))


@router.get(
    "",
    response_model=forms.PushPage,
    summary="List pushes",
    responses={
        200: shown("A page of them.", {"items": [forms.EXAMPLE], "next_cursor": None}),
        **refusals("invalid_cursor"),
    },
    openapi_extra=needs("push:read"),
)
async def list_pushes(request: ApiRequest, query: Annotated[forms.PushQuery, Query()]) -> Response:
    """List pushes, newest first, without their messages."""
    filters = [sorted(query.state), query.sender]
    cursors = request.api.cursors
    page = await history.recent(
        request.ports,
        limit=query.limit,
        after=cursors.open_optional("pushes", filters, query.cursor),
        states=query.state,
        sender=query.sender,
    )
    return await listing(page.items, forms.push_json, cursors.seal_optional("pushes", filters, page.next))


@router.get(
    "/{push_id}",
    response_model=forms.PushDetail,
    summary="Look at a push",
    responses={200: shown("The push and its counts.", forms.EXAMPLE_DETAIL), **refusals("push_not_found")},
    openapi_extra=needs("push:read"),
)
async def look_at_push(request: ApiRequest, push_id: forms.PushId) -> Response:
    """A push with its message, its state, and how many terminals it reached so far.

    `dead_jobs` are the parts of it that failed again and again and were given up; normally there is none.
    """
    return answer(forms.detail_json(await history.one(request.ports, push_id)))


@router.post(
    "/{push_id}/cancel",
    response_model=forms.Push,
    summary="Cancel a push",
    responses={
        200: shown("It is cancelled.", forms.EXAMPLE_CANCELLED),
        **refusals("push_not_found", "push_not_cancellable", "push_busy"),
    },
    openapi_extra=needs("push:send"),
)
async def cancel_push(request: ApiRequest, push_id: forms.PushId) -> Response:
    """Stop a push and recall it from the screens that show it, also from those of terminals that come back later.

    It stops within one page of deliveries. To cancel again changes nothing and answers the same.
    """
    return answer(forms.push_json(await cancel(request.ports, push_id, by=request.caller.user)))
