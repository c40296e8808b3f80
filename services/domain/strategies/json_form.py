"""Strategies in JSON, as callers send them and as they are kept (design, section 5)."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from services.domain import durations, names, time_zones
from services.domain.problems import Problem
from services.domain.strategies.strategy import (
    DEFAULT,
    MAX_ACK_WITHIN_S,
    MAX_EXPIRES_IN_S,
    MAX_PER_SECOND,
    MAX_RESENDS,
    MAX_RETAIN_S,
    MAX_THEN_WAIT_S,
    MAX_WAVES,
    MIN_PER_SECOND,
    Ack,
    Escalation,
    HaltIf,
    Pace,
    Ramp,
    Strategy,
    Wave,
    Window,
)
from services.domain.targets import json_form as target_form
from services.domain.targets import text_form

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OF_AN_ATTRIBUTE: Final = "attr:"
"""`attr:tz` in the place of a time zone: the one that the terminal's attribute `tz` names."""
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_MEMBERS: Final = frozenset(
    [
        "name",
        "version",
        "retain",
        "expires_in",
        "receipts",
        "collapse_key",
        "priority",
        "window",
        "pace",
        "waves",
        "ack",
        "replay",
    ]
)


def from_json(value: object, *, over: Strategy = DEFAULT, field: str = "strategy") -> Strategy:
    """The strategy written as a JSON object; absent members are those of `over`, and null is the default.

    Raises `Problem("invalid_strategy" | "invalid_duration" | "invalid_name" | "invalid_target", 422)` that names the
    member in `field`.
    """
    members = _object(value, field, _MEMBERS)
    read: dict[str, object] = {}
    for member, given in members.items():
        name, meant = _member(member, given, f"{field}.{member}")
        read[name] = meant
    strategy = replace(over, **read)  # type: ignore[arg-type]  # each reader below gives what its member holds
    _check_together(strategy, field)
    return strategy


def to_json(strategy: Strategy) -> dict[str, object]:
    """The strategy as a JSON object with the members that it has; `from_json` reads it back."""
    written: dict[str, object] = {"retain": durations.text(strategy.retain_s), "receipts": strategy.receipts}
    if strategy.name is not None:
        written["name"] = strategy.name
    if strategy.version is not None:
        written["version"] = strategy.version
    if strategy.expires_in_s is not None:
        written["expires_in"] = durations.text(strategy.expires_in_s)
    if strategy.collapse_key is not None:
        written["collapse_key"] = strategy.collapse_key
    if strategy.priority != DEFAULT.priority:
        written["priority"] = strategy.priority
    if strategy.window is not None:
        written["window"] = window_json(strategy.window)
    if strategy.pace is not None:
        written["pace"] = _pace_json(strategy.pace)
    if strategy.waves:
        written["waves"] = [_wave_json(wave) for wave in strategy.waves]
    if strategy.ack is not None:
        written["ack"] = _ack_json(strategy.ack)
    if strategy.replay != DEFAULT.replay:
        written["replay"] = strategy.replay
    return written


def window_json(window: Window) -> dict[str, object]:
    """The member `window`."""
    written: dict[str, object] = {
        "timezone": window.timezone if window.attribute is None else f"{OF_AN_ATTRIBUTE}{window.attribute}",
        "days": [DAYS[day] for day in sorted(window.days)],
        "from": _time(window.from_minute),
        "to": _time(window.to_minute),
        "outside": window.outside,
    }
    if window.attribute is not None:
        written["otherwise"] = window.timezone
    return written


def checked_timezone(value: object, field: str) -> str:
    """An IANA time zone's name. Raises Problem (422)."""
    if isinstance(value, str) and time_zones.is_known(value):
        return value
    raise _refusal(field, 'must be an IANA time zone such as "Asia/Tokyo"')


def _member(member: str, value: object, field: str) -> tuple[str, object]:
    """The attribute of `Strategy` that a member is for, and its value there."""
    match member:
        case "retain":
            return "retain_s", DEFAULT.retain_s if value is None else durations.parse_s(
                value, field, most_s=MAX_RETAIN_S
            )
        case "expires_in":
            return "expires_in_s", None if value is None else durations.parse_s(
                value, field, least_s=1, most_s=MAX_EXPIRES_IN_S
            )
        case "name" | "collapse_key":
            return member, None if value is None else names.checked(value, field)
        case "version":
            return member, None if value is None else int(_number(value, field, least=1, most=1 << 31, whole=True))
        case "receipts":
            return member, _one_of(value, ("none", "each"), field, DEFAULT.receipts)
        case "priority":
            return member, _one_of(value, ("normal", "urgent"), field, DEFAULT.priority)
        case "replay":
            return member, _one_of(value, ("missed", "latest", "none"), field, DEFAULT.replay)
        case "window":
            return member, None if value is None else _window(value, field)
        case "pace":
            return member, None if value is None else _pace(value, field)
        case "waves":
            return member, () if value is None else _waves(value, field)
        case _:
            return "ack", None if value is None else _ack(value, field)


