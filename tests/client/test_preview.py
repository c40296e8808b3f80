"""`fanfare push --preview`: what a push would do, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from fanfare.cli.preview import in_words
from fanfare.frames import JsonValue
from tests.client.command_line import announce, fanfare
from tests.client.fake_service import FakeApi, HttpAnswer

AUDIENCE: JsonValue = {"connections": 9, "terminals": 8, "users": 7, "away": 2, "by_group": {"ops": 9}}


def span(kind: str, begin: str, end: str, **members: JsonValue) -> dict[str, JsonValue]:
    return {"kind": kind, "from": f"2026-11-24T{begin}.000Z", "to": f"2026-11-24T{end}.000Z", **members}


TIMELINE: JsonValue = {
    "from": "2026-11-24T09:00:00.000Z",
    "to": "2026-11-24T09:30:00.000Z",
    "lanes": [
        {
            "id": "w1",
            "wave": 1,
            "timezone": None,
            "terminals": 2,
            "spans": [
                span("send", "09:00:00", "09:00:02", terminals=2, per_second=1.0),
                span("pause", "09:00:02", "09:10:02"),
            ],
        },
        {
            "id": "w2",
            "wave": 2,
            "timezone": None,
            "terminals": 6,
            "spans": [span("send", "09:10:02", "09:10:08", terminals=6), span("escalate", "09:25:08", "09:25:08")],
        },
        {"id": "w1/Asia/Tokyo", "wave": 1, "timezone": "Asia/Tokyo", "terminals": 0, "spans": []},
    ],
    "reach": [["2026-11-24T09:00:00.000Z", 0], ["2026-11-24T09:10:08.000Z", 8]],
    "marks": [
        {"at": "2026-11-24T09:00:00.000Z", "kind": "start", "lane": None},
        {"at": "2026-11-24T09:25:08.000Z", "kind": "ack_due", "lane": "w2"},
    ],
}


def test_it_says_whom_it_would_reach() -> None:
    assert in_words({"audience": AUDIENCE, "warnings": [{"code": "late", "detail": "late there"}]}, []) == (
        "Would reach 9 connections: 8 terminals of 7 users. Away: 2.\nBy group: ops 9\nWarning: late there"
    )


def test_attributes_are_listed_with_their_commonest_values() -> None:
    values: JsonValue = [{"value": f"site-{number}", "connections": 20 - number} for number in range(10)]
    lines = in_words({"audience": {"by_attribute": {"site": values}}}, []).splitlines()
    assert lines[-1].startswith("By site: site-0 20, site-1 19")
    assert lines[-1].endswith("and 2 more")


def test_a_push_that_repeats_says_when_it_runs() -> None:
    runs: JsonValue = ["2026-11-25T08:00:00.000Z", "2026-11-26T08:00:00.000Z"]
    lines = in_words({"audience": AUDIENCE, "next_runs": runs}, []).splitlines()
    assert lines[-1] == "Runs at 2026-11-25 08:00:00Z, 2026-11-26 08:00:00Z"


def test_each_wave_is_listed_with_what_is_done_when() -> None:
    lines = [" ".join(line.split()) for line in in_words({"audience": AUDIENCE, "timeline": TIMELINE}, []).splitlines()]
    assert lines[3:] == [
        "WAVE TERMINALS ACTION FROM TO PER SECOND",
        "w1 2 sends 2026-11-24 09:00:00Z 2026-11-24 09:00:02Z 1",
        "pauses 2026-11-24 09:00:02Z 2026-11-24 09:10:02Z",
        "w2 6 sends 2026-11-24 09:10:02Z 2026-11-24 09:10:08Z",
        "escalates 2026-11-24 09:25:08Z 2026-11-24 09:25:08Z",
        "(and 1 more without a terminal now)",
        "",
        "2026-11-24 09:00:00Z begins",
        "2026-11-24 09:25:08Z acks are due (w2)",
    ]


def test_it_ends_with_the_command_that_sends_the_plan() -> None:
    plan: JsonValue = {"id": "0198", "expires_at": "2026-11-24T10:00:00.000Z"}
    lines = in_words({"audience": AUDIENCE, "plan": plan}, ["--data", "my data"]).splitlines()
    assert lines[-2:] == [
        "To send just this, until 2026-11-24 10:00:00Z:",
        "  fanfare push --data 'my data' --plan 0198",
    ]


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        ({"usd": 0.000179, "most_usd": 0.000179, "assumes": ["list prices"]}, "about $0.00018"),
        ({"usd": 1.234, "most_usd": 1234.5}, "about $1.23, $1,234 at most"),
        ({"usd": 0, "most_usd": 0}, "about $0"),
    ],
)
def test_the_cost_is_said_to_two_digits(cost: JsonValue, words: str) -> None:
    assert f"\n\nCost on AWS: {words}" in in_words({"audience": AUDIENCE, "cost": cost}, [])


async def test_the_command_that_is_shown_leads_to_the_same_service_and_has_no_token(
    api: FakeApi, data_dir: Path
) -> None:
    announce(data_dir, http=api.url, ws="ws://127.0.0.1:1/local")
    plan: JsonValue = {"id": "0198", "expires_at": "2026-11-24T10:00:00.000Z"}
    api.script("POST /v1/pushes/preview", HttpAnswer(200, {"audience": AUDIENCE, "plan": plan}))
    options = ("--data", str(data_dir), "--as", "alice", "--token", "secret")
    result = await fanfare("push", *options, "--all", "--preview", "hello")
    assert result.output.splitlines()[-1] == f"  fanfare push --data {data_dir} --as alice --plan 0198"


async def test_a_preview_sends_nothing(api: FakeApi) -> None:
    api.script("POST /v1/pushes/preview", HttpAnswer(200, {"audience": AUDIENCE}))
    await fanfare("push", "--api-url", api.url, "--token", "t", "--all", "--preview", "hello")
    assert [request.path for request in api.requests] == ["/v1/pushes/preview"]
