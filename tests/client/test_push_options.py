"""`fanfare push`: what its options ask the service for."""

from __future__ import annotations

import pytest

from fanfare.frames import JsonValue
from tests.client.command_line import fanfare
from tests.client.fake_service import FakeApi, HttpAnswer

PUSHES = "POST /v1/pushes"
ACCEPTED = HttpAnswer(202, {"id": "0199", "state": "sending"})


async def body_of(api: FakeApi, *options: str) -> dict[str, JsonValue]:
    """What a push to everyone asks for beside target and message."""
    api.script(PUSHES, ACCEPTED)
    result = await fanfare("push", "--api-url", api.url, "--token", "t", "--all", *options, "hello")
    assert result.exit_code == 0, result.output
    body = api.requests[0].json()
    assert (body.pop("target"), body.pop("message")) == ({"all": True}, "hello")
    return body


@pytest.mark.parametrize(
    ("options", "target"),
    [
        (("--all",), {"all": True}),
        (("--target", "group:ops and os = windows"), "group:ops and os = windows"),
        (("--target", '{"users": ["bob"]}'), {"users": ["bob"]}),
        (("--user", "alice", "--user", "bob"), {"users": ["alice", "bob"]}),
        (("--user", "alice", "--group", "ops"), {"any": [{"users": ["alice"]}, {"groups": ["ops"]}]}),
    ],
)
async def test_a_push_goes_to_whom_the_options_name(api: FakeApi, options: tuple[str, ...], target: object) -> None:
    api.script(PUSHES, ACCEPTED)
    await fanfare("push", "--api-url", api.url, "--token", "t", *options, "hello")
    assert api.requests[0].json() == {"target": target, "message": "hello"}


async def test_a_push_prints_its_id_and_state(api: FakeApi) -> None:
    api.script(PUSHES, ACCEPTED)
    result = await fanfare("push", "--api-url", api.url, "--token", "t", "--all", "hello")
    assert result.output == "0199 sending\n"


async def test_a_message_can_be_json(api: FakeApi) -> None:
    api.script(PUSHES, ACCEPTED)
    await fanfare("push", "--api-url", api.url, "--token", "t", "--all", "--json", '{"level": 1}')
    assert api.requests[0].json()["message"] == {"level": 1}


async def test_a_message_can_come_from_standard_input(api: FakeApi) -> None:
    api.script(PUSHES, ACCEPTED)
    await fanfare("push", "--api-url", api.url, "--token", "t", "--all", "-", stdin="from a file")
    assert api.requests[0].json()["message"] == "from a file"


async def test_the_strategy_is_what_the_options_add_up_to(api: FakeApi) -> None:
    api.script(PUSHES, ACCEPTED)
    options = ("--strategy", '{"receipts": "each"}', "--retain", "2h", "--expires-in", "1d", "--idempotency-key", "k")
    await fanfare("push", "--api-url", api.url, "--token", "t", "--all", *options, "hello")
    request = api.requests[0]
    assert (request.json()["strategy"], request.headers["Idempotency-Key"]) == (
        {"receipts": "each", "retain": "2h", "expires_in": "1d"},
        "k",
    )


@pytest.mark.parametrize("options", [(), ("--all", "--user", "a"), ("--all", "--json"), ("--target", "{")])
async def test_a_push_that_makes_no_sense_is_not_sent(api: FakeApi, options: tuple[str, ...]) -> None:
    result = await fanfare("push", "--api-url", api.url, "--token", "t", *options, "not json")
    assert (result.exit_code, api.requests) == (2, [])


@pytest.mark.parametrize(
    ("options", "strategy"),
    [
        (("--strategy", "must-read"), {"name": "must-read"}),
        (("--strategy", "must-read", "--set", "retain=3d"), {"name": "must-read", "retain": "3d"}),
        (
            ("--set", 'ack={"need": "read"}', "--set", "priority=urgent"),
            {"ack": {"need": "read"}, "priority": "urgent"},
        ),
        (("--strategy", "must-read", "--set", "window=null"), {"name": "must-read", "window": None}),
        (("--set", "retain=1d", "--retain", "2h"), {"retain": "2h"}),
    ],
)
async def test_members_of_a_strategy_can_be_overridden(
    api: FakeApi, options: tuple[str, ...], strategy: object
) -> None:
    assert await body_of(api, *options) == {"strategy": strategy}


async def test_a_push_can_be_sent_later(api: FakeApi) -> None:
    assert await body_of(api, "--send-at", "2026-11-25T09:00:00+01:00") == {"send_at": "2026-11-25T09:00:00+01:00"}


async def test_a_push_can_repeat(api: FakeApi) -> None:
    options = (
        "--repeat",
        "0 9 * * mon-fri",
        "--timezone",
        "Europe/Berlin",
        "--times",
        "3",
        "--until",
        "2027-01-01T00:00Z",
    )
    assert await body_of(api, *options) == {
        "repeat": {"cron": "0 9 * * mon-fri", "timezone": "Europe/Berlin", "times": 3, "until": "2027-01-01T00:00Z"}
    }


async def test_a_push_can_be_a_test(api: FakeApi) -> None:
    assert await body_of(api, "--test") == {"test": True}


async def test_a_plan_says_it_all(api: FakeApi) -> None:
    api.script(PUSHES, ACCEPTED)
    options = ("--plan", "0198", "--if-changed", "send", "--tolerance", "0.2")
    await fanfare("push", "--api-url", api.url, "--token", "t", *options)
    assert api.requests[0].json() == {"plan": {"id": "0198", "if_changed": "send", "tolerance": 0.2}}


async def test_who_came_and_went_since_the_plan_is_said(api: FakeApi) -> None:
    moved: dict[str, JsonValue] = {"came": {"terminals": 1, "names": ["bob/pc"]}, "went": {"terminals": 0, "names": []}}
    document: dict[str, JsonValue] = {
        "title": "Audience changed",
        "code": "audience_changed",
        "detail": "moved",
        **moved,
    }
    api.script(PUSHES, HttpAnswer(409, document))
    result = await fanfare("push", "--api-url", api.url, "--token", "t", "--plan", "0198")
    assert (result.exit_code, result.output.splitlines()[1:]) == (1, ["moved", "Came: bob/pc"])


@pytest.mark.parametrize(
    "options",
    [
        ("--plan", "0198", "hello"),
        ("--plan", "0198", "--all"),
        ("--plan", "0198", "--preview"),
        ("--plan", "0198", "--test"),
        ("--all", "--tolerance", "0.2", "hello"),
        ("--all",),
        ("--all", "--timezone", "Asia/Tokyo", "hello"),
        ("--all", "--repeat", "* * * * *", "--send-at", "2026-11-25T09:00:00Z", "hello"),
        ("--all", "--set", "retain", "hello"),
        ("--all", "--set", "ack={", "hello"),
        ("--all", "--strategy", "{", "hello"),
    ],
)
async def test_options_that_contradict_each_other_are_a_usage_error(api: FakeApi, options: tuple[str, ...]) -> None:
    result = await fanfare("push", "--api-url", api.url, "--token", "t", *options)
    assert (result.exit_code, api.requests) == (2, [])
