"""Real frames of a running server are as docs/asyncapi.yaml says."""

from __future__ import annotations

import json

import pytest

from tests.e2e.caller import segment
from tests.e2e.office import Office
from tests.e2e.terminal import BEGINNING, Frame
from tests.protocol.document import DOCUMENT


def _holds(frame: Frame, message: str) -> None:
    """Fail unless a frame is this message, and as the document says."""
    assert DOCUMENT.message_of(frame) == message, frame
    assert DOCUMENT.faults(message, frame) == []


async def test_a_push_with_every_member(office: Office) -> None:
    alice = await office.terminal()
    strategy = {"receipts": "each", "collapse_key": "menu", "expires_in": "1h"}
    await office.api.push({"users": [alice.user]}, {"any": ["json", None]}, strategy=strategy)
    live = await alice.frame()
    _holds(live, "push")
    (replayed,) = (await alice.resume(BEGINNING)).frames
    _holds(replayed, "push")


@pytest.mark.parametrize("kind", ["all", "groups", "users", "terminals", "connections"])
async def test_a_push_under_every_kind_of_topic(office: Office, kind: str) -> None:
    group = office.name("ops")
    alice = await office.terminal(groups=[group], calls_itself="desk")
    listed = {
        "groups": group,
        "users": alice.user,
        "terminals": f"{alice.user}/desk",
        "connections": await office.connection_id(alice),
    }
    target: dict[str, object] = {"all": True} if kind == "all" else {kind: [listed[kind]]}
    await office.api.push(target, strategy={"retain": "0s"})
    frame = await alice.frame()
    _holds(frame, "push")
    assert str(frame["topic"]).partition(":")[0] == kind.removesuffix("s")


async def test_a_cancel(office: Office) -> None:
    alice = await office.terminal()
    push_id = await office.api.push({"users": [alice.user]})
    await alice.frame()
    await office.api.cancel(push_id)
    _holds(await alice.frame(), "cancel")


async def test_resumed_with_nothing_to_replay(office: Office) -> None:
    _holds((await (await office.terminal()).resume(None)).resumed, "resumed")


async def test_resumed_with_more_to_come(office: Office) -> None:
    user = office.name("alice")
    for number in range(101):
        await office.api.push({"users": [user]}, number)
    resumed = (await (await office.terminal(user)).resume(BEGINNING)).resumed
    assert resumed["more"] is True
    _holds(resumed, "resumed")


async def test_a_pong(office: Office) -> None:
    alice = await office.terminal()
    await alice.send("ping")
    _holds(await alice.frame(), "pong")


async def test_an_error(office: Office) -> None:
    alice = await office.terminal()
    await alice.send("dance")
    _holds(await alice.frame(), "error")


async def test_a_bye(office: Office) -> None:
    alice = await office.terminal()
    response = await office.api.http.put(f"/v1/users/{segment(alice.user)}/block", json={"reason": "badge lost"})
    assert response.is_success
    _holds(await alice.frame(), "bye")


async def test_an_echo(office: Office) -> None:
    speaker = await office.terminal(scopes=["chat"])
    await speaker.send("onMessage", message="Good morning")
    assert DOCUMENT.faults("echo", await speaker.text()) == []


@pytest.mark.parametrize(
    "frame",
    [payload for message, _, payload in DOCUMENT.examples() if message in {"resume", "ack", "ping"}],
    ids=lambda frame: json.dumps(frame)[:60],
)
async def test_what_the_document_says_a_terminal_may_send_is_not_refused(
    office: Office, frame: dict[str, object]
) -> None:
    alice = await office.terminal()
    await alice.send_text(json.dumps(frame))
    await alice.send("resume", since=None)
    answers = [await alice.frame()]
    while answers[-1]["type"] != "resumed":
        answers.append(await alice.frame())
    assert "error" not in {answer["type"] for answer in answers}
