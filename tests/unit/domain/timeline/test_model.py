"""Random histories of a push, held against what must hold of every one of them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from services.domain import ring, time_zones, topics
from services.domain.problems import Problem
from services.domain.pushes import OPEN, Push, State
from services.domain.ring import SIZE
from services.domain.strategies.strategy import Ack, Escalation, HaltIf, Pace, Ramp, Strategy, Wave, Window
from services.domain.targets.cover import Cover
from services.domain.targets.expression import All, Users
from services.domain.targets.row_filter import matches
from services.domain.timeline import machine, stages, windows
from services.domain.timeline.schedule import Schedule
from tests.unit.domain.timeline.moments_of import utc
from tests.unit.domain.timeline.virtual_world import Chaos, Slice, Terminal, World, profile_of

HISTORIES = int(os.environ.get("FANFARE_HISTORIES", "150"))
"""How many are tried in a run, other ones each time."""
DAY_S = 86_400
ZONES = ("Asia/Tokyo", "Asia/Kathmandu", "America/Los_Angeles", "UTC", "Asia/Kolkata", "Pacific/Apia", "Africa/Lagos")
STARTS = tuple(map(utc, ("2026-11-24T07:12:00", "2027-01-01T23:59:30", "2028-02-28T12:00:00", "2026-06-12T16:00:01")))
WINDOWS = (
    Window(timezone="Asia/Tokyo", from_minute=540, to_minute=1_080),
    Window(timezone="UTC", days=frozenset(range(5)), from_minute=480, to_minute=1_020),
    Window(attribute="tz", timezone="UTC", from_minute=540, to_minute=1_080),
    Window(attribute="tz", timezone="Asia/Tokyo", days=frozenset({0, 2, 5}), from_minute=1_320, to_minute=360),
    Window(attribute="tz", timezone="UTC", from_minute=540, to_minute=550),
    Window(timezone="UTC", from_minute=480, to_minute=1_020, outside="drop"),
    Window(attribute="tz", timezone="UTC", from_minute=540, to_minute=1_080, outside="drop"),
)

terminals = st.lists(
    st.builds(
        Terminal,
        terminal_id=st.integers(0, 10**6).map("t{}".format),
        user=st.sampled_from(["ann", "bob", "cho"]),
        zone=st.none() | st.sampled_from([*ZONES, "Mars/Olympus"]),
        acks_after_s=st.none() | st.sampled_from([1.0, 30.0, 700.0, 4_000.0]),
        fails=st.booleans(),
        is_gone=st.sampled_from([False, False, False, True]),
    ),
    max_size=10,
    unique_by=lambda terminal: terminal.terminal_id,
)
halts = st.none() | st.builds(
    HaltIf,
    failed_over=st.none() | st.sampled_from([0.0, 0.5]),
    gone_over=st.sampled_from([0.0, 0.3]),
    at_least=st.integers(1, 4),
)


@st.composite
def waves(draw: st.DrawFn) -> tuple[Wave, ...]:
    percents = sorted(draw(st.sets(st.sampled_from([0.01, 5.0, 33.3, 50.0, 90.0]), max_size=3)))
    return tuple(
        Wave(
            percent=percent,
            then_wait_s=draw(st.sampled_from([0, 1, 600, 30_000])),
            halt_if=draw(halts),
        )
        for percent in [*percents, 100.0]
    )


acks = st.none() | st.builds(
    Ack,
    need=st.just("read"),
    within_s=st.none() | st.sampled_from([5, 900, 5_000]),
    resend=st.integers(0, 3),
    escalate=st.none() | st.just(Escalation(target={"users": ["boss"]}, message="look")),
)
paces = st.none() | st.builds(
    Pace,
    per_second=st.sampled_from([0.1, 0.7, 3.0]),
    ramp=st.none() | st.builds(Ramp, from_per_second=st.just(0.1), multiply_by=st.just(2.0), each=st.integers(1, 5)),
)
strategies = st.builds(
    Strategy,
    window=st.none() | st.sampled_from(WINDOWS),
    priority=st.sampled_from(["normal", "normal", "normal", "urgent"]),
    pace=paces,
    waves=st.just(()) | waves(),
    ack=acks,
    expires_in_s=st.none() | st.none() | st.sampled_from([600, 40_000, 3 * DAY_S]),
)


@pytest.mark.timeout(600)
@settings(max_examples=HISTORIES, suppress_health_check=list(HealthCheck))
@given(
    strategies,
    terminals,
    st.sampled_from(STARTS),
    st.sampled_from([0, 0, 3_000]),
    st.booleans(),
    st.lists(st.integers(0, 1_000), max_size=60),
    st.lists(st.tuples(st.sampled_from(["halt", "resume", "cancel", "look"]), st.integers(0, 50_000)), max_size=3),
    st.booleans(),
    st.integers(0, 9),
)
def test_every_history_is_as_it_must_be(  # noqa: PLR0917 - drawn in this order
    strategy: Strategy,
    audience: list[Terminal],
    now_s: float,
    ahead_s: float,
    by_user: bool,
    chaos: list[int],
    commands: list[tuple[str, int]],
    knows_them: bool,
    number: int,
) -> None:
    schedule = Schedule(send_at_s=now_s + ahead_s) if ahead_s else Schedule()
    cover = Cover(All(), (topics.ALL,))
    if by_user:
        cover = Cover(Users(("ann", "bob", "cho")), tuple(map(topics.user, ("ann", "bob", "cho"))))
    push = Push(
        id=f"push {number}",
        sender="sue",
        target={"all": True},
        cover=cover,
        message="m",
        strategy=strategy,
        created_at_s=now_s,
        expires_at_s=schedule.expires_at_s(strategy.expires_in_s, now_s=now_s),
        schedule=schedule,
        profile=profile_of(audience if knows_them else []),
    )
    world = World(push=push, terminals=audience, chaos=Chaos(chaos), now_s=now_s)
    for what, after_s in commands:
        world.at(now_s + after_s, lambda what=what: _command(world, what))  # type: ignore[misc]  # what, as it is now
    # Whatever halted it is looked at by a person in the end.
    for days in (3, 20, 40, 60, 80):
        world.at(now_s + days * DAY_S, lambda: _command(world, "resume"))
    world.play(until_s=now_s + 200 * DAY_S)
    event(f"ends {world.push.state}")
    event(f"{min(world.steps, 40) // 10 * 10}+ steps")
    _check_end(world)
    _check_releases(world)
    _check_pace(world)
    _check_acks(world)


def _command(world: World, what: str) -> None:
    """What a person does, where it can be done."""
    if what == "look":
        world.look()
        return
    decide = {"halt": machine.halt, "resume": machine.resume, "cancel": machine.cancel}[what]
    with suppress(Problem):
        world.command(lambda push, now_s: decide(push, by="pat", now_s=now_s))


def _check_end(world: World) -> None:
    push = world.push
    assert push.state not in OPEN
    assert push.state is not State.HALTED
    assert push.due_at_s is None
    assert not any(piece.parts_left for piece in world.slices)
    was = [state for _, state in world.states]
    if State.CANCELLED in was:
        assert was[-1] is State.CANCELLED
    elif push.state is State.EXPIRED:
        assert push.expires_at_s is not None
        assert push.finished_at_s is not None
        assert push.finished_at_s >= push.expires_at_s
    else:
        assert push.state is State.COMPLETED
        assert push.expires_at_s is None or push.finished_at_s is None or push.finished_at_s < push.expires_at_s + 50


def _place(world: World, terminal: Terminal) -> int:
    by_user = world.push.cover.topics[0].kind == "user"
    return ring.place_of(terminal.user if by_user else terminal.terminal_id)


def _zone(world: World, terminal: Terminal) -> str:
    window = world.push.strategy.window
    assert window is not None
    if window.attribute is None or terminal.zone is None or terminal.zone == "Mars/Olympus":
        return window.timezone
    return terminal.zone


def _wave_said(world: World, terminal: Terminal) -> int:
    """The wave that a place is in, by the percentages alone, counted from 1."""
    steps = (_place(world, terminal) - ring.place_of(world.push.id)) % SIZE
    limits = [wave.percent for wave in world.push.strategy.waves] or [100.0]
    return next(number for number, percent in enumerate(limits, start=1) if steps < round(SIZE * percent / 100))


def _turns(world: World, terminal: Terminal, kind: str) -> list[Slice]:
    """The slices in which a terminal has a turn, whoever was there."""
    found = []
    for piece in world.slices:
        among = stages.filter_of(world.push, piece.release.stage)
        meant = among is None or matches(among, terminal)
        if piece.release.kind == kind and meant and _place(world, terminal) in piece.release.arc:
            found.append(piece)
    return found


def _check_releases(world: World) -> None:
    """Everybody once, in a moment when their own window is open, in the wave that their place says."""
    push, strategy = world.push, world.push.strategy
    window = None if strategy.priority == "urgent" else strategy.window
    everyone = push.state is State.COMPLETED and (window is None or window.outside == "wait")
    for terminal in world.terminals:
        turns = _turns(world, terminal, "deliver")
        assert len(turns) == 1 if everyone else len(turns) <= 1
        for piece in turns + _turns(world, terminal, "resend"):
            assert push.expires_at_s is None or piece.at_s < push.expires_at_s
            assert piece.at_s >= (push.schedule.send_at_s or push.created_at_s)
            if window is not None:
                assert _is_open(world, window, terminal, piece)
            assert piece.release.stage.partition("/")[0] == f"w{_wave_said(world, terminal)}"
    by_lane: dict[str, dict[int, list[float]]] = {}
    for piece in world.given("deliver"):
        wave, lane = stages.parse(piece.release.stage)
        by_lane.setdefault(lane, {}).setdefault(wave, []).append(piece.at_s)
    for released in by_lane.values():
        for wave, at_s in released.items():
            if wave:
                assert min(at_s) >= max(released[wave - 1]) + strategy.waves[wave - 1].then_wait_s
    halted = [(at_s, state) for at_s, state in world.states]
    for (from_s, state), (to_s, _) in itertools.pairwise([*halted, (float("inf"), State.COMPLETED)]):
        if state is State.HALTED:
            assert not any(from_s < piece.at_s < to_s for piece in world.slices)


def _is_open(world: World, window: Window, terminal: Terminal, piece: Slice) -> bool:
    """Whether a terminal's own window is open when it has its turn.

    Days later its clock may have been changed and that of the zone that speaks for its lane not: then the latter rules.
    """
    own = _zone(world, terminal)
    lane = stages.lane_of(world.push, piece.release.stage)
    assert lane is not None
    assert lane.timezone is not None
    ready_at_s = world.push.run.ready_at_s or 0

    def changed(zone: str) -> bool:
        return time_zones.zone(zone).utcoffset(_wall(ready_at_s)) != time_zones.zone(zone).utcoffset(_wall(piece.at_s))

    drifted = changed(own) or changed(lane.timezone)
    return windows.is_open(window, lane.timezone if drifted else own, piece.at_s)


def _wall(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC).replace(tzinfo=None)


def _check_pace(world: World) -> None:
    """From any slice to any later one, no more than the pace allows in between, give or take a second's debt."""
    pace = world.push.strategy.pace
    if pace is None:
        return
    pieces = world.slices
    before = [0, *itertools.accumulate(len(piece.found) for piece in pieces)]
    for first, last in itertools.combinations(range(len(pieces)), 2):
        seconds = pieces[last].at_s - pieces[first].at_s + 2
        assert before[last] - before[first] <= pace.per_second * seconds + 1e-6


