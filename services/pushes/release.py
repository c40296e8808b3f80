"""Releasing a slice: its entry in the log of each topic of the cover, and the job that delivers it there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.domain import frames
from services.domain.positions import new_id
from services.domain.problems import Problem
from services.domain.pushes import FIRST_STAGE, IN_FLIGHT_BOUND_S, MAX_FRAME_BYTES, Job, JobKind, LogEntry, Push, State
from services.domain.ring import NOWHERE, SIZE, WHOLE, Arc
from services.domain.targets import json_form
from services.domain.targets.cover import Cover, Part, candidates, plan
from services.domain.targets.expression import All, Every, Target
from services.domain.timeline import stages
from services.domain.timeline.step import Release
from services.ports import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """An arc of a stage under one position: what is released of a push at one moment."""

    position: str
    released_at_s: float
    arc: Arc = WHOLE
    stage: str = FIRST_STAGE
    kind: JobKind = "deliver"


async def cheapest_cover(registry: Registry, target: Target) -> Cover:
    """The planner's cover for who is connected now."""
    sizes = await registry.sizes(candidates(target))
    return plan(target, lambda topic: sizes.get(topic, 0))


async def released(
    registry: Registry, push: Push, releases: Sequence[Release], *, released_at_s: float
) -> tuple[list[LogEntry], list[Job]]:
    """The log entries and the jobs of what a step releases, each a slice with a position of its own."""
    entries: list[LogEntry] = []
    jobs: list[Job] = []
    if not releases:
        return entries, jobs
    lanes = await registry.lanes(push.cover.topics)
    for release in releases:
        piece = Slice(
            position=new_id(released_at_s),
            released_at_s=released_at_s,
            arc=release.arc,
            stage=release.stage,
            kind=release.kind,
        )
        entries += log_entries(push, piece)
        for part, topic in enumerate(push.cover.topics):
            # Who is under a topic of their own goes with its place, so that its log is written once.
            arc = stages.arc_under(topic, piece.arc)
            if arc.is_empty:
                continue
            jobs += [
                Job(
                    push_id=push.id,
                    position=piece.position,
                    part=part,
                    lane=lane,
                    topic=topic,
                    kind=piece.kind,
                    stage=piece.stage,
                    arc=walked,
                )
                for lane, walked in enumerate(arc.split(lanes.get(topic, 1)))
            ]
    return entries, jobs


def recall(push: Push) -> tuple[Release, ...]:
    """What takes a push off the screens that may show it: all of the ring that was released. Nothing, if none was."""
    arc = _reached(push)
    return () if arc.is_empty else (Release(stage=FIRST_STAGE, arc=arc, kind="recall"),)


def _reached(push: Push) -> Arc:
    """How far round the ring a push was released in any of its lanes."""
    halted_before = push.state is State.HALTED and push.run.ready_at_s is None
    if push.schedule.repeat is not None or push.state in (State.AWAITING_APPROVAL, State.SCHEDULED) or halted_before:
        return NOWHERE
    if not push.run.lanes:
        return WHOLE if push.strategy.is_immediate else NOWHERE
    waves = [stages.wave_arc(push, wave) for wave in range(len(push.strategy.stages))]
    reached = max(sum(arc.length for arc in waves[: lane.wave]) + lane.released for lane in push.run.lanes)
    return Arc(waves[0].start, min(reached, SIZE))


def log_entries(push: Push, piece: Slice) -> list[LogEntry]:
    """The slice's entry for each topic that keeps a log; none if the push keeps none."""
    return [
        entry
        for part in push.cover.parts()
        if (entry := log_entry(push, piece, part, stages.arc_under(part.topic, piece.arc))) is not None
    ]


def log_entry(push: Push, piece: Slice, part: Part, arc: Arc) -> LogEntry | None:
    """The slice's entry under one topic; None if nothing is kept there.

    It is kept at least as long as the slice may be under way, so that whoever reconnects meanwhile finds it.
    """
    if not push.strategy.keeps_log or part.topic.kind == "connection" or arc.is_empty:
        return None
    meant = meant_in(push, piece.stage, piece.kind, part.filter)
    return LogEntry(
        topic=part.topic,
        position=piece.position,
        push_id=push.id,
        arc=arc,
        filter=None if meant == All() else json_form.to_json(meant),
        retained_until_s=piece.released_at_s + max(push.strategy.retain_s, IN_FLIGHT_BOUND_S),
        expires_at_s=push.expires_at_s,
        collapse_key=push.strategy.replay_key,
        again=piece.kind == "resend",
    )


def meant_in(push: Push, stage: str, kind: JobKind, under_topic: Target) -> Target:
    """Of the rows of a topic that the push means, those of a stage.

    A recall is for all of them: who had it may count to another stage by now.
    """
    of_stage = None if kind == "recall" else stages.filter_of(push, stage)
    if of_stage is None:
        return under_topic
    return of_stage if under_topic == All() else Every((under_topic, of_stage))


def frame_size_bytes(push: Push, position: str, released_at_s: float) -> int:
    """The size of the push's largest frame: under its longest topic, and replayed."""
    topic = max(map(str, push.cover.topics), key=lambda topic: len(topic.encode()), default="all")
    return len(frames.push(push, position=position, topic=topic, released_at_s=released_at_s, replayed=True))


def check_frame_size(push: Push, position: str, released_at_s: float) -> None:
    """Raise `Problem("message_too_large", 413)` if a frame of the push is over the limit."""
    size_bytes = frame_size_bytes(push, position, released_at_s)
    if size_bytes > MAX_FRAME_BYTES:
        raise Problem(
            "message_too_large",
            413,
            f"the push is {size_bytes} bytes as a frame, {size_bytes - MAX_FRAME_BYTES} over the limit of"
            f" {MAX_FRAME_BYTES}; send a link to what is large",
            limit_bytes=MAX_FRAME_BYTES,
            size_bytes=size_bytes,
        )
