"""Who did what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from admin_api.answers import listing
from admin_api.authentication import needs
from admin_api.documented import refusals, shown
from admin_api.models import service as forms
from admin_api.routing import ApiRequest, ApiRoute
from services.domain import moments

router = APIRouter(prefix="/v1/audit", tags=["service"], route_class=ApiRoute)


@router.get(
    "",
    response_model=forms.AuditPage,
    summary="Read the audit trail",
    responses={200: shown("A page of it.", forms.EXAMPLE_AUDIT), **refusals("invalid_cursor", "invalid_time")},
    openapi_extra=needs("audit:read"),
)
async def audit_trail(request: ApiRequest, query: Annotated[forms.AuditQuery, Query()]) -> Response:
    """Every push and every change, newest first: who, what, to what, when. Reads are not in it, nor are messages."""
    filters = [query.actor, query.action, query.subject, query.from_, query.to]
    cursors = request.api.cursors
    page = await request.ports.audit.list(
        limit=query.limit,
        after=cursors.open_optional("audit", filters, query.cursor),
        actor=query.actor,
        action=query.action,
        subject=query.subject,
        from_s=None if query.from_ is None else moments.parse_s(query.from_, "from"),
        to_s=None if query.to is None else moments.parse_s(query.to, "to"),
    )
    return await listing(page.items, forms.audit_json, cursors.seal_optional("audit", filters, page.next))
