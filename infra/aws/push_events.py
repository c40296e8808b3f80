"""What the table's stream says of a push, as events: of exactly what was committed, and again if it comes again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from infra.aws import keys, push_items
from infra.aws.attributes import Value, decoded_item
from infra.aws.keys import META
from infra.aws.push_records import is_record
from infra.aws.values import optional_seconds, seconds, whole
from services.domain import events
from services.domain.events import Event, PushState
from services.domain.pushes import State
from services.domain.timeline import run as run_form

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from infra.aws.headcount import StreamRecord


def told(record: StreamRecord) -> Sequence[Event]:
    """What a record of the stream tells; nothing if it is not one of a push's own record, or of its end by TTL."""
    view = record["dynamodb"]
    pk, sk = (decoded_item(view["Keys"])[name] for name in ("pk", "sk"))
    if sk != META or not str(pk).startswith(keys.PUSHES_BEGIN):
        return ()
    after = _state(view.get("NewImage"))
    if after is None:
        return ()
    before = _state(view.get("OldImage"))
    if before is None and after.step > 0:
        # It was put back from a backup: it has not just been made.
        return ()
    return tuple(events.of_push(before, after, at_s=float(view["ApproximateCreationDateTime"])))


def _state(image: Mapping[str, AttributeValueTypeDef] | None) -> PushState | None:
    """What of a push is told, as an image of its record has it; None if that is no push."""
    if image is None:
        return None
    item = decoded_item(image)
    return _of_item(item) if is_record(item) else None


def _of_item(item: Mapping[str, Value]) -> PushState:
    run, ended_by = item.get("run"), item.get("ended_by")
    return PushState(
        push_id=push_items.id_of(item),
        sender=str(item["sender"]),
        state=State(str(item["state"])),
        step=whole(item["step"]),
        created_at_s=seconds(item["created_at_s"]),
        finished_at_s=optional_seconds(item.get("finished_at_s")),
        ended_by=None if ended_by is None else str(ended_by),
        run=run_form.NOT_BEGUN if run is None else run_form.from_json(json.loads(str(run))),
    )
