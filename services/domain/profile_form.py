"""The profile of a push's audience in JSON, as it is kept with the push."""

from __future__ import annotations

from collections.abc import Mapping

from services.domain.pushes import Planned, Profile
from services.domain.targets import flow_form


def to_json(profile: Profile) -> dict[str, object]:
    """The profile as a JSON object; `from_json` reads it back."""
    written: dict[str, object] = {"terminals": profile.terminals, "away": profile.away, "exact": profile.exact}
    if profile.by_timezone:
        written["by_timezone"] = dict(profile.by_timezone)
    if profile.planned is not None:
        written["planned"] = _planned_to_json(profile.planned)
    return written


def from_json(value: Mapping[str, object]) -> Profile:
    """The profile that `to_json` wrote."""
    by_timezone, planned = value.get("by_timezone", {}), value.get("planned")
    assert isinstance(by_timezone, Mapping)
    assert planned is None or isinstance(planned, Mapping)
    return Profile(
        terminals=int(str(value["terminals"])),
        away=int(str(value["away"])),
        exact=value["exact"] is True,
        by_timezone={str(zone): int(terminals) for zone, terminals in by_timezone.items()},
        planned=None if planned is None else _planned_from_json(planned),
    )


def _planned_to_json(planned: Planned) -> dict[str, object]:
    written: dict[str, object] = {"connections": planned.connections, "users": planned.users}
    if planned.flow is not None:
        written["flow"] = flow_form.to_json(planned.flow)
    return written


def _planned_from_json(value: Mapping[str, object]) -> Planned:
    flow = value.get("flow")
    assert flow is None or isinstance(flow, Mapping)
    return Planned(
        connections=int(str(value["connections"])),
        users=int(str(value["users"])),
        flow=None if flow is None else flow_form.from_json(flow),
    )
