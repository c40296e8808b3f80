import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import durations
from services.domain.problems import Problem
from services.domain.strategies.built_in import BUILT_IN
from services.domain.strategies.json_form import from_json, to_json
from services.domain.strategies.strategy import (
    DEFAULT,
    MAX_ACK_WITHIN_S,
    MAX_EXPIRES_IN_S,
    MAX_PER_SECOND,
    MAX_RESENDS,
    MAX_RETAIN_S,
    MAX_THEN_WAIT_S,
    MAX_WAVES,
    MIN_PER_SECOND,
    Ack,
    Escalation,
    HaltIf,
    Pace,
    Ramp,
    Strategy,
    Wave,
    Window,
)

_MEMBERS = ["retain", "window", "days", "from", "pace", "per_second", "waves", "percent", "ack", "need", "halt_if", "x"]


def _nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_MEMBERS), inner, max_size=3)


windows = st.builds(
    Window,
    timezone=st.sampled_from(["UTC", "Asia/Tokyo"]),
    attribute=st.none() | st.just("tz"),
    days=st.frozensets(st.integers(0, 6), min_size=1),
    from_minute=st.integers(0, 1_439),
    to_minute=st.integers(0, 1_440),
    outside=st.sampled_from(["wait", "drop"]),
)
rates = st.floats(MIN_PER_SECOND, MAX_PER_SECOND)


@st.composite
def paces(draw: st.DrawFn) -> Pace:
    per_second = draw(rates)
    ramp = st.builds(
        Ramp,
        from_per_second=st.floats(MIN_PER_SECOND, per_second),
        multiply_by=st.floats(1.01, 1_000),
        each=st.integers(1, 10_000_000),
    )
    return Pace(per_second=per_second, ramp=draw(st.none() | ramp))


shares = st.floats(0, 1)
halts = st.builds(
    HaltIf, failed_over=shares, gone_over=st.none() | shares, at_least=st.integers(1, 1_000_000)
) | st.builds(HaltIf, gone_over=shares)


@st.composite
def waves(draw: st.DrawFn) -> tuple[Wave, ...]:
    percents = draw(st.lists(st.floats(0.01, 99.9), max_size=MAX_WAVES - 1, unique=True))
    return tuple(
        Wave(
            percent=percent,
            then_wait_s=draw(st.integers(0, MAX_THEN_WAIT_S)),
            halt_if=draw(st.none() | halts),
        )
        for percent in [*sorted(percents), 100]
    )


escalations = st.just(Escalation(target={"groups": ["oncall"]}, message={"text": "look"}))
acks = (
    st.builds(Ack, need=st.sampled_from(["received", "read"]))
    | st.builds(Ack, need=st.just("read"), once_per_user=st.booleans())
    | st.builds(
        Ack,
        need=st.sampled_from(["received", "read"]),
        within_s=st.integers(1, MAX_ACK_WITHIN_S),
        resend=st.integers(0, MAX_RESENDS),
        escalate=st.none() | escalations,
    )
)
written = st.builds(
    Strategy,
    name=st.none() | st.just("nightly"),
    version=st.none() | st.integers(1, 1_000),
    retain_s=st.integers(0, MAX_RETAIN_S),
    expires_in_s=st.none() | st.integers(1, MAX_EXPIRES_IN_S),
    receipts=st.sampled_from(["none", "each"]),
    collapse_key=st.none() | st.just("k"),
    priority=st.sampled_from(["normal", "urgent"]),
    window=st.none() | windows,
    pace=st.none() | paces(),
    waves=st.just(()) | waves(),
    ack=st.none() | acks,
    replay=st.sampled_from(["missed", "none"]),
)


@given(written)
def test_a_strategy_is_read_back_as_it_was_written(strategy: Strategy) -> None:
    assert from_json(json.loads(json.dumps(to_json(strategy)))) == strategy


def _ramp(**members: object) -> dict[str, object]:
    return {"from_per_second": 1, "multiply_by": 2, "each": 10, **members}


