"""Strategies, senders, decisions and explanations on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fanfare.frames import JsonValue
from tests.client.command_line import fanfare
from tests.client.fake_service import FakeApi, HttpAnswer, HttpRequest, problem

KEPT: dict[str, JsonValue] = {
    "name": "night",
    "version": 2,
    "built_in": False,
    "strategy": {"name": "night", "version": 2, "retain": "2h"},
    "by": "alice",
    "at": "2026-11-24T09:00:00.000Z",
}
BUILT_IN: dict[str, JsonValue] = {
    "name": "now",
    "version": None,
    "built_in": True,
    "strategy": {"name": "now", "retain": "1d"},
    "by": None,
    "at": None,
}


def listing(*items: dict[str, JsonValue]) -> HttpAnswer:
    return HttpAnswer(200, {"items": [*items], "next_cursor": None})


async def ran(api: FakeApi, *arguments: str, stdin: str | None = None) -> str:
    """What a command printed that must succeed."""
    result = await fanfare(*arguments, "--api-url", api.url, "--token", "t", stdin=stdin)
    assert result.exit_code == 0, result.output
    return result.output


def last(api: FakeApi) -> HttpRequest:
    return api.requests[-1]


async def test_strategies_are_a_table(api: FakeApi) -> None:
    api.script("GET /v1/strategies", listing(BUILT_IN, KEPT))
    lines = [" ".join(line.split()) for line in (await ran(api, "strategies", "list")).splitlines()]
    assert lines == [
        "NAME VERSION BY AT STRATEGY",
        'now built in {"retain": "1d"}',
        'night 2 alice 2026-11-24 09:00:00Z {"retain": "2h"}',
    ]


async def test_a_strategy_that_is_shown_can_be_put_again(api: FakeApi, tmp_path: Path) -> None:
    api.script("GET /v1/strategies/night", HttpAnswer(200, KEPT))
    api.script("PUT /v1/strategies/night-2", HttpAnswer(200, KEPT | {"name": "night-2", "version": 1}))
    file = tmp_path / "strategy.json"
    file.write_text(await ran(api, "strategies", "show", "night"))
    assert await ran(api, "strategies", "put", "night-2", str(file)) == "night-2 version 1\n"
    assert last(api).json() == {"retain": "2h"}


async def test_a_strategy_can_come_from_standard_input(api: FakeApi) -> None:
    api.script("PUT /v1/strategies/night", HttpAnswer(200, KEPT))
    await ran(api, "strategies", "put", "night", stdin='{"retain": "2h"}')
    assert last(api).json() == {"retain": "2h"}


@pytest.mark.parametrize("text", ["", "[]", "{"])
async def test_what_is_no_strategy_is_not_sent(api: FakeApi, text: str) -> None:
    result = await fanfare("strategies", "put", "night", "--api-url", api.url, "--token", "t", stdin=text)
    assert (result.exit_code, api.requests) == (2, [])


async def test_a_refused_strategy_says_which_member_is_wrong(api: FakeApi) -> None:
    api.script("PUT /v1/strategies/night", problem(422, "invalid_strategy", "strategy.pace must be an object"))
    result = await fanfare("strategies", "put", "night", "--api-url", api.url, "--token", "t", stdin='{"pace": 1}')
    assert (result.exit_code, "strategy.pace must be an object" in result.output) == (1, True)


async def test_versions_are_a_table_with_what_they_were(api: FakeApi) -> None:
    api.script("GET /v1/strategies/night/versions", listing(KEPT))
    lines = [" ".join(line.split()) for line in (await ran(api, "strategies", "versions", "night")).splitlines()]
    assert lines[1] == '2 alice 2026-11-24 09:00:00Z {"retain": "2h"}'


@pytest.mark.parametrize("name", ["night", "a/b ü"])
async def test_a_strategy_can_be_deleted(api: FakeApi, name: str) -> None:
    path = {"night": "night", "a/b ü": "a%2Fb%20%C3%BC"}[name]
    api.script(f"DELETE /v1/strategies/{path}", HttpAnswer(204, ""))
    assert await ran(api, "strategies", "delete", name) == f"{name} deleted\n"


async def test_a_sender_is_held_to_what_the_options_say(api: FakeApi) -> None:
    api.script("PUT /v1/senders/printer", HttpAnswer(200, {}))
    await ran(api, "senders", "put", "printer", "--targets", "group:ops", "--per-minute", "10", "--max-terminals", "50")
    assert last(api).json() == {"targets": "group:ops", "per_minute": 10, "max_terminals": 50}


async def test_a_sender_is_not_held_to_nothing_by_mistake(api: FakeApi) -> None:
    result = await fanfare("senders", "put", "printer", "--api-url", api.url, "--token", "t")
    assert (result.exit_code, api.requests) == (2, [])


async def test_senders_are_a_table(api: FakeApi) -> None:
    sender: dict[str, JsonValue] = {"sub": "printer", "targets": {"groups": ["ops"]}, "per_minute": 10}
    api.script("GET /v1/senders", listing(sender))
    lines = [" ".join(line.split()) for line in (await ran(api, "senders", "list")).splitlines()]
    assert lines[1] == 'printer {"groups": ["ops"]} 10'


async def test_a_sender_can_be_shown_and_let_go(api: FakeApi) -> None:
    api.script("GET /v1/senders/printer", HttpAnswer(200, {"sub": "printer", "per_minute": 10}))
    api.script("DELETE /v1/senders/printer", HttpAnswer(204, ""))
    assert json.loads(await ran(api, "senders", "show", "printer"))["per_minute"] == 10
    await ran(api, "senders", "delete", "printer")
    assert last(api).method == "DELETE"


@pytest.mark.parametrize("verb", ["approve", "reject", "halt", "resume"])
async def test_a_decision_is_posted_with_its_reason(api: FakeApi, verb: str) -> None:
    api.script(f"POST /v1/pushes/0199/{verb}", HttpAnswer(200, {"id": "0199", "state": "sending"}))
    assert await ran(api, verb, "0199", "--reason", "fine") == "0199 sending\n"
    assert last(api).json() == {"reason": "fine"}


async def test_a_cancel_is_posted(api: FakeApi) -> None:
    api.script("POST /v1/pushes/0199/cancel", HttpAnswer(200, {"id": "0199", "state": "cancelled"}))
    assert await ran(api, "cancel", "0199") == "0199 cancelled\n"


async def test_a_refused_decision_says_why(api: FakeApi) -> None:
    api.script("POST /v1/pushes/0199/approve", problem(403, "approval_by_sender", "another person must"))
    result = await fanfare("approve", "0199", "--api-url", api.url, "--token", "t")
    assert (result.exit_code, "another person must" in result.output) == (1, True)


EXPLAINED: JsonValue = {
    "push_id": "0199",
    "terminal_id": "alice/till-4",
    "user": "alice",
    "answer": "not_meant",
    "steps": [{"step": "target", "outcome": "no", "text": "not in group:ops", "data": {}}],
    "others": ["alice/till-5"],
}


async def test_an_explanation_is_a_line_a_step(api: FakeApi) -> None:
    api.script("GET /v1/pushes/0199/explain", HttpAnswer(200, EXPLAINED))
    output = await ran(api, "explain", "0199", "--terminal", "alice/till-4")
    assert output == ("alice/till-4: not meant\n  target  no  not in group:ops\nTheir other terminals: alice/till-5\n")
    assert last(api).path.endswith("?terminal=alice%2Ftill-4")


async def test_an_explanation_can_be_json(api: FakeApi) -> None:
    api.script("GET /v1/pushes/0199/explain", HttpAnswer(200, EXPLAINED))
    assert json.loads(await ran(api, "explain", "0199", "--user", "alice", "--json")) == EXPLAINED


@pytest.mark.parametrize("whom", [(), ("--user", "alice", "--terminal", "alice/till-4")])
async def test_an_explanation_is_of_one(api: FakeApi, whom: tuple[str, ...]) -> None:
    result = await fanfare("explain", "0199", "--api-url", api.url, "--token", "t", *whom)
    assert (result.exit_code, api.requests) == (2, [])
