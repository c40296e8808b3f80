"""Tickets."""

from __future__ import annotations

from pydantic import Field

from admin_api.models.base import Model, Moment
from services.connections.tickets import Ticket as DomainTicket
from services.domain import moments


class Ticket(Model):
    """A ticket: it opens one WebSocket, once."""

    ticket: str = Field(description="To be sent as `?token=` of the WebSocket URL.")
    expires_at: Moment


def ticket_json(ticket: DomainTicket) -> dict[str, object]:
    """A `Ticket`."""
    return {"ticket": ticket.text, "expires_at": moments.text(ticket.expires_at_s)}


EXAMPLE: dict[str, object] = {
    "ticket": "eyJhbGciOiJIUzI1NiIsInR5cCI6ImZhbmZhcmUtdGlja2V0K2p3dCJ9.eyJpc3MiOiJmYW5mYXJlOnRpY2tldCJ9.c2lnbmF0dXJl",
    "expires_at": "2026-11-24T09:01:00.000Z",
}
