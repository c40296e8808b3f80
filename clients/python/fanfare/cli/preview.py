"""A preview as people read it: whom a push would reach, when and how fast, what to mind, and how to send just that."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence

from fanfare.cli.picture import lane_lines, mark_lines, members_of, objects
from fanfare.cli.table import moment, shown
from fanfare.frames import JsonValue

MOST_VALUES = 8
"""Most groups, and most values of an attribute, in a line."""


def in_words(preview: Mapping[str, JsonValue], service_options: Sequence[str]) -> str:
    """The lines; `service_options` are the options of the command that sends the plan."""
    audience = members_of(preview.get("audience"))
    away = audience.get("away")
    lines = [
        f"Would reach {shown(audience.get('connections'))} connections: {shown(audience.get('terminals'))} terminals of"
        f" {shown(audience.get('users'))} users.{'' if away is None else f' Away: {shown(away)}.'}"
    ]
    groups = members_of(audience.get("by_group"))
    if groups:
        lines.append("By group: " + _first([f"{name} {shown(count)}" for name, count in groups.items()]))
    for name, values in members_of(audience.get("by_attribute")).items():
        counted = [f"{shown(value.get('value'))} {shown(value.get('connections'))}" for value in objects(values)]
        if counted:
            lines.append(f"By {shown(name)}: {_first(counted)}")
    runs = preview.get("next_runs")
    if isinstance(runs, list) and runs:
        lines.append(f"Runs at {', '.join(map(moment, runs))}")
    if preview.get("timeline") is not None:
        lines += ["", *lane_lines(preview["timeline"])]
        if marks := mark_lines(preview["timeline"]):
            lines += ["", *marks]
    if preview.get("cost") is not None:
        lines += ["", f"Cost on AWS: {_cost(members_of(preview['cost']))}"]
    warnings = preview.get("warnings")
    for warning in warnings if isinstance(warnings, list) else []:
        lines.append(f"Warning: {shown(warning.get('detail') if isinstance(warning, dict) else warning)}")
    plan = members_of(preview.get("plan"))
    if plan:
        command = shlex.join(["fanfare", "push", *service_options, "--plan", shown(plan.get("id"))])
        lines += ["", f"To send just this, until {moment(plan.get('expires_at'))}:", f"  {command}"]
    return "\n".join(lines)


def _first(entries: Sequence[str]) -> str:
    more = len(entries) - MOST_VALUES
    return ", ".join(entries[:MOST_VALUES]) + (f" and {more} more" if more > 0 else "")


def _cost(cost: Mapping[str, JsonValue]) -> str:
    """The estimate; docs/operations-aws.md says what it goes by."""
    usd, most_usd = _dollars(cost.get("usd")), _dollars(cost.get("most_usd"))
    return f"about {usd}" if most_usd in ("", usd) else f"about {usd}, {most_usd} at most"


def _dollars(value: JsonValue) -> str:
    """To two digits that say something: $0.00018, $12, $1,200."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return shown(value)
    if value >= 10:
        return f"${value:,.0f}"
    return f"${value:.{max(2, 1 - math.floor(math.log10(value)))}f}" if value > 0 else "$0"
