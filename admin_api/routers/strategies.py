"""Strategies by name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import SkipValidation
from starlette.responses import Response

from admin_api.answers import answer, listing, nothing
from admin_api.authentication import needs
from admin_api.documented import body_example, refusals, shown
from admin_api.models import strategies as forms
from admin_api.models.base import PageQuery
from admin_api.preconditions import IfMatch, IfNoneMatch, etag, expected
from admin_api.routing import ApiRequest, ApiRoute
from services.strategies import kept
from services.strategies.kept import Listed

router = APIRouter(prefix="/v1/strategies", tags=["strategies"], route_class=ApiRoute)

_WITH_ETAG = {
    "headers": {
        "ETag": {
            "description": "Its version; of one that is built in, of what it says.",
            "schema": {"type": "string"},
        }
    }
}


@router.get(
    "",
    response_model=forms.StrategyPage,
    summary="List strategies",
    responses={
        200: shown("A page of them.", {"items": [forms.EXAMPLE_BUILT_IN, forms.EXAMPLE], "next_cursor": None}),
        **refusals("invalid_cursor"),
    },
    openapi_extra=needs("push:read"),
)
async def list_strategies(request: ApiRequest, query: Annotated[PageQuery, Query()]) -> Response:
    """List the strategies that a push can go by: those built in, then those kept, each in its newest version."""
    cursors = request.api.cursors
    page = await kept.listing(
        request.ports, limit=query.limit, after=cursors.open_optional("strategies", None, query.cursor)
    )
    return await listing(page.items, forms.listed_json, cursors.seal_optional("strategies", None, page.next))


@router.get(
    "/{name}",
    response_model=forms.KeptStrategy,
    summary="Look at a strategy",
    responses={
        200: shown("Its newest version.", forms.EXAMPLE) | _WITH_ETAG,
        **refusals("invalid_name", "no_such_strategy"),
    },
    openapi_extra=needs("push:read"),
)
async def look_at_strategy(request: ApiRequest, name: forms.StrategyName) -> Response:
    """The newest version of a strategy, or the one that is built in. Its `ETag` goes into `If-Match` of a change."""
    return _shown(await kept.one(request.ports, name))


@router.get(
    "/{name}/versions",
    response_model=forms.VersionPage,
    summary="List the versions of a strategy",
    responses={
        200: shown("A page of them.", {"items": [forms.EXAMPLE], "next_cursor": None}),
        **refusals("invalid_name", "invalid_cursor", "no_such_strategy"),
    },
    openapi_extra=needs("push:read"),
)
async def list_versions(
    request: ApiRequest, name: forms.StrategyName, query: Annotated[PageQuery, Query()]
) -> Response:
    """Every version that a name had, newest first, also of one that was deleted. One that is built in has none."""
    cursors = request.api.cursors
    after = cursors.open_optional("versions", name, query.cursor)
    page = await kept.versions(request.ports, name, limit=query.limit, after=None if after is None else int(after))
    return await listing(page.items, forms.version_json, cursors.seal_optional("versions", name, page.next))


@router.put(
    "/{name}",
    response_model=forms.KeptStrategy,
    summary="Keep a strategy",
    responses={
        200: shown("The version that it is now.", forms.EXAMPLE) | _WITH_ETAG,
        **refusals(
            "invalid_name",
            "invalid_strategy",
            "invalid_duration",
            "invalid_target",
            "strategy_built_in",
            "version_changed",
        ),
    },
    openapi_extra=needs("strategies:write") | body_example(forms.EXAMPLE_POLICY),
)
async def keep_strategy(
    request: ApiRequest,
    name: forms.StrategyName,
    body: SkipValidation[forms.Policy],
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Keep a strategy under a name, as its next version. Pushes that have begun keep the version they began with.

    With `If-Match` two people cannot change it at the same time without knowing of each other.
    """
    # The body comes as it was sent: the service reads it, and names the member that is wrong as it does in a push.
    put = await kept.put(request.ports, name, body, after=expected(if_match, if_none_match), by=request.caller.user)
    return _shown(put)


@router.delete(
    "/{name}",
    status_code=204,
    summary="Delete a strategy",
    responses={
        204: {"description": "It is not in use, or was not."},
        **refusals("invalid_name", "strategy_built_in", "version_changed"),
    },
    openapi_extra=needs("strategies:write"),
)
async def delete_strategy(request: ApiRequest, name: forms.StrategyName, if_match: IfMatch = None) -> Response:
    """Take a name out of use: no new push can go by it. Pushes that go by it, and its versions, stay."""
    await kept.delete(request.ports, name, after=expected(if_match), by=request.caller.user)
    return nothing()


def _shown(strategy: Listed) -> Response:
    headers = {} if strategy.kept is None else {"ETag": etag(strategy.kept.version)}
    return answer(forms.listed_json(strategy), headers=headers)
