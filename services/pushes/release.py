"""Releasing a slice: its entry in the log of each topic of the cover, and the job that delivers it there."""

from __future__ import annotations

from typing import Literal

from services.domain import frames
from services.domain.problems import Problem
from services.domain.pushes import IN_FLIGHT_BOUND_S, MAX_FRAME_BYTES, Job, LogEntry, Push
from services.domain.ring import WHOLE, Arc
from services.domain.targets import json_form
from services.domain.targets.cover import Cover, candidates, plan
from services.domain.targets.expression import All, Target
from services.ports import Registry


async def cheapest_cover(registry: Registry, target: Target) -> Cover:
    """The planner's cover for who is connected now."""
    sizes = await registry.sizes(candidates(target))
    return plan(target, lambda topic: sizes.get(topic, 0))


def log_entries(push: Push, position: str, *, released_at_s: float, arc: Arc = WHOLE) -> list[LogEntry]:
    """The slice's entry for each topic that keeps a log; none if the push retains nothing.

    It is kept at least as long as the slice may be under way, so that whoever reconnects meanwhile finds it.
    """
    if push.strategy.retain_s == 0:
        return []
    retained_until_s = released_at_s + max(push.strategy.retain_s, IN_FLIGHT_BOUND_S)
    entries: list[LogEntry] = []
    for part in push.cover.parts():
        if part.topic.kind == "connection":
            continue
        entries.append(
            LogEntry(
                topic=part.topic,
                position=position,
                push_id=push.id,
                arc=arc,
                filter=None if part.filter == All() else json_form.to_json(part.filter),
                retained_until_s=retained_until_s,
                expires_at_s=push.expires_at_s,
                collapse_key=push.strategy.collapse_key,
            )
        )
    return entries


async def jobs(
    registry: Registry, push: Push, position: str, *, arc: Arc = WHOLE, kind: Literal["deliver", "recall"] = "deliver"
) -> list[Job]:
    """One job for each topic of the cover, or for each of the lanes that a large one is walked in."""
    lanes = await registry.lanes(push.cover.topics)
    return [
        Job(push_id=push.id, position=position, part=part, lane=lane, topic=topic, arc=piece, kind=kind)
        for part, topic in enumerate(push.cover.topics)
        for lane, piece in enumerate(arc.split(lanes.get(topic, 1)))
    ]


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
