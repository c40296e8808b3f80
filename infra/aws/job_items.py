"""Fan-out jobs as items: each as it stands, with what its pages came to so far, until its push is deleted.

A finished job stays, for its counts. The job of a push that has only one is kept in the push's record: it then ends,
and completes the push, in one write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, get_args

from infra.aws import keys
from infra.aws.attributes import Item, Value
from infra.aws.values import arc_of, arc_text, optional_seconds, present, seconds, to_json, whole
from services.domain import topics
from services.domain.pushes import FIRST_STAGE, Counts, Job, JobKey, JobKind
from services.ports import DeadJob

_KINDS: Final[Mapping[str, JobKind]] = {kind: kind for kind in get_args(JobKind)}
COUNTED: Final = tuple(field.name for field in fields(Counts))
"""The attributes of an item that count."""
NOT_DEAD: Final[Mapping[str, Value]] = {"dead_at_s": None, "dead_reason": None}
"""What a job that goes on is no more."""


@dataclass(frozen=True, slots=True)
class KeptJob:
    """A job as it is kept. `name` is what it is called among the parts of its push, also when it is released again.

    `over` says that it is finished, or that `became`, the sort key of another, has taken its place. `moved_at_s` is
    when it last went on. `large` says that it was written before its release was: it is real if its push has it among
    the parts that are left. `counts` is what its pages came to, `expires_at` when TTL may delete it.
    """

    job: Job
    name: str
    over: bool
    became: str | None
    moved_at_s: float
    dead: DeadJob | None
    large: bool
    counts: Counts
    expires_at: int | None


def attributes(job: Job, name: str, at_s: float) -> Item:
    """A new job's attributes, without a key."""
    return {"name": name, "topic": str(job.topic), "moved_at_s": at_s, **_stands(job)}


def item(job: Job, name: str, at_s: float, *, expires_at: int | None) -> Item:
    """A new job as an item of its own."""
    return present({**keys.job(job.key)._asdict(), **attributes(job, name, at_s), "expires_at": expires_at})


def moved(following: Job, at_s: float) -> Mapping[str, Value]:
    """What to set (None: to remove) where a job goes on as `following`."""
    gone = dict.fromkeys(("kind", "stage", "arc", "after", "left", "attempt"))
    return {**NOT_DEAD, **gone, **_stands(following), "moved_at_s": at_s}


def standing(job: Job) -> Mapping[str, Value]:
    """What an item of this job holds while this step of it is still to be done."""
    return {"page": job.step, "over": None}


def counted(counts: Counts) -> Mapping[str, int]:
    """What to add where a page came to these counts."""
    return {name: getattr(counts, name) for name in COUNTED}


def counts_of(kept: Mapping[str, Value]) -> Counts:
    """What an item has counted so far."""
    return Counts(**{name: whole(kept.get(name, 0)) for name in COUNTED})


def job_of(push_id: str, kept: Mapping[str, Value]) -> KeptJob:
    """The job in an item of its own, or in its push's record."""
    position, part, lane = str(kept.get("job", kept["sk"])).removeprefix("J#").split("#")
    after, became = kept.get("after"), kept.get("became")
    job = Job(
        push_id=push_id,
        position=keys.unescaped(position),
        part=int(part),
        lane=int(lane),
        topic=topics.parse(str(kept["topic"])),
        kind=_KINDS[str(kept.get("kind", "deliver"))],
        stage=str(kept.get("stage", FIRST_STAGE)),
        arc=arc_of(kept.get("arc")),
        step=whole(kept["page"]),
        after=None if after is None else str(after),
        left=tuple(json.loads(str(kept.get("left", "[]")))),
        attempt=whole(kept.get("attempt", 0)),
    )
    expires_at = kept.get("expires_at")
    dead_at_s = optional_seconds(kept.get("dead_at_s"))
    return KeptJob(
        job=job,
        name=str(kept["name"]),
        over=kept.get("over") is True,
        became=None if became is None else str(became),
        moved_at_s=seconds(kept["moved_at_s"]),
        dead=None if dead_at_s is None else DeadJob(job=job, reason=str(kept["dead_reason"]), at_s=dead_at_s),
        large=kept.get("large") is True,
        counts=counts_of(kept),
        expires_at=None if expires_at is None else whole(expires_at),
    )


def sort_key(key: JobKey) -> str:
    """What a job is called within its push."""
    return keys.job(key).sk


def _stands(job: Job) -> Item:
    return present(
        {
            "page": job.step,
            "kind": None if job.kind == "deliver" else job.kind,
            "stage": None if job.stage == FIRST_STAGE else job.stage,
            "arc": arc_text(job.arc),
            "after": job.after,
            "left": to_json(job.left) if job.left else None,
            "attempt": job.attempt or None,
        }
    )