def _check_together(strategy: Strategy, field: str) -> None:
    if strategy.replay == "latest" and strategy.collapse_key is None and strategy.name is None:
        raise _refusal(
            f"{field}.replay", '"latest" needs a collapse_key or a name, which say of which pushes it is the latest'
        )


def _window(value: object, field: str) -> Window:
    members = _object(value, field, frozenset({"timezone", "otherwise", "days", "from", "to", "outside"}))
    timezone = members.get("timezone", "UTC")
    attribute: str | None = None
    if isinstance(timezone, str) and timezone.startswith(OF_AN_ATTRIBUTE):
        attribute = names.checked(timezone.removeprefix(OF_AN_ATTRIBUTE), f"{field}.timezone")
        zone = checked_timezone(members.get("otherwise", "UTC"), f"{field}.otherwise")
    elif "otherwise" in members:
        raise _refusal(f"{field}.otherwise", 'goes with "timezone": "attr:<name>" only')
    else:
        zone = checked_timezone(timezone, f"{field}.timezone")
    return Window(
        timezone=zone,
        attribute=attribute,
        days=_days(members.get("days", list(DAYS)), f"{field}.days"),
        from_minute=_minute(members.get("from", "00:00"), f"{field}.from", latest=1_439),
        to_minute=_minute(members.get("to", "24:00"), f"{field}.to", latest=1_440),
        outside="drop"
        if _one_of(members.get("outside"), ("wait", "drop"), f"{field}.outside", "wait") == "drop"
        else "wait",
    )


def _days(value: object, field: str) -> frozenset[int]:
    days = [DAYS.index(day) for day in value if day in DAYS] if isinstance(value, list) else []
    if not isinstance(value, list) or not days or len(days) != len(value):
        raise _refusal(field, f"must be a list of {', '.join(DAYS)}")
    return frozenset(days)


def _minute(value: object, field: str, *, latest: int) -> int:
    if not isinstance(value, str) or _TIME.fullmatch(value) is None:
        raise _refusal(field, 'must be a time of day such as "09:00"')
    minute = int(value[:2]) * 60 + int(value[3:])
    if minute > latest:
        raise _refusal(field, 'must be from "00:00" to "23:59"')
    return minute


def _pace(value: object, field: str) -> Pace:
    members = _object(value, field, frozenset({"per_second", "ramp"}), needed=("per_second",))
    per_second = _number(members["per_second"], f"{field}.per_second", least=MIN_PER_SECOND, most=MAX_PER_SECOND)
    ramp = members.get("ramp")
    return Pace(per_second=per_second, ramp=None if ramp is None else _ramp(ramp, f"{field}.ramp", per_second))


def _ramp(value: object, field: str, per_second: float) -> Ramp:
    needed = ("from_per_second", "multiply_by", "each")
    members = _object(value, field, frozenset(needed), needed=needed)
    return Ramp(
        from_per_second=_number(
            members["from_per_second"], f"{field}.from_per_second", least=MIN_PER_SECOND, most=per_second
        ),
        multiply_by=_number(members["multiply_by"], f"{field}.multiply_by", least=1.01, most=1_000),
        each=int(_number(members["each"], f"{field}.each", least=1, most=10_000_000, whole=True)),
    )


