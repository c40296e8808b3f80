"""What happened lately: each thing is counted once, and what has not changed is not sent again."""

from __future__ import annotations

from collections.abc import Mapping

from tests.e2e.caller import Json
from tests.e2e.deadlines import eventually
from tests.e2e.fixtures import OwnOffice
from tests.e2e.office import Office

FIGURES = ("connects", "disconnects", "sent", "received", "read", "failed", "gone")


async def _happened(office: Office) -> Mapping[str, int]:
    """All figures of the last hour together, and how many are connected at its end."""
    points = (await office.api.get("/v1/stats/activity"))["points"]
    assert isinstance(points, list)
    return {
        "connections": points[-1]["connections"],
        **{name: sum(point[name] for point in points) for name in FIGURES},
    }


async def _comes_to(office: Office, **expected: int) -> None:
    """These figures come, and they are all."""
    wanted = {"connections": 0, **dict.fromkeys(FIGURES, 0), **expected}
    await eventually(lambda: _happened(office), lambda happened: happened == wanted)


async def test_who_comes_and_goes_and_what_is_delivered_is_counted_once(own_office: OwnOffice) -> None:
    office = own_office()
    each: Json = {"receipts": "each"}
    terminals = [await office.terminal() for _ in range(3)]
    await _comes_to(office, connections=3, connects=3)
    alice = terminals[0]
    push_id = await office.api.push("all", strategy=each)
    for terminal in terminals:
        await terminal.expect("push")
    await alice.send("ack", ids=[push_id], kind="received")
    await alice.send("ack", ids=[push_id], kind="read")
    await office.api.completed(push_id)
    await _comes_to(office, connections=3, connects=3, sent=3, received=1, read=1)
    await alice.close()
    await _comes_to(office, connections=2, connects=3, disconnects=1, sent=3, received=1, read=1)


async def test_what_has_not_changed_is_not_sent_again(office: Office) -> None:
    await office.api.http.put("/v1/strategies/tagged", json={"retain": "1h"})
    path = "/v1/strategies/tagged/versions"
    first = await office.api.http.get(path)
    again = await office.api.http.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await office.api.http.put("/v1/strategies/tagged", json={"retain": "2h"})
    changed = await office.api.http.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]
