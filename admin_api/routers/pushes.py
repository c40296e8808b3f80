"""Sending and previewing pushes, looking at them, and what people do to them."""

from __future__ import annotations

from typing import Annotated, Protocol

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from admin_api.answers import answer, listing
from admin_api.authentication import needs
from admin_api.documented import body_example, refusals, shown
from admin_api.models import explanations as explaining_forms
from admin_api.models import previews as preview_forms
from admin_api.models import pushes as forms
from admin_api.models import timelines as timeline_forms
from admin_api.problems import invalid_request
from admin_api.routing import ApiRequest, ApiRoute
from services.domain.pushes import Push
from services.domain.targets import json_form
from services.ports import IdempotencyKey, Ports
from services.pushes import commands, history, plans, requests, timelines
from services.pushes.explain import explain
from services.pushes.preview import preview
from services.pushes.requests import PlanUse, PushRequest
from services.pushes.submit import earlier, submit

router = APIRouter(prefix="/v1/pushes", tags=["pushes"], route_class=ApiRoute)

_PLANNED = frozenset({"target", "message", "strategy", "send_at", "repeat", "test"})
"""Members of a push that a plan says too."""
_OF_A_NEW_PUSH = (
    "invalid_target",
    "invalid_message",
    "invalid_strategy",
    "invalid_duration",
    "invalid_name",
    "invalid_time",
    "invalid_schedule",
    "strategy_not_found",
    "plan_not_found",
    "plan_mismatch",
    "message_too_large",
)


def _plan_use(body: forms.NewPush) -> PlanUse | None:
    if body.plan is None:
        return None
    return PlanUse(id=body.plan.id, if_changed=body.plan.if_changed, tolerance=body.plan.tolerance)


