"""`fanfare push --watch`: how a push goes, until it has ended."""

from __future__ import annotations

import pytest

from fanfare.cli import watch
from fanfare.cli.progress import Gauge, progress_of
from fanfare.frames import JsonValue
from tests.client.command_line import fanfare
from tests.client.fake_service import FakeApi, HttpAnswer

PUSH = "GET /v1/pushes/0199"
ACK: JsonValue = {"ack": {"need": "read"}}


def push(state: str, **members: JsonValue) -> dict[str, JsonValue]:
    counts: JsonValue = {"targeted": 8, "sent": 6, "received": 4, "read": 3, "gone": 0}
    return {"id": "0199", "state": state, "counts": counts, "strategy": ACK, **members}


def timeline(*reached: int) -> dict[str, JsonValue]:
    """Two waves, of 2 and of 6 terminals, which have reached so many."""
    forecast: list[JsonValue] = [{"id": f"w{n}", "wave": n, "terminals": size} for n, size in ((1, 2), (2, 6))]
    actual: list[JsonValue] = [
        {"id": f"w{n}", "wave": n, "terminals": 9, "spans": [{"kind": "send", "terminals": number}]}
        for n, number in enumerate(reached, 1)
    ]
    return {"forecast": {"lanes": forecast}, "actual": {"lanes": actual}}


def sentence(state: str, shown: dict[str, JsonValue] | None = None, **members: JsonValue) -> str:
    return progress_of(push(state, **members), shown or timeline(2, 3)).sentence


def test_there_is_a_gauge_for_each_wave_and_for_what_must_be_acked() -> None:
    assert progress_of(push("sending"), timeline(2, 4)).gauges == (
        Gauge(label="wave 1", done=2, of=2),
        Gauge(label="wave 2", done=4, of=6),
        Gauge(label="received", done=4, of=6),
        Gauge(label="read", done=3, of=6),
    )


def test_where_nobody_need_ack_there_is_no_gauge_for_it() -> None:
    plain = push("sending", strategy={}, counts={"sent": 2})
    assert [gauge.label for gauge in progress_of(plain, timeline(2)).gauges] == ["wave 1", "wave 2"]


def test_more_than_were_expected_are_all_there_are() -> None:
    assert progress_of(push("sending"), timeline(5)).gauges[0] == Gauge(label="wave 1", done=5, of=5)


def test_lanes_of_one_wave_are_one_gauge() -> None:
    lanes: JsonValue = [{"id": f"w1/{zone}", "wave": 1, "terminals": 3} for zone in ("Asia/Tokyo", "Europe/Berlin")]
    shown: dict[str, JsonValue] = {"forecast": {"lanes": lanes}, "actual": {"lanes": []}}
    assert progress_of(push("waiting"), shown).gauges[0] == Gauge(label="wave 1", done=0, of=6)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("awaiting_approval", "Waits until 2026-11-25 09:00:00Z for another person: fanfare approve 0199"),
        ("sending", "Wave 2 of 2"),
        ("sent", "All is sent; waits for acks"),
        ("halted", "Halted by halt_if after 6 terminals; fanfare resume 0199"),
        ("completed", "8 targeted, 6 sent, 4 received, 3 read"),
        ("cancelled", "Cancelled"),
    ],
)
def test_the_state_is_said_in_a_sentence(state: str, words: str) -> None:
    assert words in sentence(state, approve_by="2026-11-25T09:00:00.000Z", ended_by="halt_if")


def test_who_ended_it_is_said() -> None:
    assert sentence("cancelled", ended_by="bob").startswith("Cancelled by bob:")


def test_a_push_that_repeats_says_when_it_runs_next() -> None:
    assert sentence("scheduled", next_runs=["2026-11-25T08:00:00.000Z"]) == "Runs next at 2026-11-25 08:00:00Z"


def test_a_push_with_a_time_says_it() -> None:
    at = "2026-11-25T08:00:00.000Z"
    assert sentence("scheduled", next_runs=[], send_at=at) == "Is sent at 2026-11-25 08:00:00Z"


def span(kind: str, begin: str, end: str) -> JsonValue:
    return {"kind": kind, "from": f"2026-11-24T{begin}.000Z", "to": f"2026-11-24T{end}.000Z"}


