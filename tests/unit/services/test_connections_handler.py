"""The entry of `$connect` and `$disconnect`, as far as it is not admission."""

from __future__ import annotations

import json

import pytest

from services.connections import handler
from services.connections.admission import Admission
from tests.unit.services.service import Service


@pytest.mark.parametrize("route_key", ["$connect", "$disconnect"])
async def test_a_message_that_names_the_route_is_refused_and_changes_nothing(service: Service, route_key: str) -> None:
    row = await service.connect("a")
    handle = handler.build(service.ports, Admission(service.ports, connections_per_user=1))
    context = {"connectionId": "a", "routeKey": route_key, "eventType": "MESSAGE", "authorizer": {"principalId": "eve"}}
    assert await handle({"requestContext": context, "body": json.dumps({"action": route_key})}) == {"statusCode": 200}
    assert [frame["code"] for frame in service.sockets.frames("a", "error")] == ["unknown_action"]
    assert await service.ports.registry.get("a") == row


async def test_a_disconnect_removes_its_connection(service: Service) -> None:
    await service.connect("a")
    handle = handler.build(service.ports, Admission(service.ports, connections_per_user=1))
    context = {"connectionId": "a", "eventType": "DISCONNECT", "disconnectStatusCode": 1001}
    assert await handle({"requestContext": context}) == {"statusCode": 200}
    assert await service.registered() == set()
