"""The commands that call the REST API or make tokens."""

from __future__ import annotations

import json
from pathlib import Path

import jwt
import pytest
from click.shell_completion import BashComplete

from fanfare.cli import COMMANDS, main
from tests.client.command_line import announce, fanfare
from tests.client.fake_service import FakeApi, HttpAnswer, problem

PUSHES = "POST /v1/pushes"
ACCEPTED = HttpAnswer(202, {"id": "0199", "state": "sending"})


def claims_of(token: str, token_key: bytes) -> dict[str, object]:
    claims = jwt.decode(token.strip(), token_key, algorithms=["HS256"], audience="fanfare", issuer="fanfare")
    assert isinstance(claims, dict)
    return claims


@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_every_help_has_an_example(name: str) -> None:
    result = await fanfare(name, "--help")
    assert (result.exit_code, f"fanfare {name}" in result.output.partition("Examples:")[2]) == (0, True)


async def test_a_token_says_what_the_options_say(data_dir: Path, token_key: bytes) -> None:
    result = await fanfare(
        *("token", "--data", str(data_dir), "--user", "alice", "--group", "ops", "--group", "tokyo"),
        *("--attr", "os=windows", "--attr", "floor=3", "--attr", "managed=true", "--attr", 'room="7"'),
        *("--scope", "push:send", "--scope", "chat", "--terminal", "desk-1", "--ttl", "8h"),
    )
    claims = claims_of(result.output, token_key)
    issued_at, expires_at = claims.pop("iat"), claims.pop("exp")
    assert isinstance(issued_at, int)
    assert isinstance(expires_at, int)
    assert expires_at - issued_at == 8 * 3_600
    assert claims == {
        "iss": "fanfare",
        "aud": "fanfare",
        "sub": "alice",
        "groups": ["ops", "tokyo"],
        "attrs": {"os": "windows", "floor": 3, "managed": True, "room": "7"},
        "scope": "push:send chat",
        "terminal": "desk-1",
    }


async def test_a_token_is_all_that_is_printed(data_dir: Path) -> None:
    result = await fanfare("token", "--data", str(data_dir), "--user", "alice")
    assert result.output.count("\n") == 1


async def test_without_secrets_there_is_no_token(data_dir: Path) -> None:
    result = await fanfare("token", "--data", str(data_dir / "elsewhere"), "--user", "alice")
    assert (result.exit_code, "fanfare serve" in result.output) == (1, True)


@pytest.mark.parametrize("options", [("--ttl", "soon"), ("--attr", "windows"), ("--attr", "=x")])
async def test_what_cannot_be_read_is_a_usage_error(data_dir: Path, options: tuple[str, str]) -> None:
    result = await fanfare("token", "--data", str(data_dir), "--user", "alice", *options)
    assert (result.exit_code, "such as" in result.output) == (2, True)


async def test_a_refusal_says_why_and_where_there_is_more(api: FakeApi) -> None:
    api.script(PUSHES, problem(403, "scope_missing", "needs push:send", {"Retry-After": "5"}))
    result = await fanfare("push", "--api-url", api.url, "--token", "t", "--all", "hello")
    assert (result.exit_code, result.output) == (
        1,
        "Error: scope missing (scope_missing, status 403)\nneeds push:send\nTry again in 5 s.\n"
        f"More: {api.url}/errors#scope_missing\n",
    )


async def test_a_refusal_by_something_else_is_said_too(api: FakeApi) -> None:
    api.script(PUSHES, HttpAnswer(502, "<html>Bad Gateway</html>"))
    result = await fanfare("push", "--api-url", api.url, "--token", "t", "--all", "hello")
    assert (result.exit_code, "status 502" in result.output) == (1, True)


async def test_that_nothing_answers_is_said(api: FakeApi) -> None:
    result = await fanfare("push", "--api-url", "http://127.0.0.1:1", "--token", "t", "--all", "hello")
    assert (result.exit_code, "no answer from http://127.0.0.1:1" in result.output) == (1, True)


async def test_a_token_is_taken_from_the_environment(api: FakeApi) -> None:
    api.script(PUSHES, ACCEPTED)
    await fanfare("push", "--api-url", api.url, "--all", "hello", FANFARE_TOKEN="from-env")
    assert api.requests[0].headers["Authorization"] == "Bearer from-env"


async def test_a_redirect_does_not_get_the_token(api: FakeApi) -> None:
    api.script(PUSHES, HttpAnswer(307, "", {"Location": f"{api.url}/v1/elsewhere"}))
    result = await fanfare("push", "--api-url", api.url, "--token", "t", "--all", "hello")
    assert (result.exit_code, len(api.requests)) == (1, 1)


async def test_a_service_on_this_machine_is_found_and_called_with_a_token_made_for_it(
    api: FakeApi, data_dir: Path, token_key: bytes
) -> None:
    announce(data_dir, http=api.url, ws="ws://127.0.0.1:1/local")
    api.script(PUSHES, ACCEPTED)
    await fanfare("push", "--data", str(data_dir), "--all", "hello")
    claims = claims_of(api.requests[0].headers["Authorization"].removeprefix("Bearer "), token_key)
    assert claims["scope"] == "push:send push:read"


async def test_a_token_of_this_machine_does_not_go_to_a_url(api: FakeApi) -> None:
    result = await fanfare("push", "--api-url", api.url, "--all", "hello")
    assert (result.exit_code, api.requests) == (2, [])


