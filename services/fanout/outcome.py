"""What a page of deliveries came to: its counts, its receipts, and who is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.domain.connection import Connection
from services.domain.pushes import Counts, Job, Push, Receipt, ReceiptKind
from services.ports import Advance, PostResult


def joined(earlier: Advance | None, later: Advance) -> Advance:
    """Two advances of a job, one behind the other, as one step."""
    if earlier is None:
        return later
    return Advance(
        job=earlier.job,
        next=None if later.next is None else replace(later.next, step=earlier.job.step + 1),
        counts=earlier.counts + later.counts,
        receipts=(*earlier.receipts, *later.receipts),
        at_s=later.at_s,
        delay_s=later.delay_s,
    )


def keys_of(rows: Sequence[Connection], connection_ids: Sequence[str]) -> tuple[str, ...]:
    """The sort keys of these rows, which say where they are on the ring also when they are gone."""
    if not connection_ids:
        return ()
    meant = set(connection_ids)
    return tuple(row.sort_key for row in rows if row.connection_id in meant)


def counts(result: PostResult, *, targeted: int, missing: int = 0) -> Counts:
    """What a page adds. Of a resend or a recall it is not added to the counts of the push, which has them already."""
    return Counts(
        targeted=targeted,
        sent=len(result.sent),
        gone=len(result.gone) + missing,
        skipped=len(result.refused),
    )


def kinds_of(result: PostResult) -> Mapping[str, ReceiptKind]:
    """What became of a post, by connection, without those that are to be tried again."""
    kinds: dict[str, ReceiptKind] = dict.fromkeys(result.sent, "sent")
    kinds.update(dict.fromkeys(result.gone, "gone"))
    kinds.update(dict.fromkeys(result.refused, "skipped"))
    return kinds


def receipts(
    push: Push, job: Job, rows: Sequence[Connection], kinds: Mapping[str, ReceiptKind], now_s: float
) -> Sequence[Receipt]:
    """Of a page of deliveries. Who is sent it again has a receipt, and a recall is told of by terminals alone."""
    if job.kind != "deliver" or push.strategy.ack_need is None:
        return ()
    return [receipt(push, job, row, kinds[row.connection_id], now_s) for row in rows if row.connection_id in kinds]


def receipt(push: Push, job: Job, row: Connection, kind: ReceiptKind, now_s: float) -> Receipt:
    return Receipt(
        push_id=push.id,
        connection_id=row.connection_id,
        terminal_id=row.terminal_id,
        user=row.user,
        kind=kind,
        at_s=now_s,
        stage=job.stage,
    )
