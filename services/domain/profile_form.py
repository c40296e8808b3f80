"""The profile of a push's audience in JSON, as it is kept with the push."""

from __future__ import annotations

from collections.abc import Mapping

from services.domain.pushes import Profile


def to_json(profile: Profile) -> dict[str, object]:
    """The profile as a JSON object; `from_json` reads it back."""
    written: dict[str, object] = {"terminals": profile.terminals, "away": profile.away, "exact": profile.exact}
    if profile.by_timezone:
        written["by_timezone"] = dict(profile.by_timezone)
    return written


def from_json(value: Mapping[str, object]) -> Profile:
    """The profile that `to_json` wrote."""
    by_timezone = value.get("by_timezone", {})
    assert isinstance(by_timezone, Mapping)
    return Profile(
        terminals=int(str(value["terminals"])),
        away=int(str(value["away"])),
        exact=value["exact"] is True,
        by_timezone={str(zone): int(terminals) for zone, terminals in by_timezone.items()},
    )