def _halts(**members: object) -> dict[str, object]:
    return {"percent": 100, "halt_if": {"gone_over": 0.5, **members}}


def test_members_replace_those_of_the_strategy_they_stand_over_and_null_is_the_default() -> None:
    over = from_json({"retain": "2h", "pace": {"per_second": 5}, "priority": "urgent"})
    assert from_json({"retain": "1h", "pace": None}, over=over) == from_json({"retain": "1h", "priority": "urgent"})


def test_a_wrong_target_of_an_escalation_is_refused() -> None:
    with pytest.raises(Problem, match="target"):
        from_json({"ack": {"need": "read", "within": "1m", "escalate": {"target": "group:", "message": 1}}})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), _nested))
def test_any_json_is_either_a_strategy_or_refused(value: object) -> None:
    try:
        strategy = from_json(value)
    except Problem as problem:
        refused = problem
    else:
        assert from_json(to_json(strategy)) == strategy
        return
    assert refused.status == 422


@pytest.mark.parametrize("name", ["now", "working-hours", "staged-rollout", "must-read", "latest-only"])
def test_a_built_in_strategy_is_one_that_could_be_written(name: str) -> None:
    built_in = BUILT_IN[name]
    assert built_in.strategy.name == name
    assert from_json(to_json(built_in.strategy)) == built_in.strategy
    assert built_in.description.endswith(".")


def test_must_read_escalates_to_nobody_by_itself() -> None:
    ack = BUILT_IN["must-read"].strategy.ack
    assert ack is not None
    assert (ack.need, ack.escalate) == ("read", None)