async def _asked(request: ApiRequest, body: forms.NewPush) -> PushRequest:
    """The checked request: of a plan, with which what else is given must agree, or of the members. Raises Problem."""
    given = body.model_fields_set
    missing = [] if body.plan is not None else [member for member in ("target", "message") if member not in given]
    if missing:
        raise invalid_request([{"pointer": f"/{member}", "detail": "Field required"} for member in missing])
    use = _plan_use(body)
    planned = None if use is None else await plans.planned(request.ports, use, sender=request.caller.user)
    if planned is not None and not given & _PLANNED:
        return planned
    asked = await requests.checked(
        request.ports,
        target=body.target if planned is None or "target" in given else json_form.to_json(planned.target),
        message=body.message,
        strategy=body.strategy,
        send_at=body.send_at,
        repeat=body.repeat,
        test=body.test,
    )
    if planned is None:
        return asked
    plans.check_same(asked, planned, [member for member in sorted(_PLANNED) if member in given])
    return planned


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
        **refusals(
            *_OF_A_NEW_PUSH,
            "audience_changed",
            "audience_over_limit",
            "sender_rate",
            "invalid_idempotency_key",
            "idempotency_key_reused",
        ),
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

    With the answer the push is durable: it is delivered or accounted for, whatever happens to the service then. It is
    `awaiting_approval` if its sender needs another person for so many terminals.
    Terminals that are away get it when they come back within the strategy's `retain`. Send an `Idempotency-Key`, and
    a request that got no answer can be repeated without fear of sending twice.
    """
    key = requests.checked_idempotency_key(idempotency_key)
    sender, use = request.caller.user, _plan_use(body)
    submitted = None
    if key is not None and use is not None:
        # By the time that a request is repeated its plan may be over, or its audience another.
        submitted = await earlier(request.ports, IdempotencyKey(caller=sender, key=key, body_digest=use.digest()))
    if submitted is None:
        asked = await _asked(request, body)
        await plans.check_audience(request.ports, asked, sender=sender)
        submitted = await submit(request.ports, asked, sender=sender, idempotency_key=key)
    headers = {"Location": f"{request.scope.get('root_path', '')}/v1/pushes/{submitted.push.id}"}
    if not submitted.created:
        headers["Idempotency-Replayed"] = "true"
    return answer(forms.push_json(submitted.push, request.ports.clock.now_s()), 202, headers=headers)


@router.post(
    "/preview",
    response_model=preview_forms.Preview,
    summary="Preview a push",
    responses={200: shown("What it would do now.", preview_forms.EXAMPLE), **refusals(*_OF_A_NEW_PUSH)},
    openapi_extra=needs("push:send") | body_example(forms.EXAMPLE_NEW),
)
async def preview_push(request: ApiRequest, body: forms.NewPush) -> Response:
    """Say what a push would do if it were sent now: who is meant, when they get it, and what to know before.

    Takes the body of `POST /v1/pushes` as it is, and sends nothing. What was shown is kept as a plan for an hour:
    `POST /v1/pushes` with its id sends just that, or says how the audience has changed.
    """
    asked = await _asked(request, body)
    previewed = await preview(request.ports, asked, sender=request.caller.user)
    return answer(preview_forms.preview_json(previewed, request.ports.clock.now_s()))


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
    now_s = request.ports.clock.now_s()
    return await listing(
        page.items, lambda push: forms.push_json(push, now_s), cursors.seal_optional("pushes", filters, page.next)
    )


@router.get(
    "/{push_id}/children",
    response_model=forms.PushPage,
    summary="List what came of a push",
    responses={
        200: shown("They, in one page.", {"items": [forms.EXAMPLE_CHILD], "next_cursor": None}),
        **refusals("push_not_found"),
    },
    openapi_extra=needs("push:read"),
)
async def list_children(request: ApiRequest, push_id: forms.PushId) -> Response:
    """List the last 20 runs of a push that repeats, or the push that it was escalated with; newest first.

    Their `parent` is this push. Those that are kept no more are left out.
    """
    now_s = request.ports.clock.now_s()
    found = await history.children(request.ports, push_id)
    return await listing(found, lambda push: forms.push_json(push, now_s), None)


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
    return answer(forms.detail_json(await history.one(request.ports, push_id), request.ports.clock.now_s()))


@router.get(
    "/{push_id}/timeline",
    response_model=timeline_forms.Timelines,
    summary="Look at the timeline of a push",
    responses={200: shown("Both pictures.", timeline_forms.EXAMPLE), **refusals("push_not_found")},
    openapi_extra=needs("push:read"),
)
async def look_at_timeline(request: ApiRequest, push_id: forms.PushId) -> Response:
    """What was foreseen when the push was submitted, and what happened so far, in one shape: lay one over the other."""
    return answer(timeline_forms.timelines_json(await timelines.of(request.ports, push_id)))


@router.get(
    "/{push_id}/receipts",
    response_model=explaining_forms.ReceiptPage,
    summary="List the receipts of a push",
    responses={
        200: shown("A page of them.", {"items": [explaining_forms.EXAMPLE_RECEIPT], "next_cursor": None}),
        **refusals("push_not_found", "invalid_cursor"),
    },
    openapi_extra=needs("push:read"),
)
async def list_receipts(
    request: ApiRequest, push_id: forms.PushId, query: Annotated[explaining_forms.ReceiptQuery, Query()]
) -> Response:
    """What became of a push at each terminal, where its strategy keeps receipts (`ack`, or `receipts: each`).

    Of a push that was cancelled, `recall` proves for each whether it was taken off the screen.
    """
    filters = [push_id, sorted(query.kind), query.wave, query.stage]
    cursors = request.api.cursors
    page = await history.receipts(
        request.ports,
        push_id,
        limit=query.limit,
        after=cursors.open_optional("receipts", filters, query.cursor),
        kinds=query.kind,
        wave=query.wave,
        stage=query.stage,
    )
    next_cursor = cursors.seal_optional("receipts", filters, page.next)
    return await listing(page.items, explaining_forms.receipt_json, next_cursor)


@router.get(
    "/{push_id}/explain",
    response_model=explaining_forms.Explanation,
    summary="Explain a push",
    responses={
        200: shown("The trace of one terminal.", explaining_forms.EXAMPLE),
        **refusals("push_not_found", "invalid_name"),
    },
    openapi_extra=needs("push:read"),
)
async def explain_push(
    request: ApiRequest, push_id: forms.PushId, query: Annotated[explaining_forms.ExplainQuery, Query()]
) -> Response:
    """Why a terminal got a push, or did not: each decision in words and in data, and the outcome in `answer`.

    Groups and attributes are those that the terminal has now, or had when it was last here.
    """
    explained = await explain(request.ports, push_id, terminal=query.terminal, user=query.user)
    return answer(explaining_forms.explanation_json(explained))


@router.post(
    "/{push_id}/approve",
    response_model=forms.Push,
    summary="Approve a push",
    responses={
        200: shown("It goes on.", forms.EXAMPLE),
        **refusals("push_not_found", "approval_by_sender", "push_not_awaiting_approval", "push_busy"),
    },
    openapi_extra=needs("push:approve") | body_example(forms.EXAMPLE_REASON),
)
async def approve_push(request: ApiRequest, push_id: forms.PushId, body: forms.Reason | None = None) -> Response:
    """Let a push go that waits for a second person. Whoever sent it cannot approve it."""
    return await _commanded(commands.approve, request, push_id, body)


@router.post(
    "/{push_id}/reject",
    response_model=forms.Push,
    summary="Reject a push",
    responses={
        200: shown("It reaches nobody.", forms.EXAMPLE_REJECTED),
        **refusals("push_not_found", "approval_by_sender", "push_not_awaiting_approval", "push_busy"),
    },
    openapi_extra=needs("push:approve") | body_example(forms.EXAMPLE_REASON),
)
async def reject_push(request: ApiRequest, push_id: forms.PushId, body: forms.Reason | None = None) -> Response:
    """End a push that waits for a second person; it reaches nobody. Whoever sent it cancels it instead."""
    return await _commanded(commands.reject, request, push_id, body)


@router.post(
    "/{push_id}/halt",
    response_model=forms.Push,
    summary="Halt a push",
    responses={
        200: shown("It is halted.", forms.EXAMPLE_HALTED),
        **refusals("push_not_found", "push_not_haltable", "push_busy"),
    },
    openapi_extra=needs("push:send") | body_example(forms.EXAMPLE_REASON),
)
async def halt_push(request: ApiRequest, push_id: forms.PushId, body: forms.Reason | None = None) -> Response:
    """Release no more of a push until it is resumed. Those who had their turn still get it, and keep it on screen."""
    return await _commanded(commands.halt, request, push_id, body)


@router.post(
    "/{push_id}/resume",
    response_model=forms.Push,
    summary="Resume a push",
    responses={200: shown("It goes on.", forms.EXAMPLE), **refusals("push_not_found", "push_not_halted", "push_busy")},
    openapi_extra=needs("push:send") | body_example(forms.EXAMPLE_REASON),
)
async def resume_push(request: ApiRequest, push_id: forms.PushId, body: forms.Reason | None = None) -> Response:
    """Let a push go on that was halted, by a person or by its strategy, from where it stopped."""
    return await _commanded(commands.resume, request, push_id, body)


@router.post(
    "/{push_id}/cancel",
    response_model=forms.Push,
    summary="Cancel a push",
    responses={
        200: shown("It is cancelled.", forms.EXAMPLE_CANCELLED),
        **refusals("push_not_found", "push_not_cancellable", "push_busy"),
    },
    openapi_extra=needs("push:send") | body_example(forms.EXAMPLE_REASON),
)
async def cancel_push(request: ApiRequest, push_id: forms.PushId, body: forms.Reason | None = None) -> Response:
    """Stop a push and recall it from the screens that show it, also from those of terminals that come back later.

    It stops within one page of deliveries. To cancel again changes nothing and answers the same. `GET …/receipts` says
    what the recall came to at each terminal.
    """
    return await _commanded(commands.cancel, request, push_id, body)


class _Command(Protocol):
    """One of `services.pushes.commands`."""

    async def __call__(self, ports: Ports, push_id: str, *, by: str, reason: str | None = None) -> Push: ...


async def _commanded(command: _Command, request: ApiRequest, push_id: str, body: forms.Reason | None) -> Response:
    """Do it, and answer with the push as it is then."""
    push = await command(request.ports, push_id, by=request.caller.user, reason=None if body is None else body.reason)
    return answer(forms.push_json(push, request.ports.clock.now_s()))