async def test_a_service_that_does_not_run_is_named(data_dir: Path) -> None:
    result = await fanfare("terminals", "--data", str(data_dir))
    assert (result.exit_code, "start one with `fanfare serve`" in result.output) == (1, True)


async def test_a_service_that_has_ended_is_named(data_dir: Path) -> None:
    # Process ids end at 4,194,304 on Linux.
    announce(data_dir, http="http://127.0.0.1:1", ws="ws://127.0.0.1:1/local", process_id=2**22 + 1)
    result = await fanfare("terminals", "--data", str(data_dir))
    assert (result.exit_code, "has ended" in result.output) == (1, True)


def connected(number: int) -> dict[str, object]:
    return {
        "connection_id": f"c{number}",
        "terminal_id": f"alice/{number}",
        "user": "alice",
        "groups": ["ops", "tokyo"],
        "attributes": {"os": "windows", "managed": True},
        "connected_at": "2026-11-24T09:00:00.250Z",
        "last_heard_at": "2026-11-24T09:05:00.000Z",
        "presence": "verified",
    }


def page(numbers: range, cursor: str | None) -> HttpAnswer:
    return HttpAnswer(200, json.dumps({"items": [connected(number) for number in numbers], "next_cursor": cursor}))


async def test_terminals_are_a_table(api: FakeApi) -> None:
    api.script("GET /v1/terminals", page(range(1), None))
    result = await fanfare("terminals", "--api-url", api.url, "--token", "t")
    assert [" ".join(line.split()) for line in result.output.splitlines()] == [
        "TERMINAL USER GROUPS ATTRIBUTES CONNECTED HEARD PRESENCE",
        "alice/0 alice ops,tokyo os=windows,managed=true 2026-11-24 09:00:00Z 2026-11-24 09:05:00Z verified",
    ]


async def test_terminals_are_listed_over_pages(api: FakeApi) -> None:
    api.script("GET /v1/terminals", page(range(2), "next"), page(range(2, 4), None))
    result = await fanfare("terminals", "--api-url", api.url, "--token", "t", "--json")
    assert [json.loads(line)["connection_id"] for line in result.output.splitlines()] == ["c0", "c1", "c2", "c3"]


async def test_the_cursor_and_the_filter_are_sent_along(api: FakeApi) -> None:
    api.script("GET /v1/terminals", page(range(2), "n=1"), page(range(2, 4), None))
    await fanfare("terminals", "--api-url", api.url, "--token", "t", "--filter", "group:ops and os = x")
    assert api.requests[1].path.endswith("?target=group%3Aops%20and%20os%20%3D%20x&limit=99&cursor=n%3D1")


async def test_no_more_terminals_are_listed_than_asked_for(api: FakeApi) -> None:
    api.script("GET /v1/terminals", page(range(4), "next"))
    result = await fanfare("terminals", "--api-url", api.url, "--token", "t", "--json", "--limit", "3")
    assert len(result.output.splitlines()) == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "Nobody is connected."),
        (("--filter", "all"), "Nobody who is connected matches."),
        (("--away",), "Nobody is away."),
    ],
)
async def test_nobody_is_said_in_words(api: FakeApi, options: tuple[str, ...], words: str) -> None:
    api.script("GET /v1/terminals", page(range(0), None))
    api.script("GET /v1/terminals/away", page(range(0), None))
    result = await fanfare("terminals", "--api-url", api.url, "--token", "t", *options)
    assert result.output == f"{words}\n"


async def test_who_is_away_is_a_table_of_who_was_last_seen_when(api: FakeApi) -> None:
    gone = {"terminal_id": "alice/0", "user": "alice", "groups": ["ops"], "attributes": {"os": "windows"}}
    answer = json.dumps({"items": [{**gone, "last_seen_at": "2026-11-24T09:00:00.250Z"}], "next_cursor": None})
    api.script("GET /v1/terminals/away", HttpAnswer(200, answer))
    result = await fanfare("terminals", "--api-url", api.url, "--token", "t", "--away")
    assert [" ".join(line.split()) for line in result.output.splitlines()] == [
        "TERMINAL USER GROUPS ATTRIBUTES LAST SEEN",
        "alice/0 alice ops os=windows 2026-11-24 09:00:00Z",
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_completion_prints_the_script_of_the_shell(shell: str) -> None:
    result = await fanfare("completion", shell)
    assert (result.exit_code, f"_FANFARE_COMPLETE={shell}_complete" in result.output) == (0, True)


async def test_completion_asks_for_the_shell_if_it_cannot_tell() -> None:
    result = await fanfare("completion", SHELL="/bin/elvish")
    assert (result.exit_code, "bash, zsh, fish" in result.output) == (2, True)


def test_commands_complete() -> None:
    completion = BashComplete(main, {}, "fanfare", "_FANFARE_COMPLETE")
    assert {item.value for item in completion.get_completions([], "t")} >= {"token", "terminals"}


async def test_who_calls_can_be_said(api: FakeApi, data_dir: Path, token_key: bytes) -> None:
    announce(data_dir, http=api.url, ws="ws://127.0.0.1:1/local")
    api.script("POST /v1/pushes/0199/approve", ACCEPTED)
    await fanfare("approve", "0199", "--data", str(data_dir), "--as", "bob")
    claims = claims_of(api.requests[0].headers["Authorization"].removeprefix("Bearer "), token_key)
    assert (claims["sub"], claims["scope"]) == ("bob", "push:approve")
