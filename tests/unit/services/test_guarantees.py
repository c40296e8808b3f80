"""Whatever happens in whatever order: everyone who is meant gets it, nobody else does, and the counts add up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.domain.frames import Ack, AckKind
from services.domain.problems import Problem
from services.domain.pushes import OPEN, Job, Push, State
from services.domain.targets import text_form
from services.fanout import delivery
from services.fanout.delivery import NO_LIMIT, Budget, deliver
from services.messages import replay, resume
from services.messages.acknowledgement import acknowledge
from services.ports import Timer
from services.pushes import requests
from services.pushes.commands import cancel, halt
from services.pushes.commands import resume as resume_push
from services.pushes.submit import submit
from services.timeline.sweep import SLACK_S, sweep
from tests.unit.services.service import A_PAGE_EACH, HOUR_S, Service, once_after, once_before, running
from tests.unit.services.sockets import Outcome
from tests.unit.services.terminal import Terminal
from tests.unit.targets.expressions import ARow, means

T = TypeVar("T")

TARGETS = (
    "all",
    "group:ops",
    "user:alice or terminal:kiosk",
    "os = windows",
    "group:ops and not user:alice",
    "group:it or user:bob",
    "not group:ops",
)
STRATEGIES: tuple[dict[str, object], ...] = (
    {},
    {"receipts": "each"},
    {"expires_in": "20s"},
    {"retain": "0s"},
)
HALVES = [{"percent": 50, "then_wait": "30s"}, {"percent": 100}]
TIMELINES: tuple[dict[str, object], ...] = (
    {"waves": HALVES},
    {"waves": HALVES, "receipts": "each"},
    {"pace": {"per_second": 0.5}},
    {"pace": {"per_second": 0.5}, "receipts": "each", "expires_in": "60s"},
    {"window": {"timezone": "UTC", "from": "12:03", "to": "23:00"}},
    {"ack": {"need": "read", "within": "60s", "resend": 1}},
    {"ack": {"need": "read", "once_per_user": True}, "waves": HALVES},
)
LONGEST_TIMELINE_S = HOUR_S
"""Shorter than what is released is kept, and than a session lasts."""
THROTTLED: Outcome = "throttled"
Dies = Literal["before a post", "after a post", "after a page"]


class Killed(Exception):
    """A worker died."""


@dataclass(frozen=True)
class Sent:
    """A push, and the connections that were open when it was accepted, by terminal."""

    push: Push
    here: dict[str, str]


def _terminals() -> list[Terminal]:
    return [
        Terminal(terminal_id="alice/pc", user="alice", groups=("ops",), attributes={"os": "windows"}),
        Terminal(terminal_id="alice/phone", user="alice", groups=("ops", "it")),
        Terminal(terminal_id="bob/pc", user="bob", groups=("ops",), attributes={"os": "linux"}),
        Terminal(terminal_id="cho/pc", user="cho", groups=("it",), attributes={"os": "windows"}),
        Terminal(terminal_id="kiosk", user="reception"),
    ]


class Office(RuleBasedStateMachine):
    """Terminals that come and go, pushes and cancels, and workers that die, are late, or do things twice."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._loop = self._stack.enter_context(asyncio.Runner())
        patched = self._stack.enter_context(pytest.MonkeyPatch.context())
        patched.setattr(delivery, "PAGE", 2)
        patched.setattr(delivery, "MOST_LEFT", 2)
        patched.setattr(resume, "BATCH", 2)
        patched.setattr(replay, "SCANNED_AT_MOST", 3)
        patched.setattr(replay, "RETRY_DELAYS_S", (0.0,) * len(delivery.RETRY_DELAYS_S))
        directory = Path(self._stack.enter_context(TemporaryDirectory()))
        opened = running(directory)
        self.service: Service = self._do(opened.__aenter__())
        self._stack.callback(lambda: self._do(opened.__aexit__(None, None, None)))
        self.service.clock.at_s += 60
        self.terminals = _terminals()
        self.sent: list[Sent] = []
        self.jobs: list[Job] = []
        self.timers: list[Timer] = []
        self.answered_first: set[tuple[str, str]] = set()
        """Who confirmed a push that a worker had posted and not noted. If it dies then, and they go before another one
        tries the page again, that finds them no more: they have a receipt, and are not counted as sent to."""
        self.connections = 0

    def _do(self, coroutine: Coroutine[object, object, T]) -> T:
        return self._loop.run(coroutine)

    # Terminals

    @initialize(seed=st.integers(0, 1_000))
    def everyone_has_been_here(self, seed: int) -> None:
        self.service.random.seed(seed)
        for terminal in self.terminals:
            self._comes(terminal)

    @precondition(lambda self: self._away())
    @rule(data=st.data())
    def comes(self, data: st.DataObject) -> None:
        self._comes(_one_of(self._away(), data, "who"))

    @precondition(lambda self: any(terminal.is_replaying for terminal in self._here()))
    @rule(data=st.data())
    def resumes(self, data: st.DataObject) -> None:
        self._resume(_one_of([each for each in self._here() if each.is_replaying], data, "who"))

    @precondition(lambda self: self._here())
    @rule(data=st.data(), tells=st.booleans())
    def goes(self, data: st.DataObject, tells: bool) -> None:
        self._goes(_one_of(self._here(), data, "who"), tells=tells)

    @rule(for_s=st.sampled_from([5, 100]))
    def everyone_comes_and_later_goes(self, for_s: int) -> None:
        self._everyone_comes()
        self.service.clock.at_s += for_s
        self._do(self.service.settle())
        self._everyone_goes()
        self._note_jobs()

    @rule(for_s=st.sampled_from([5, 100]))
    def a_push_overtakes_another_and_everyone_goes(self, for_s: int) -> None:
        self._everyone_comes()
        self._push("all")
        self.service.clock.at_s += for_s
        overtaking = self._push("all").id
        for job in self.service.jobs():
            if job.push_id == overtaking:
                self._do(deliver(self.service.ports, job))
        self._everyone_goes()

    @precondition(lambda self: self._here())
    @rule(data=st.data(), times=st.integers(1, 7))
    def does_not_keep_up(self, data: st.DataObject, times: int) -> None:
        terminal = _one_of(self._here(), data, "who")
        assert terminal.connection_id is not None
        self.service.sockets.next_posts(terminal.connection_id, *[THROTTLED] * times)

    # Callers

    @rule(whom=st.sampled_from(TARGETS), strategy=st.sampled_from(STRATEGIES))
    def pushes(self, whom: str, strategy: dict[str, object]) -> None:
        self._push(whom, strategy)

    @rule(whom=st.sampled_from(TARGETS), strategy=st.sampled_from(TIMELINES))
    def pushes_in_the_course_of_time(self, whom: str, strategy: dict[str, object]) -> None:
        self._push(whom, strategy)

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), command=st.sampled_from([halt, resume_push]))
    def halts_or_lets_go_on(self, data: st.DataObject, command: Callable[..., Coroutine[object, object, Push]]) -> None:
        sent = _one_of(self.sent, data, "push")
        with suppress(Problem):
            self._do(command(self.service.ports, sent.push.id, by="boss"))
        self._note_jobs()

    @precondition(lambda self: self.sent and self._here())
    @rule(data=st.data(), kind=st.sampled_from(["received", "read", "failed"]))
    def acknowledges(self, data: st.DataObject, kind: AckKind) -> None:
        terminal = _one_of(self._here(), data, "who")
        self._read(terminal)
        if terminal.connection_id is None:
            return
        row = self._do(self.service.ports.registry.get(terminal.connection_id))
        if row is not None and terminal.shown:
            push_id = _one_of(sorted(terminal.shown), data, "push")
            was_noted = self._do(self.service.ports.pushes.receipts_of(push_id, [terminal.terminal_id]))
            self._do(acknowledge(self.service.ports, row, Ack((push_id,), kind, None)))
            if not was_noted:
                self.answered_first.add((push_id, terminal.terminal_id))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def cancels(self, data: st.DataObject) -> None:
        sent = _one_of(self.sent, data, "push")
        if self._do(self.service.push(sent.push.id)).state is not State.EXPIRED:
            self._do(cancel(self.service.ports, sent.push.id, by="boss"))
            self._note_jobs()

    # Workers: a job may be handed out at any time, also when it has long gone on or is finished.

    @rule()
    def all_that_is_due_is_done(self) -> None:
        self._do(self.service.settle())
        self._note_jobs()

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), budget=st.sampled_from([NO_LIMIT, A_PAGE_EACH]), at_once=st.integers(1, 2))
    def works(self, data: st.DataObject, budget: Budget, at_once: int) -> None:
        job = _one_of(self.jobs, data, "job")

        async def work() -> None:
            self.service.sockets.before_post = lambda: asyncio.sleep(0)
            await asyncio.gather(*(deliver(self.service.ports, job, budget) for _ in range(at_once)))
            self.service.sockets.before_post = None

        self._do(work())
        self._note_jobs()

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), dies=st.sampled_from(["before a post", "after a post", "after a page"]))
    def dies_at_work(self, data: st.DataObject, dies: Dies) -> None:
        job = _one_of(self.jobs, data, "job")

        async def killed() -> None:
            raise Killed

        async def work() -> None:
            ports = self.service.ports
            match dies:
                case "before a post":
                    call_off = once_before(ports.gateway, "post", killed)
                case "after a post":
                    call_off = once_after(ports.gateway, "post", killed)
                case _:
                    call_off = once_after(ports.pushes, "advance", killed)
            with suppress(Killed):
                await deliver(ports, job)
            call_off()

        self._do(work())
        self._note_jobs()

    @rule()
    def the_server_starts_anew(self) -> None:
        self._do(self.service.reopen())
        for terminal in self.terminals:
            if terminal.connection_id is not None:
                self.service.sockets.lose(terminal.connection_id)
                terminal.closes()

    # Timers: late, twice, lost, or cut short.

    @rule(seconds=st.sampled_from([1, 25, 70, 200]))
    def time_passes(self, seconds: int) -> None:
        self.service.clock.at_s += seconds
        self.timers += self.service.timers(due_by_s=self.service.clock.at_s)
        self._do(self.service.fire())
        self._note_jobs()

    @rule(seconds=st.sampled_from([1, 25, 70, 200]))
    def time_passes_and_timers_are_lost(self, seconds: int) -> None:
        self.service.clock.at_s += seconds
        for timer in self.service.timers(due_by_s=self.service.clock.at_s):
            self._do(self.service.ports.timers.cancel(timer.name))

    @rule()
    def what_is_overdue_is_looked_for(self) -> None:
        self._do(sweep(self.service.ports))
        self._note_jobs()

    @precondition(lambda self: self.timers)
    @rule(data=st.data())
    def a_timer_fires_again(self, data: st.DataObject) -> None:
        self._do(self.service.act(_one_of(self.timers, data, "timer")))
        self._note_jobs()

    @rule(after=st.booleans(), method=st.sampled_from(["transition", "progress"]))
    def dies_at_a_timer(self, after: bool, method: str) -> None:
        async def killed() -> None:
            raise Killed

        self.service.clock.at_s += 35
        call_off = (once_after if after else once_before)(self.service.ports.pushes, method, killed)
        with suppress(Killed):
            self._do(self.service.fire())
        call_off()
        self._note_jobs()

    # What must hold

    @invariant()
    def nobody_else_ever_gets_it(self) -> None:
        targets = {sent.push.id: sent.push.target for sent in self.sent}
        for terminal in self.terminals:
            self._read(terminal)
            for push_id in terminal.shown:
                assert _is_meant(terminal, targets[push_id])

    def teardown(self) -> None:
        try:
            self._everyone_comes_and_all_is_done()
            for sent in self.sent:
                self._check(sent)
        finally:
            self._stack.close()

    def _everyone_comes_and_all_is_done(self) -> None:
        self.service.sockets.keep_up()
        self._do(self.service.settle())
        self._do(self._to_the_end())
        for terminal in self.terminals:
            self._read(terminal)
        self._everyone_comes()

    async def _to_the_end(self) -> None:
        """Time passes until every push has come to its end; timers that were lost are made good for."""
        for _ in range(3):
            self.service.clock.at_s += 2 * SLACK_S
            await sweep(self.service.ports)
            await self.service.settle()
        for sent in self.sent:
            with suppress(Problem):
                await resume_push(self.service.ports, sent.push.id, by="boss")
        if await self._unfinished():
            await self.service.pass_s(LONGEST_TIMELINE_S)
        assert await self._unfinished() == []

    async def _unfinished(self) -> list[State]:
        states = [(await self.service.push(sent.push.id)).state for sent in self.sent]
        return [state for state in states if state in (*OPEN, State.HALTED)]

    def _check(self, sent: Sent) -> None:
        push = self._do(self.service.push(sent.push.id))
        meant = {each.terminal_id: each for each in self.terminals if _is_meant(each, push.target)}
        counts = self._do(self.service.counts(push))
        assert counts.targeted == counts.sent + counts.gone + counts.skipped + counts.expired
        retained = push.strategy.retain_s > 0
        if push.state is State.CANCELLED and retained and push.expires_at_s is None:
            assert [name for name, terminal in meant.items() if push.id in terminal.on_screen] == []
        if push.state is not State.COMPLETED or push.expires_at_s is not None:
            return
        if push.strategy.once_per_user:
            read = {
                receipt.user for receipt in self._do(self.service.receipts(push)).values() if receipt.kind == "read"
            }
            meant = {name: each for name, each in meant.items() if each.user not in read}
        for name, terminal in meant.items():
            stayed = terminal.connection_id is not None and sent.here.get(name) == terminal.connection_id
            if stayed or retained:
                assert push.id in terminal.shown, name
        if push.strategy.ack_need is None:
            live = self._live(push.id)
            stayed_live = live & {str(each.connection_id) for each in self.terminals}
            assert len(stayed_live) <= counts.sent <= len(live)
        else:
            receipts = self._do(self.service.receipts(push))
            got = {name for name, receipt in receipts.items() if receipt.kind in {"sent", "received", "read", "failed"}}
            assert got >= {name for name, terminal in meant.items() if push.id in terminal.shown and name in receipts}
            assert counts.sent >= len([name for name in got if (push.id, name) not in self.answered_first])

    def _live(self, push_id: str) -> set[str]:
        """The connections that were sent a push other than by a replay."""
        return {
            connection_id
            for connection_id in self.service.sockets.reached()
            if any(
                frame["id"] == push_id and "replayed" not in frame
                for frame in self.service.sockets.frames(connection_id, "push")
            )
        }

    def _here(self) -> list[Terminal]:
        return [terminal for terminal in self.terminals if terminal.connection_id is not None]

    def _away(self) -> list[Terminal]:
        return [terminal for terminal in self.terminals if terminal.connection_id is None]

    def _push(self, whom: str, strategy: Mapping[str, object] | None = None) -> Push:
        here = {each.terminal_id: str(each.connection_id) for each in self._here()}
        request = self._do(requests.checked(self.service.ports, target=whom, message="hi", strategy=strategy))
        push = self._do(submit(self.service.ports, request, sender="admin")).push
        self.sent.append(Sent(push, here))
        self._note_jobs()
        return push

    def _everyone_comes(self) -> None:
        """Everyone is here, and has been told all that was missed."""
        for terminal in self.terminals:
            while terminal.connection_id is None or terminal.is_replaying:
                if terminal.connection_id is None:
                    self._connect(terminal)
                self._resume(terminal)

    def _everyone_goes(self) -> None:
        for terminal in self.terminals:
            self._read(terminal)
            if terminal.connection_id is not None:
                self._goes(terminal, tells=True)

    def _goes(self, terminal: Terminal, *, tells: bool) -> None:
        assert terminal.connection_id is not None
        self.service.sockets.lose(terminal.connection_id)
        if tells:
            self._do(self.service.ports.registry.remove([terminal.connection_id]))
        terminal.closes()

    def _comes(self, terminal: Terminal) -> None:
        self._connect(terminal)
        if terminal.since is None:
            self._resume(terminal)

    def _connect(self, terminal: Terminal) -> None:
        self.connections += 1
        connection_id = f"c{self.connections}"
        self._do(
            self.service.connect(
                connection_id,
                terminal.user,
                terminal_id=terminal.terminal_id,
                groups=terminal.groups,
                attributes=terminal.attributes,
            )
        )
        terminal.opens(connection_id)

    def _resume(self, terminal: Terminal) -> None:
        assert terminal.connection_id is not None
        row = self._do(self.service.ports.registry.get(terminal.connection_id))
        assert row is not None
        self._do(resume.resume(self.service.ports, row, terminal.asks_from))
        self._read(terminal)

    def _read(self, terminal: Terminal) -> None:
        if terminal.connection_id is not None:
            terminal.reads(self.service.sockets.frames(terminal.connection_id))
        if terminal.connection_id in self.service.sockets.closed:
            # The bye may not have arrived.
            terminal.closes()

    def _note_jobs(self) -> None:
        self.jobs.extend(job for job in self.service.jobs() if job not in self.jobs)


def _is_meant(terminal: Terminal, target: object) -> bool:
    row = ARow(
        terminal_id=terminal.terminal_id, user=terminal.user, groups=terminal.groups, attributes=terminal.attributes
    )
    return means(text_form.read(target), row)


def _one_of(several: Sequence[T], data: st.DataObject, what: str) -> T:
    """One of several, drawn alike however many there are: of workers at once, it may differ who did what."""
    return several[data.draw(st.integers(0, 99), what) % len(several)]


# What is found has yet to be made smaller, for up to 300 s, before it is shown.
TestOffice = pytest.mark.timeout(900)(Office.TestCase)
TestOffice.settings = settings(max_examples=60, stateful_step_count=50)