def _waves(value: object, field: str) -> tuple[Wave, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_WAVES:
        raise _refusal(field, f"must be a list of 1 to {MAX_WAVES} waves")
    waves = tuple(_wave(wave, f"{field}.{number}") for number, wave in enumerate(value))
    for number, (before, after) in enumerate(itertools.pairwise(waves), start=1):
        if after.percent <= before.percent:
            raise _refusal(
                f"{field}.{number}.percent", "must be more than that of the wave before: it counts all who had it"
            )
    if waves[-1].percent != 100:
        raise _refusal(f"{field}.{len(waves) - 1}.percent", "of the last wave must be 100")
    return waves


def _wave(value: object, field: str) -> Wave:
    members = _object(value, field, frozenset({"percent", "then_wait", "halt_if"}), needed=("percent",))
    halt_if = members.get("halt_if")
    return Wave(
        percent=_number(members["percent"], f"{field}.percent", least=0.01, most=100),
        then_wait_s=durations.parse_s(members.get("then_wait", 0), f"{field}.then_wait", most_s=MAX_THEN_WAIT_S),
        halt_if=None if halt_if is None else _halt_if(halt_if, f"{field}.halt_if"),
    )


def _halt_if(value: object, field: str) -> HaltIf:
    members = _object(value, field, frozenset({"failed_over", "gone_over", "at_least"}))
    shares = {
        name: None if members.get(name) is None else _number(members[name], f"{field}.{name}", least=0, most=1)
        for name in ("failed_over", "gone_over")
    }
    if shares["failed_over"] is None and shares["gone_over"] is None:
        raise _refusal(field, "must have failed_over or gone_over, a share from 0 to 1")
    at_least = _number(members.get("at_least", 1), f"{field}.at_least", least=1, most=1_000_000, whole=True)
    return HaltIf(failed_over=shares["failed_over"], gone_over=shares["gone_over"], at_least=int(at_least))


def _ack(value: object, field: str) -> Ack:
    members = _object(
        value, field, frozenset({"need", "within", "resend", "once_per_user", "escalate"}), needed=("need",)
    )
    within, escalate = members.get("within"), members.get("escalate")
    resend = int(_number(members.get("resend", 0), f"{field}.resend", least=0, most=MAX_RESENDS, whole=True))
    if within is None and (resend or escalate is not None):
        raise _refusal(f"{field}.within", "is needed to resend or to escalate: how long to wait for it")
    once_per_user = members.get("once_per_user", False)
    if not isinstance(once_per_user, bool):
        raise _refusal(f"{field}.once_per_user", "must be true or false")
    need = "read" if _one_of(members["need"], ("received", "read"), f"{field}.need", None) == "read" else "received"
    if once_per_user and need != "read":
        raise _refusal(f"{field}.once_per_user", 'goes with "need": "read" only: a person reads, a terminal receives')
    return Ack(
        need="read" if need == "read" else "received",
        within_s=None
        if within is None
        else durations.parse_s(within, f"{field}.within", least_s=1, most_s=MAX_ACK_WITHIN_S),
        resend=resend,
        once_per_user=once_per_user,
        escalate=None if escalate is None else _escalation(escalate, f"{field}.escalate"),
    )


def _escalation(value: object, field: str) -> Escalation:
    members = _object(value, field, frozenset({"target", "message"}), needed=("target", "message"))
    return Escalation(target=target_form.to_json(text_form.read(members["target"])), message=members["message"])


def _pace_json(pace: Pace) -> dict[str, object]:
    written: dict[str, object] = {"per_second": pace.per_second}
    if pace.ramp is not None:
        written["ramp"] = {
            "from_per_second": pace.ramp.from_per_second,
            "multiply_by": pace.ramp.multiply_by,
            "each": pace.ramp.each,
        }
    return written


def _wave_json(wave: Wave) -> dict[str, object]:
    written: dict[str, object] = {"percent": wave.percent}
    if wave.then_wait_s:
        written["then_wait"] = durations.text(wave.then_wait_s)
    if wave.halt_if is not None:
        shares = {"failed_over": wave.halt_if.failed_over, "gone_over": wave.halt_if.gone_over}
        written["halt_if"] = {
            **{name: share for name, share in shares.items() if share is not None},
            "at_least": wave.halt_if.at_least,
        }
    return written


def _ack_json(ack: Ack) -> dict[str, object]:
    written: dict[str, object] = {"need": ack.need}
    if ack.within_s is not None:
        written["within"] = durations.text(ack.within_s)
    if ack.resend:
        written["resend"] = ack.resend
    if ack.once_per_user:
        written["once_per_user"] = True
    if ack.escalate is not None:
        written["escalate"] = {"target": dict(ack.escalate.target), "message": ack.escalate.message}
    return written


def _time(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _object(value: object, field: str, known: frozenset[str], *, needed: tuple[str, ...] = ()) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise _refusal(field, "must be an object")
    for member in value:
        if member not in known:
            shown = str(member)[:64].encode("utf-8", "replace").decode()
            raise _refusal(f"{field}.{shown}", f"is unknown; {field} has {', '.join(sorted(known))}")
    for member in needed:
        if member not in value:
            raise _refusal(f"{field}.{member}", "is missing")
    return value


def _number(value: object, field: str, *, least: float, most: float, whole: bool = False) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if is_number and isinstance(value, int | float) and least <= value <= most and (not whole or value == int(value)):
        return value
    raise _refusal(field, f"must be a {'whole ' if whole else ''}number from {least:g} to {most:g}")


def _one_of(value: object, known: tuple[str, ...], field: str, default: str | None) -> str:
    if value is None and default is not None:
        return default
    if isinstance(value, str) and value in known:
        return value
    shown = " or ".join(json.dumps(one) for one in known)
    raise _refusal(field, f"must be {shown}")


def _refusal(field: str, fault: str) -> Problem:
    return Problem("invalid_strategy", 422, f"{field} {fault}", field=field)
