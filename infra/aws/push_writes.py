"""What a submission and a transition write, as items: some of it first, then what makes it so, in one transaction.

What comes first leads nowhere by itself, so that it costs no transaction: one of a thousand log entries and jobs there
cannot be. If it turns out that there is no push to go with it, it is deleted.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from infra.aws import idempotency, job_items, keys
from infra.aws.actions import ABSENT, Action, Delete, Put, Update
from infra.aws.attributes import Item, Value
from infra.aws.audit_trail import audit_item
from infra.aws.expressions import Amount, change, holds
from infra.aws.keys import Key
from infra.aws.push_items import (
    PARTS_LEFT,
    UNMARKED,
    changing,
    contents,
    kept_until,
    lasts_s,
    listing_item,
    record_item,
    under_way_item,
    waits,
    with_contents,
)
from infra.aws.push_log import entry_item
from infra.aws.table import TRANSACT_ITEMS
from infra.aws.values import DAY_S
from services.domain.audit import AuditEntry
from services.domain.pushes import OPEN, Job, LogEntry, Push, State
from services.ports import Submission

_HAS_PARTS: Final = frozenset({State.WAITING, State.SENDING, State.SENT, State.HALTED})
"""States in which parts of a push may be left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many days a push is kept after it is over, and an entry of the audit trail."""

    pushes_days: int
    audit_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """What is written first, and what makes it so."""

    first: Sequence[Item]
    commit: Sequence[Action]

    def first_keys(self) -> Sequence[Key]:
        """What to delete where the commit turned out not to be."""
        return [Key(str(item["pk"]), str(item["sk"])) for item in self.first]


def of_submission(submission: Submission, *, now_s: float, retention: Retention) -> Writes:
    """The writes of a new push. The commit fails if the idempotency key was used, or the push was given up."""
    push, some = submission.push, submission.jobs
    kept = kept_until(push, retention.pushes_days, _retained_until_s(submission.entries))
    expires_at = None if waits(push) else kept
    names = [str(number) for number in range(len(some))]
    record = record_item(push, parts=names, expires_at=expires_at)
    only = some[0] if len(some) == 1 and push.closing else None
    if only is not None:
        record = {**record, "job": job_items.sort_key(only.key), **job_items.attributes(only, "0", now_s)}
    record, *apart = with_contents(record, contents(push))
    first: list[Item] = [listing_item(push, expires_at)]
    if push.state in OPEN:
        # Where there are several jobs they tell which logs have entries.
        logged = [(str(entry.topic), entry.position) for entry in submission.entries] if only is not None else ()
        first.append(under_way_item(push, now_s, expires_at, logged))
    first += [*apart, *map(entry_item, submission.entries)]
    if only is None:
        outlasts = kept + math.ceil(lasts_s(push))
        first += [job_items.item(job, name, now_s, expires_at=outlasts) for name, job in zip(names, some, strict=True)]
    commit = [Put(item=record, condition=ABSENT), _audit(submission.audit, retention)]
    if submission.idempotency is not None:
        commit.append(idempotency.claim(submission.idempotency, push.id, now_s))
    return Writes(first=first, commit=commit)


def of_transition(
    before: Push,
    after: Push,
    *,
    at_s: float,
    audit: AuditEntry | None,
    entries: Sequence[LogEntry],
    jobs: Sequence[Job],
    retention: Retention,
    contents_apart: bool,
) -> Writes:
    """The writes of a step. The commit fails if the push is not as it was before.

    `contents_apart` says that the push has an item of contents that must be kept for as long as it.
    """
    kept = _kept_until(before, at_s, entries, retention)
    expires_at = None if waits(after) else kept
    to: dict[str, Value] = {**changing(after)}
    actions: list[Action] = [] if audit is None else [_audit(audit, retention)]
    ends_otherwise = moves_end(before, after, at_s, entries, retention)
    if ends_otherwise:
        to["expires_at"] = expires_at
        if contents_apart:
            actions.append(Update(key=keys.push_contents(before.id), change=change({"expires_at": expires_at})))
    if ends_otherwise or {before.state, after.state} - UNMARKED:
        actions.append(Put(item=listing_item(after, expires_at)))
    if after.state in OPEN or jobs or before.state in _HAS_PARTS:
        # Parts that are left are seen to in any state; with the last of them it is not under way any more.
        actions.append(Put(item=under_way_item(after, at_s, expires_at)))
    elif before.state in OPEN:
        actions.append(Delete(key=Key(keys.UNDER_WAY, before.id)))
    is_large = 1 + len(actions) + len(jobs) + len(entries) > TRANSACT_ITEMS
    # Written before it is so, the names of a step that never came to be must not be those of the one that did.
    of_step = f"{after.step}.{secrets.token_hex(4)}" if is_large else str(after.step)
    names = [f"{of_step}.{number}" for number in range(len(jobs))]
    outlasts = kept + math.ceil(lasts_s(after))
    released = [job_items.item(job, name, at_s, expires_at=outlasts) for name, job in zip(names, jobs, strict=True)]
    logged = [entry_item(entry) for entry in entries]
    add: dict[str, Amount] = {PARTS_LEFT: frozenset(names)}
    first: list[Item] = []
    if is_large:
        first = [*logged, *({**item, "large": True} for item in released)]
    else:
        actions += [Put(item=item) for item in chain(logged, released)]
    still = holds({"state": before.state.value, "step": before.step})
    return Writes(
        first=first, commit=[Update(key=keys.push(before.id), change=change(to, add), condition=still), *actions]
    )


def moves_end(before: Push, after: Push, at_s: float, entries: Sequence[LogEntry], retention: Retention) -> bool:
    """Whether a transition changes when TTL may delete a push.

    It begins or ends to wait, or is kept for longer than by its submission, and by more than there is to spare.
    """
    kept = kept_until(before, retention.pushes_days)
    is_kept_longer = not waits(after) and _kept_until(before, at_s, entries, retention) > kept + DAY_S // 2
    return is_kept_longer or waits(before) != waits(after)


def _kept_until(push: Push, at_s: float, entries: Sequence[LogEntry], retention: Retention) -> int:
    return kept_until(push, retention.pushes_days, max(at_s, _retained_until_s(entries)))


def _retained_until_s(entries: Sequence[LogEntry]) -> float:
    return max((entry.retained_until_s for entry in entries), default=0.0)


def _audit(entry: AuditEntry, retention: Retention) -> Put:
    return Put(item=audit_item(entry, retention_days=retention.audit_days))
