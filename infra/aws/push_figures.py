"""What the table's stream says of deliveries, as figures of their minute.

Jobs, and counters of what terminals told, count in items that only grow; so what a write added is the difference of the
two images. One that is put back from a backup has no earlier image: a job's is left out, a counter's is counted anew.

The figures of a batch are added in one transaction, under a token made of the records they are of: the same records
again within ten minutes add nothing. They are added twice only if the function dies between that write and its answer,
and the records then come in other pieces.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from infra.aws import activity, job_items, keys
from infra.aws.actions import Update
from infra.aws.attributes import decoded_item
from infra.aws.headcount import StreamRecord
from infra.aws.keys import META
from infra.aws.table import Table
from services.domain.activity import NOTHING, Figures, delivered, minute_of
from services.domain.pushes import Counts

TOKEN_CHARACTERS = 36
"""The longest token that a transaction takes."""


def said(record: StreamRecord) -> Figures:
    """What a record of the stream adds; nothing if it is not of a push's deliveries."""
    view = record["dynamodb"]
    pk, sk = (str(decoded_item(view["Keys"])[name]) for name in ("pk", "sk"))
    if not pk.startswith(keys.PUSHES_BEGIN) or "NewImage" not in view:
        return NOTHING
    now = decoded_item(view["NewImage"])
    was = decoded_item(view["OldImage"]) if "OldImage" in view else None
    is_counter = sk.startswith(keys.COUNTERS[0])
    is_job = sk == META or sk.startswith(keys.JOBS[0])
    if not is_counter and (not is_job or was is None or now.get("kind", "deliver") != "deliver"):
        return NOTHING
    before = Counts() if was is None else job_items.counts_of(was)
    after = job_items.counts_of(now)
    return delivered(Counts(**{name: getattr(after, name) - getattr(before, name) for name in job_items.COUNTED}))


async def note(table: Table, batch: Sequence[StreamRecord]) -> None:
    """Add what a batch says to the figures of its minutes. Raises TableUnavailable, and then nothing is added."""
    minutes: dict[int, Figures] = defaultdict(Figures)
    names: list[str] = []
    for record in batch:
        figures = said(record)
        if figures != NOTHING:
            view = record["dynamodb"]
            minutes[minute_of(float(view["ApproximateCreationDateTime"]))] += figures
            names.append(view["SequenceNumber"])
    if names:
        await table.transact(_writes(minutes), token=_token(names))


def first_of(batch: Sequence[StreamRecord]) -> int:
    """Where the first record is that adds something; else how many there are."""
    return next((number for number, record in enumerate(batch) if said(record) != NOTHING), len(batch))


def _writes(minutes: Mapping[int, Figures]) -> list[Update]:
    return [activity.added(minute, figures) for minute, figures in sorted(minutes.items())]


def _token(names: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(names).encode()).hexdigest()[:TOKEN_CHARACTERS]