def going(foreseen: list[JsonValue], happened: list[JsonValue]) -> dict[str, JsonValue]:
    """A wave of 2 and what is foreseen and has happened of it."""

    def picture(spans: list[JsonValue]) -> JsonValue:
        return {"lanes": [{"id": "w1", "wave": 1, "terminals": 2, "spans": spans}]}

    return {"forecast": picture(foreseen), "actual": picture(happened)}


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        ("waiting", "pause", "Wave 1 of 1 is sent; pauses until 2026-11-24 09:10:05Z"),
        ("waiting", "window", "Wave 1 of 1 waits for its window until 2026-11-24 09:10:00Z"),
        ("sent", "ack_wait", "All is sent; waits for acks until 2026-11-24 09:10:05Z"),
    ],
)
def test_until_when_it_waits_is_known_from_the_forecast(state: str, kind: str, words: str) -> None:
    # It began five seconds late; a window opens when it opens all the same.
    shown = going([span(kind, "09:00:00", "09:10:00")], [span(kind, "09:00:05", "09:03:00")])
    assert sentence(state, shown) == words


def test_the_second_wait_is_the_second_one_that_was_foreseen() -> None:
    foreseen = [span("ack_wait", "09:00:00", "09:10:00"), span("resend", "09:10:00", "09:10:00")]
    foreseen.append(span("ack_wait", "09:10:00", "09:30:00"))
    happened = [span("ack_wait", "09:00:00", "09:10:00"), span("ack_wait", "09:10:01", "09:11:00")]
    assert sentence("sent", going(foreseen, happened)) == "All is sent; waits for acks until 2026-11-24 09:30:01Z"


def test_a_wait_that_is_over_is_not_waited_for() -> None:
    lanes: JsonValue = [
        {"id": "w1", "wave": 1, "terminals": 2, "spans": [span("pause", "09:00:00", "09:10:00")]},
        {"id": "w2", "wave": 2, "terminals": 6, "spans": [span("pause", "09:10:00", "09:12:00")]},
    ]
    shown: dict[str, JsonValue] = {
        "forecast": {"lanes": lanes},
        "actual": {"lanes": lanes, "to": "2026-11-24T09:12:00.000Z"},
    }
    assert sentence("waiting", shown) == "Wave 2 of 2 is sent; pauses until 2026-11-24 09:12:00Z"


def test_what_was_not_foreseen_has_no_end() -> None:
    assert sentence("waiting", going([], [span("pause", "09:00:00", "09:03:00")])) == "Wave 1 of 1 is sent; pauses"


def scripted(api: FakeApi, *states: tuple[str, int]) -> None:
    api.script("POST /v1/pushes", HttpAnswer(202, {"id": "0199", "state": "sending"}))
    api.script(PUSH, *(HttpAnswer(200, push(state)) for state, _ in states))
    api.script(f"{PUSH}/timeline", *(HttpAnswer(200, timeline(2, reached)) for _, reached in states))


async def watched(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    monkeypatch.setattr(watch, "LOOK_EVERY_S", 0.0)
    result = await fanfare("push", "--api-url", api.url, "--token", "t", "--all", "--watch", "hello")
    return result.exit_code, result.output.splitlines()


async def test_each_change_is_a_line_where_there_is_no_terminal(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(api, ("sending", 0), ("sending", 3), ("sending", 3), ("completed", 6))
    assert await watched(api, monkeypatch) == (
        0,
        [
            "0199 sending",
            "Wave 1 of 2 is being sent  wave 1 2/2  wave 2 0/6  received 4/6  read 3/6",
            "Wave 2 of 2 is being sent  wave 1 2/2  wave 2 3/6  received 4/6  read 3/6",
            "Completed: 8 targeted, 6 sent, 4 received, 3 read  wave 1 2/2  wave 2 6/6  received 4/6  read 3/6",
        ],
    )


@pytest.mark.parametrize("state", ["halted", "rejected", "cancelled", "expired"])
async def test_what_does_not_complete_exits_with_1(api: FakeApi, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    scripted(api, (state, 0))
    assert (await watched(api, monkeypatch))[0] == 1


async def test_a_push_can_be_watched_that_was_sent_before(api: FakeApi) -> None:
    scripted(api, ("completed", 6))
    result = await fanfare("watch", "0199", "--api-url", api.url, "--token", "t")
    assert (result.exit_code, result.output.startswith("Completed:")) == (0, True)


def test_a_bar_is_a_line() -> None:
    assert watch.bar(Gauge(label="read", done=3, of=6), 8) == (
        "read      [###############---------------]   50%  3 of 6"
    )


def test_a_bar_of_nobody_is_empty() -> None:
    assert "#" not in watch.bar(Gauge(label="read", done=0, of=0), 4)