def _check_acks(world: World) -> None:
    push, ack = world.push, world.push.strategy.ack
    if ack is None or ack.within_s is None:
        assert not world.given("resend")
        assert not world.children
        return
    rounds: Mapping[str, list[Any]] = {
        name: [mark for mark in push.run.marks if mark.kind == "resend" and mark.stage == name]
        for name in {piece.release.stage for piece in world.slices}
    }
    for stage, again in rounds.items():
        assert len(again) <= ack.resend
        last_s = max(piece.at_s for piece in world.given("deliver") if piece.release.stage == stage)
        for before_s, mark in zip([last_s, *(mark.at_s for mark in again)], again, strict=False):
            assert mark.at_s >= before_s + ack.within_s
    for terminal in world.terminals:
        again = _turns(world, terminal, "resend")
        assert len(again) <= ack.resend
    assert len(world.children) <= (ack.escalate is not None)
    if push.state is not State.COMPLETED or ack.escalate is None:
        return
    reached = [terminal for terminal in world.terminals if terminal.terminal_id in world.receipts]
    silent = [terminal for terminal in reached if terminal.acks_after_s is None]
    if silent:
        assert world.children, "somebody never answered"
        window = push.strategy.open_window
        if window is None or window.outside == "wait":
            assert all(len(_turns(world, terminal, "resend")) == ack.resend for terminal in silent)
    elif not reached:
        assert bool(world.children) == bool(push.run.lanes), "nobody answered, as nobody was there"
    elif all((terminal.acks_after_s or 0) < 4 for terminal in reached) and ack.within_s >= 900:
        assert not world.children, "everybody answered in time"
