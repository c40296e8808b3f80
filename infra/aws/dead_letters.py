"""What becomes of a job whose message failed too often: it is set aside, where who looks at its push sees it."""

from __future__ import annotations

import logging
from typing import Final

from infra.aws.push_store import PushStore
from services.domain import jobs

log = logging.getLogger(__name__)

REASON: Final = "the worker failed at it time and again; its log says why"


async def set_aside(pushes: PushStore, body: str, *, at_s: float) -> bool:
    """Set the job of a dead letter aside, as it stands now; False if it is finished, has gone on, or was set aside.

    Raises ValueError or KeyError if the letter is no job, TableUnavailable.
    """
    job = jobs.from_json(body)
    current = await pushes.current(job)
    if current is None or not await pushes.set_aside(current, reason=REASON, at_s=at_s):
        return False
    about = {"push_id": job.push_id, "topic": str(job.topic), "part": job.part, "lane": job.lane}
    log.error("job set aside", extra=about)
    return True