def test_an_empty_strategy_is_the_default_one() -> None:
    assert from_json({}) == DEFAULT
    assert (DEFAULT.retain_s, DEFAULT.expires_in_s, DEFAULT.ack_need) == (86_400, None, None)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ([], "strategy"),
        ({"retian": "1h"}, "strategy.retian"),
        ({"retain": "1 hour"}, "strategy.retain"),
        ({"retain": "31d"}, "strategy.retain"),
        ({"retain": -1}, "strategy.retain"),
        ({"retain": True}, "strategy.retain"),
        ({"expires_in": "0s"}, "strategy.expires_in"),
        ({"receipts": "some"}, "strategy.receipts"),
        ({"receipts": []}, "strategy.receipts"),
        ({"version": 0}, "strategy.version"),
        ({"version": 1.5}, "strategy.version"),
        ({"priority": "high"}, "strategy.priority"),
        ({"replay": "all"}, "strategy.replay"),
        ({"replay": "latest"}, "strategy.replay"),
        ({"window": []}, "strategy.window"),
        ({"window": {"opens": "09:00"}}, "strategy.window.opens"),
        ({"window": {"timezone": "Mars/Olympus"}}, "strategy.window.timezone"),
        ({"window": {"timezone": 9}}, "strategy.window.timezone"),
        ({"window": {"timezone": "attr:tz", "otherwise": "Mars/Olympus"}}, "strategy.window.otherwise"),
        ({"window": {"timezone": "UTC", "otherwise": "UTC"}}, "strategy.window.otherwise"),
        ({"window": {"days": []}}, "strategy.window.days"),
        ({"window": {"days": ["monday"]}}, "strategy.window.days"),
        ({"window": {"days": "mon"}}, "strategy.window.days"),
        ({"window": {"days": [["mon"]]}}, "strategy.window.days"),
        ({"window": {"from": "9:00"}}, "strategy.window.from"),
        ({"window": {"from": "24:00"}}, "strategy.window.from"),
        ({"window": {"from": 9}}, "strategy.window.from"),
        ({"window": {"to": "24:01"}}, "strategy.window.to"),
        ({"window": {"outside": "skip"}}, "strategy.window.outside"),
        ({"pace": 5}, "strategy.pace"),
        ({"pace": {}}, "strategy.pace.per_second"),
        ({"pace": {"per_second": 0}}, "strategy.pace.per_second"),
        ({"pace": {"per_second": True}}, "strategy.pace.per_second"),
        ({"pace": {"per_second": float("nan")}}, "strategy.pace.per_second"),
        ({"pace": {"per_second": 5, "burst": 2}}, "strategy.pace.burst"),
        ({"pace": {"per_second": 5, "ramp": {}}}, "strategy.pace.ramp.from_per_second"),
        ({"pace": {"per_second": 5, "ramp": _ramp(from_per_second=6)}}, "strategy.pace.ramp.from_per_second"),
        ({"pace": {"per_second": 5, "ramp": _ramp(multiply_by=1)}}, "strategy.pace.ramp.multiply_by"),
        ({"pace": {"per_second": 5, "ramp": _ramp(each=0.5)}}, "strategy.pace.ramp.each"),
        ({"waves": []}, "strategy.waves"),
        ({"waves": [{"percent": 100}] * 21}, "strategy.waves"),
        ({"waves": [5]}, "strategy.waves.0"),
        ({"waves": [{}]}, "strategy.waves.0.percent"),
        ({"waves": [{"percent": 0}]}, "strategy.waves.0.percent"),
        ({"waves": [{"percent": 50}]}, "strategy.waves.0.percent"),
        ({"waves": [{"percent": 50}, {"percent": 50}]}, "strategy.waves.1.percent"),
        ({"waves": [{"percent": 100, "then_wait": "15d"}]}, "strategy.waves.0.then_wait"),
        ({"waves": [{"percent": 100, "halt_if": {}}]}, "strategy.waves.0.halt_if"),
        ({"waves": [{"percent": 100, "halt_if": {"gone_over": 2}}]}, "strategy.waves.0.halt_if.gone_over"),
        ({"waves": [{"percent": 100, "halt_if": {"failed_over": "x"}}]}, "strategy.waves.0.halt_if.failed_over"),
        ({"waves": [_halts(at_least=0)]}, "strategy.waves.0.halt_if.at_least"),
        ({"ack": {}}, "strategy.ack.need"),
        ({"ack": {"need": "seen"}}, "strategy.ack.need"),
        ({"ack": {"need": None}}, "strategy.ack.need"),
        ({"ack": {"need": "read", "within": "8d"}}, "strategy.ack.within"),
        ({"ack": {"need": "read", "resend": 1}}, "strategy.ack.within"),
        ({"ack": {"need": "read", "escalate": {"target": "all", "message": 1}}}, "strategy.ack.within"),
        ({"ack": {"need": "read", "within": "1m", "resend": 11}}, "strategy.ack.resend"),
        ({"ack": {"need": "read", "once_per_user": 1}}, "strategy.ack.once_per_user"),
        ({"ack": {"need": "received", "once_per_user": True}}, "strategy.ack.once_per_user"),
        ({"ack": {"need": "read", "within": "1m", "escalate": {"target": "all"}}}, "strategy.ack.escalate.message"),
        ({"ack": {"need": "read", "within": "1m", "escalate": {"message": 1}}}, "strategy.ack.escalate.target"),
    ],
)
def test_a_wrong_strategy_is_refused_with_the_name_of_the_member(value: object, field: str) -> None:
    with pytest.raises(Problem) as refused:
        from_json(value)
    assert (refused.value.status, refused.value.extra["field"]) == (422, field)


@pytest.mark.parametrize("key", ["", " x", "a\nb", "x" * 300, 5])
def test_a_collapse_key_is_a_name(key: object) -> None:
    with pytest.raises(Problem, match=r"strategy\.collapse_key"):
        from_json({"collapse_key": key})


@given(st.integers(0, 10**9 - 1))
def test_a_duration_is_read_back_as_it_was_written(seconds: int) -> None:
    assert durations.parse_s(durations.text(seconds), "x", most_s=10**9) == seconds
