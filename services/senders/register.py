"""Which callers of the API are held to something, and to what."""

from __future__ import annotations

from services.domain import names
from services.domain.audit import AuditEntry
from services.domain.positions import new_id
from services.domain.problems import Problem
from services.domain.targets import json_form, text_form
from services.ports import Page, Ports, Sender


async def one(ports: Ports, sub: str) -> Sender:
    """What a caller is held to. Raises Problem (404) if to nothing."""
    sender = await ports.senders.get(names.checked(sub, "sub"))
    if sender is None:
        raise Problem(
            "sender_not_found", 404, f"{sub} is held to nothing: it may send to everybody, as often as it likes"
        )
    return sender


async def put(
    ports: Ports,
    sub: str,
    *,
    targets: object = None,
    per_minute: int | None = None,
    max_terminals: int | None = None,
    approve_over: int | None = None,
    by: str,
) -> Sender:
    """Hold a caller to this from the next push on, in place of what it was held to.

    `targets` is a target, as JSON or text. Raises Problem (422): `invalid_target`, `invalid_name`.
    """
    now_s = ports.clock.now_s()
    sender = Sender(
        sub=names.checked(sub, "sub"),
        targets=None if targets is None else json_form.to_json(text_form.read(targets)),
        per_minute=per_minute,
        max_terminals=max_terminals,
        approve_over=approve_over,
        by=by,
        at_s=now_s,
    )
    limits = {"per_minute": per_minute, "max_terminals": max_terminals, "approve_over": approve_over}
    detail = {name: limit for name, limit in {"targets": sender.targets, **limits}.items() if limit is not None}
    await ports.senders.put(
        sender, AuditEntry(id=new_id(now_s), at_s=now_s, actor=by, action="sender.put", subject=sub, detail=detail)
    )
    return sender


async def delete(ports: Ports, sub: str, *, by: str) -> bool:
    """Hold a caller to nothing any more; False if it was not held to anything."""
    now_s = ports.clock.now_s()
    return await ports.senders.delete(
        names.checked(sub, "sub"),
        AuditEntry(id=new_id(now_s), at_s=now_s, actor=by, action="sender.delete", subject=sub),
    )


async def listing(ports: Ports, *, limit: int, after: str | None = None) -> Page[Sender]:
    """Those that are held to something, by name; `after` is a page's `next`."""
    return await ports.senders.list(limit=limit, after=after)
