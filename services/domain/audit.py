"""The audit trail: who did what, to what, when. Never a message body, a token or a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change. `id` is a UUIDv7, which orders entries; `actor` the caller's `sub`.

    `action` is `<thing>.<verb>` (`push.create`, `user.block`, …), `subject` names the thing, `detail` holds
    flat facts (a target, a reason, a count).
    """

    id: str
    at_s: float
    actor: str
    action: str
    subject: str
    detail: Mapping[str, object] = field(default_factory=dict)
