"""What becomes of a job whose message failed too often: it is set aside, where who looks at its push sees it."""

from __future__ import annotations

import logging

from infra.aws.push_store import PushStore
from services.domain import jobs

log = logging.getLogger(__name__)


async def set_aside(pushes: PushStore, body: str, *, receives: int, at_s: float) -> bool:
    """Set the job of a dead letter aside, as it stands now; False if it is finished, has gone on, or was set aside.

    `receives` is how often the queue had handed it out by then (`maxReceiveCount` of its redrive policy). Raises
    ValueError or KeyError if the letter is no job, TableUnavailable.
    """
    job = await pushes.current(jobs.from_json(body))
    if job is None:
        return False
    reason = f"failed {receives} times; the workers' log says why"
    dead = await pushes.set_aside(job, reason=reason, at_s=at_s)
    if dead:
        log.error("job set aside", extra={"push_id": job.push_id, "topic": str(job.topic), "receives": receives})
    return dead
