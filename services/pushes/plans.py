"""Plans: what a preview showed, kept for an hour, and sent as it was shown or not at all."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from services.domain.positions import is_position, new_id
from services.domain.problems import Problem
from services.domain.strategies import json_form as strategy_form
from services.domain.targets import json_form
from services.domain.targets.expression import KEPT
from services.domain.timeline import schedule as schedule_form
from services.ports import Plan, Ports
from services.pushes import audience
from services.pushes.audience import Audience
from services.pushes.requests import PlanUse, PushRequest
from services.senders import limits

KEPT_S: Final = 3_600
NAMES_SHOWN: Final = 100
"""Most names in the answer of who came, and of who went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What became of an audience since it was planned. `came` and `went` are None where names were not kept."""

    planned: int
    now: int
    came: Collection[str] | None
    went: Collection[str] | None

    @property
    def share(self) -> float:
        """How much of the planned audience came and went; without names, by how much it grew or shrank."""
        named = self.came is not None and self.went is not None
        moved = len(self.came or ()) + len(self.went or ()) if named else abs(self.now - self.planned)
        return moved / max(self.planned, 1)


async def make(ports: Ports, request: PushRequest, counted: Audience, *, sender: str) -> Plan:
    """Keep what was previewed, for an hour. `request` is as it was asked: what its sender may is asked again then."""
    now_s = ports.clock.now_s()
    plan = Plan(
        id=new_id(now_s),
        sender=sender,
        request=_to_json(request),
        profile=counted.profile(),
        terminals=counted.names,
        created_at_s=now_s,
        expires_at_s=now_s + KEPT_S,
    )
    await ports.plans.put(plan)
    return plan


async def planned(ports: Ports, use: PlanUse, *, sender: str) -> PushRequest:
    """The request of a plan. Raises Problem (404) if it is over, was never made, or is somebody else's."""
    plan = await _plan(ports, use, sender)
    return replace(_from_json(plan.request), plan=use, profile=plan.profile)


def check_same(given: PushRequest, plan: PushRequest, members: Collection[str]) -> None:
    """Check that the members of a body beside `plan` say what the plan says. Raises `Problem("plan_mismatch", 422)`."""
    same = {
        "target": json_form.to_json(given.target) == json_form.to_json(plan.target),
        "message": _text(given.message) == _text(plan.message),
        "strategy": _text(_strategy(given)) == _text(_strategy(plan)),
        "send_at": given.schedule.send_at_s == plan.schedule.send_at_s,
        "repeat": given.schedule.repeat == plan.schedule.repeat,
        "test": given.test == plan.test,
    }
    for member in members:
        if not same[member]:
            raise Problem(
                "plan_mismatch",
                422,
                f"{member} is not what was planned; leave it out to send the plan, or preview the push anew",
                field=member,
            )


async def check_audience(ports: Ports, request: PushRequest, *, sender: str) -> None:
    """Check that those who are meant now are those of the plan, as far as its use asks for it.

    Raises `Problem("audience_changed", 409)` with both figures and who came and went.
    """
    use = request.plan
    if use is None or use.if_changed == "send":
        return
    plan = await _plan(ports, use, sender)
    meant = await limits.bounded(ports, request, sender=sender)
    moved = _moved(plan, await audience.counted(ports, meant.target))
    if moved.share <= use.tolerance:
        return
    raise Problem(
        "audience_changed",
        409,
        f"{moved.planned} terminals were planned, {moved.now} are meant now: more came and went than the tolerance of"
        f' {use.tolerance:g}; preview the push anew, or send it with "if_changed": "send"',
        planned=moved.planned,
        now=moved.now,
        came=_shown(moved.came, max(0, moved.now - moved.planned)),
        went=_shown(moved.went, max(0, moved.planned - moved.now)),
    )


async def _plan(ports: Ports, use: PlanUse, sender: str) -> Plan:
    plan = await ports.plans.get(use.id, at_s=ports.clock.now_s()) if is_position(use.id) else None
    if plan is None or plan.sender != sender:
        raise Problem(
            "plan_not_found",
            404,
            f"there is no plan {use.id[:64]} of yours; plans are kept for an hour, so preview the push anew",
        )
    return plan


def _moved(plan: Plan, now: Audience) -> Moved:
    if plan.terminals is None or now.names is None:
        return Moved(planned=plan.profile.terminals, now=now.terminals, came=None, went=None)
    return Moved(
        planned=len(plan.terminals),
        now=len(now.names),
        came=now.names - plan.terminals,
        went=plan.terminals - now.names,
    )


def _shown(names: Collection[str] | None, net: int) -> dict[str, object]:
    """Some of them by name; without names by how many they are more, which is the least."""
    if names is None:
        return {"terminals": net, "names": None}
    return {"terminals": len(names), "names": sorted(names)[:NAMES_SHOWN]}


def _strategy(request: PushRequest) -> object:
    """What was asked where it goes by a name, which may have another version by now; else what it says."""
    return strategy_form.to_json(request.strategy) if request.wording is None else request.wording


def _text(value: object) -> str:
    """A JSON value written so that two are the same if they mean the same; Python alone holds 1 and true for equal."""
    return json.dumps(value, sort_keys=True)


def _to_json(request: PushRequest) -> dict[str, object]:
    return {
        "target": json_form.to_json(request.target),
        "message": request.message,
        "strategy": strategy_form.to_json(request.strategy),
        "wording": request.wording,
        "test": request.test,
        "schedule": schedule_form.to_json(request.schedule),
    }


def _from_json(value: Mapping[str, object]) -> PushRequest:
    return PushRequest(
        target=json_form.from_json(value["target"], bounds=KEPT),
        message=value["message"],
        strategy=strategy_form.from_json(value["strategy"]),
        schedule=schedule_form.from_json(_object(value["schedule"])),
        test=value["test"] is True,
        wording=value["wording"],
    )


def _object(value: object) -> Mapping[str, object]:
    assert isinstance(value, Mapping)
    return value
