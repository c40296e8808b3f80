"""A fan-out job as it travels: the JSON body of a queue message."""

from __future__ import annotations

import json

from services.domain import topics
from services.domain.pushes import FIRST_STAGE, Job
from services.domain.ring import Arc


def to_json(job: Job) -> str:
    """The body of the message; `from_json` reads it back."""
    return json.dumps(
        {
            "push_id": job.push_id,
            "position": job.position,
            "part": job.part,
            "lane": job.lane,
            "topic": str(job.topic),
            "kind": job.kind,
            "stage": job.stage,
            "arc": [job.arc.start, job.arc.length],
            "step": job.step,
            "after": job.after,
            "left": list(job.left),
            "attempt": job.attempt,
        },
        separators=(",", ":"),
    )


def from_json(body: str) -> Job:
    """The job in a message's body. Raises ValueError or KeyError if it is none."""
    written = json.loads(body)
    start, length = written["arc"]
    return Job(
        push_id=written["push_id"],
        position=written["position"],
        part=written["part"],
        lane=written["lane"],
        topic=topics.parse(written["topic"]),
        kind=written["kind"],
        # A message of an earlier version may still be in the queue.
        stage=written.get("stage", FIRST_STAGE),
        arc=Arc(start, length),
        step=written["step"],
        after=written["after"],
        left=tuple(written["left"]),
        attempt=written["attempt"],
    )
