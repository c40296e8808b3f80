"""One look at a push that is under way: what of it may be released now, and when to look again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from services.domain.pushes import IN_FLIGHT_BOUND_S, JobKind, Progress, Push, State
from services.domain.ring import SIZE, Arc
from services.domain.strategies.strategy import DEFAULT, Ack
from services.domain.timeline import pace, stages, windows
from services.domain.timeline.lanes import terminals_in
from services.domain.timeline.run import AckWait, Lane
from services.domain.timeline.step import Child, Release, Rest, Step
from services.domain.timeline.tallies import Tallies


def take(
    push: Push, progress: Progress, unconfirmed: Mapping[str, int], now_s: float, *, foreseen_s: float = 0.0
) -> Step | Rest:
    """Everything that may be done now with a push that has begun, as one step; `Rest` if that is nothing.

    `foreseen_s` is for a forecast: for so long nothing else happens, and a slice may be worth as much.
    """
    tallies = Tallies(push, progress, now_s)
    if push.closing:
        # Whoever ends the last part completes it, unless that was before it was known to be the last.
        if tallies.parts and not tallies.parts_left:
            return Step(push=push.moved(State.COMPLETED, at_s=now_s, run=push.run.marked(now_s, "done")))
        return Rest(None)
    return _Turn(push, tallies, unconfirmed, now_s, foreseen_s).taken()


class _Turn:
    """The push as it goes on in one look; `run` is what is kept of it afterwards."""

    def __init__(
        self, push: Push, tallies: Tallies, unconfirmed: Mapping[str, int], now_s: float, foreseen_s: float
    ) -> None:
        self.push = push
        self.foreseen_s = foreseen_s
        self.strategy = push.strategy
        self.window = push.strategy.open_window
        self.tallies = tallies
        self.unconfirmed = unconfirmed
        self.now_s = now_s
        self.run = push.run
        self.releases: list[Release] = []
        self.children: list[Child] = []

    def taken(self) -> Step | Rest:
        if self._has_unreleased() and (fault := self.tallies.fault(self.run.waved_through)) is not None:
            wave, words = fault
            halted = replace(self.run.marked(self.now_s, "halted", detail=words), halted_by=wave)
            return Step(push=self.push.moved(State.HALTED, at_s=self.now_s, by="halt_if", run=halted, closing=False))
        lanes = tuple([self._onward(lane) for lane in self.run.lanes])
        self.run = replace(self.run, lanes=lanes)
        self._see_to_acks()
        return self._outcome()

    # How lanes go on.

    def _has_unreleased(self) -> bool:
        last = len(self.strategy.stages) - 1
        return any(
            lane.phase != "done" and (lane.wave < last or lane.released < stages.wave_arc(self.push, lane.wave).length)
            for lane in self.run.lanes
        )

    def _onward(self, lane: Lane) -> Lane:
        """A lane as far as it can go now."""
        while True:
            before = lane
            match lane.phase:
                case "window":
                    lane = self._at_window(lane)
                case "send":
                    lane = self._sending(lane)
                case "pause" if lane.due_at_s is None or lane.due_at_s <= self.now_s:
                    lane = self._entered(replace(lane, wave=lane.wave + 1, released=0))
            if lane == before:
                return lane

    def _entered(self, lane: Lane) -> Lane:
        """A lane at the beginning of a wave."""
        if self.window is None or lane.timezone is None:
            return replace(lane, phase="send", since_s=self.now_s, due_at_s=None)
        return replace(lane, phase="window", since_s=self.now_s, due_at_s=self.now_s)

    def _at_window(self, lane: Lane) -> Lane:
        if self.window is None or lane.timezone is None:
            return self._entered(lane)
        if lane.due_at_s is not None and lane.due_at_s > self.now_s:
            return lane
        opens_at_s = windows.next_open(self.window, lane.timezone, self.now_s)
        if opens_at_s > self.now_s:
            # Late, or behind a pause: it is shut.
            if self.window.outside == "drop":
                return replace(lane, phase="done", since_s=self.now_s, due_at_s=None)
            return replace(lane, due_at_s=opens_at_s)
        if lane.since_s < self.now_s:
            self._mark("window_opens", lane)
        return replace(lane, phase="send", since_s=self.now_s, due_at_s=None)

    def _sending(self, lane: Lane) -> Lane:
        arc = stages.wave_arc(self.push, lane.wave)
        if lane.released < arc.length:
            return self._released(lane, arc)
        stage = stages.stage_id(lane.wave, lane.id)
        if self.tallies.is_under_way(stage) or self._just_released(stage):
            return lane
        self._wait_for_acks(lane)
        if lane.wave + 1 == len(self.strategy.stages):
            return replace(lane, phase="done", since_s=self.now_s, due_at_s=None)
        then_wait_s = self.strategy.stages[lane.wave].then_wait_s
        return replace(lane, phase="pause", due_at_s=lane.since_s + then_wait_s)

    def _released(self, lane: Lane, arc: Arc) -> Lane:
        """The next slice of a wave, if the window is still open and the pace allows one."""
        if self.window is not None and lane.timezone is not None:
            opens_at_s = windows.next_open(self.window, lane.timezone, self.now_s)
            if opens_at_s > self.now_s:
                self._mark("window_closes", lane)
                if self.window.outside == "drop":
                    if lane.released:
                        self._wait_for_acks(lane)
                    return replace(lane, phase="done", since_s=self.now_s, due_at_s=None)
                return replace(lane, phase="window", since_s=self.now_s, due_at_s=opens_at_s)
        walked = (arc.start - stages.wave_arc(self.push, 0).start) % SIZE + lane.released
        if self.strategy.pace is None:
            places = arc.length - lane.released
        else:
            found = sum(
                self.tallies.found_in(stages.stage_id(wave, lane.id)) for wave in range(len(self.strategy.stages))
            )
            density = pace.density(terminals_in(self.push, lane), found=found, walked=walked)
            places = self._paced(density, left=arc.length - lane.released, walked=walked)
            if places == 0:
                return lane
        self._release(lane.wave, lane.id, _cut(arc, lane.released, places), "deliver")
        return replace(lane, released=lane.released + places, since_s=self.now_s)

    def _release(self, wave: int, lane_id: str, arc: Arc, kind: JobKind) -> None:
        self.releases.append(Release(stage=stages.stage_id(wave, lane_id), arc=arc, kind=kind))

    def _just_released(self, stage: str) -> bool:
        """Whether this look releases something of a stage that makes work for somebody."""
        return any(release.stage == stage and stages.has_parts(self.push, release.arc) for release in self.releases)

    def _mark(self, kind: str, lane: Lane) -> None:
        assert kind in {"window_opens", "window_closes"}
        stage = stages.stage_id(lane.wave, lane.id)
        opens = kind == "window_opens"
        self.run = self.run.marked(self.now_s, "window_opens" if opens else "window_closes", stage=stage)

    # How fast.

    def _paced(self, density: float, *, left: int, walked: int) -> int:
        """How many places may be released now; 0 if the slice before is not done, or it is too early."""
        asked, run = self.strategy.pace, self.run
        if asked is None:
            return left
        if self.releases or self.tallies.under_way or self._free_at_s() > self.now_s:
            return 0
        per_second = pace.per_second_at(asked, self.tallies.reached)
        places = pace.slice_places(per_second, density, left=left, walked=walked, foreseen_s=self.foreseen_s)
        # Slices that found more or fewer than expected are made up for by the next, but a pause is not.
        from_s = max(self._earned_at_s(per_second), self.now_s - pace.MOST_DEBT_S)
        self.run = replace(
            run,
            paced_at_s=from_s,
            paced_found=self.tallies.found,
            free_at_s=from_s + places * density / per_second,
        )
        return places

    def _free_at_s(self) -> float:
        """When the next slice may go, once the one before is done: when it was meant to, or if that found so many more
        or fewer than expected that it cannot be made up for, when those it found were worth their time."""
        asked, planned_s = self.strategy.pace, self.run.free_at_s
        if asked is None or planned_s is None:
            return self.now_s
        earned_at_s = self._earned_at_s(pace.per_second_at(asked, self.tallies.reached))
        return planned_s if abs(planned_s - earned_at_s) <= pace.MOST_DEBT_S else earned_at_s

    def _earned_at_s(self, per_second: float) -> float:
        """When all that the last slice found were worth their time at a pace."""
        paced_at_s = self.run.paced_at_s
        if paced_at_s is None:
            return self.now_s
        return paced_at_s + (self.tallies.found - self.run.paced_found) / per_second

    # Who has not acknowledged.

    def _wait_for_acks(self, lane: Lane) -> None:
        """Wait for those of a lane's wave, from its last slice on."""
        ack = self.strategy.ack
        if ack is not None and ack.within_s is not None:
            wait = AckWait(stage=stages.stage_id(lane.wave, lane.id), due_at_s=lane.since_s + ack.within_s)
            self.run = replace(self.run, ack_waits=(*self.run.ack_waits, wait))

    def _see_to_acks(self) -> None:
        ack = self.strategy.ack
        if ack is None or ack.within_s is None:
            return
        waits = tuple([kept for wait in self.run.ack_waits if (kept := self._waited(wait, ack)) is not None])
        self.run = replace(self.run, ack_waits=waits)
        if not waits and self.run.lanes and self._all_sent() and not self.tallies.confirmed():
            self._escalate(ack, None)

    def _waited(self, wait: AckWait, ack: Ack) -> AckWait | None:
        """A wait as it goes on; None if it is over."""
        if wait.released is not None:
            return self._resent(wait, ack)
        unconfirmed = self.unconfirmed.get(wait.stage)
        if wait.due_at_s > self.now_s or unconfirmed is None:
            return wait
        if unconfirmed == 0 and self.tallies.confirmed(wait.stage):
            return None
        if wait.resent >= ack.resend:
            if unconfirmed:
                self._escalate(ack, wait.stage)
            return None
        if unconfirmed == 0:
            # Nobody was there yet; who comes meanwhile is waited for like the others.
            return self._again_waited(wait, ack)
        self.run = self.run.marked(self.now_s, "resend", stage=wait.stage, detail=str(unconfirmed))
        return self._resent(replace(wait, released=0, unconfirmed=unconfirmed), ack)

    def _resent(self, wait: AckWait, ack: Ack) -> AckWait:
        """The next slice that goes to those who have not acknowledged, if their window is open and the pace allows."""
        wave, lane_id = stages.parse(wait.stage)
        lane = stages.lane_of(self.push, wait.stage)
        arc = stages.wave_arc(self.push, wave)
        released = wait.released or 0
        if self.window is not None and lane is not None and lane.timezone is not None:
            opens_at_s = windows.next_open(self.window, lane.timezone, self.now_s)
            if opens_at_s > self.now_s:
                if self.window.outside == "drop":
                    return self._again_waited(wait, ack)
                return replace(wait, due_at_s=opens_at_s)
        density = (wait.unconfirmed or 0) / max(1, arc.length)
        places = self._paced(density, left=arc.length - released, walked=SIZE)
        if places == 0:
            return wait
        self._release(wave, lane_id, _cut(arc, released, places), "resend")
        if released + places < arc.length:
            return replace(wait, released=released + places)
        return self._again_waited(wait, ack)

    def _again_waited(self, wait: AckWait, ack: Ack) -> AckWait:
        return AckWait(stage=wait.stage, due_at_s=self.now_s + (ack.within_s or 0), resent=wait.resent + 1)

    def _escalate(self, ack: Ack, stage: str | None) -> None:
        """Tell whoever is next, once per push."""
        if ack.escalate is None or self.run.escalated:
            return
        self.children.append(
            Child(
                key=f"{self.push.id}/escalation",
                target=ack.escalate.target,
                message=ack.escalate.message,
                strategy=DEFAULT,
            )
        )
        self.run = replace(self.run.marked(self.now_s, "escalated", stage=stage), escalated=True)

    # What comes of it.

    def _all_sent(self) -> bool:
        return all(lane.phase == "done" for lane in self.run.lanes) and not (
            not self.run.lanes and self.tallies.under_way
        )

    def _outcome(self) -> Step | Rest:
        if self._closes():
            closing = self.push.moved(State.SENDING, at_s=self.now_s, run=self.run, closing=True)
            return Step(push=closing, releases=tuple(self.releases))
        state = self._state()
        if state is State.COMPLETED:
            self.run = self.run.marked(self.now_s, "done")
        due_at_s = None if state is State.COMPLETED else self._due_at_s()
        step = Step(
            push=self.push.moved(state, at_s=self.now_s, run=self.run, due_at_s=due_at_s, closing=False),
            releases=tuple(self.releases),
            children=tuple(self.children),
        )
        changed = state is not self.push.state or self.run != self.push.run
        if changed or self.releases or self.children or due_at_s is None:
            return step
        # An earlier look than the timer is set for takes a step; a later one does not.
        return step if self.push.due_at_s is None or due_at_s < self.push.due_at_s else Rest(due_at_s)

    def _closes(self) -> bool:
        """Whether all that is left is for the parts of what is released to end: then the last of them completes it."""
        ack = self.strategy.ack
        last = len(self.strategy.stages) - 1
        return (
            (ack is None or ack.within_s is None)
            and any(stages.has_parts(self.push, release.arc) for release in self.releases)
            and all(
                lane.phase == "done" or (lane.wave == last and lane.released == stages.wave_arc(self.push, last).length)
                for lane in self.run.lanes
            )
        )

    def _state(self) -> State:
        lanes = self.run.lanes
        if any(lane.phase == "send" for lane in lanes) or (not lanes and self.tallies.under_way):
            return State.SENDING
        if not self._all_sent():
            return State.WAITING
        return State.SENT if self.run.ack_waits else State.COMPLETED

    def _due_at_s(self) -> float:
        """When to look again at the latest: what is under way may end unseen."""
        bound_s = self.now_s + IN_FLIGHT_BOUND_S
        under_way = self.tallies.under_way or bool(self.releases)
        found: list[float] = []
        for lane in self.run.lanes:
            if lane.phase == "send":
                found.append(self._next_slice_s(bound_s, under_way=under_way))
            elif lane.due_at_s is not None:
                found.append(lane.due_at_s)
        for wait in self.run.ack_waits:
            if wait.released is not None and wait.due_at_s <= self.now_s:
                found.append(self._next_slice_s(bound_s, under_way=under_way))
            else:
                found.append(wait.due_at_s)
        if self.push.expires_at_s is not None:
            found.append(self.push.expires_at_s)
        due_at_s = min(found, default=bound_s)
        return due_at_s if due_at_s > self.now_s else bound_s

    def _next_slice_s(self, bound_s: float, *, under_way: bool) -> float:
        if self.strategy.pace is None or self.run.free_at_s is None:
            return bound_s
        free_at_s = min(bound_s, self.run.free_at_s) if under_way else self._free_at_s()
        return free_at_s if free_at_s > self.now_s else bound_s


def _cut(arc: Arc, released: int, places: int) -> Arc:
    return Arc((arc.start + released) % SIZE, places)
