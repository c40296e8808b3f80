"""`fanfare terminals`: who is connected."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from fanfare.cli.api import Api
from fanfare.cli.printable import in_a_line
from fanfare.cli.service import Service, service_options
from fanfare.frames import JsonValue

EXAMPLES = """
\b
Examples:
  fanfare terminals
  fanfare terminals --filter 'group:ops and os = windows'
  fanfare terminals --json --limit 1000 | jq -r .user | sort -u
"""
COLUMNS = ("TERMINAL", "USER", "GROUPS", "ATTRIBUTES", "CONNECTED", "HEARD", "PRESENCE")


@click.command(epilog=EXAMPLES)
@click.option("--filter", "target", metavar="TEXT", help="Only those that this target expression names.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with all that is known.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="List at most so many.")
@service_options
def command(service: Service, target: str | None, as_json: bool, limit: int) -> None:
    """List the terminals that are connected now."""
    api = Api(service, ["terminals:read"])
    items = api.items("/v1/terminals", {} if target is None else {"target": target}, most=limit + 1)
    if as_json:
        for number, item in enumerate(items):
            if number < limit:
                click.echo(json.dumps(item, ensure_ascii=False))
        return
    found = list(items)
    if not found:
        click.echo("Nobody is connected." if target is None else "Nobody who is connected matches.")
        return
    for line in table([COLUMNS, *(_row(item) for item in found[:limit])]):
        click.echo(line)
    if len(found) > limit:
        click.echo(f"(the first {limit}; --limit shows more)", err=True)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with aligned columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(item: dict[str, JsonValue]) -> tuple[str, ...]:
    return (
        _shown(item.get("terminal_id")),
        _shown(item.get("user")),
        _shown(item.get("groups")),
        _shown(item.get("attributes")),
        _time(item.get("connected_at")),
        _time(item.get("last_heard_at")),
        _shown(item.get("presence")),
    )


def _shown(value: JsonValue) -> str:
    match value:
        case None:
            return ""
        case list():
            return ",".join(map(_shown, value))
        case dict():
            return ",".join(f"{in_a_line(name)}={_shown(inner)}" for name, inner in value.items())
        case bool():
            return "true" if value else "false"
        case _:
            return in_a_line(str(value))


def _time(value: JsonValue) -> str:
    # To the second: `2026-11-24T07:38:19.250Z` as `2026-11-24 07:38:19Z`.
    text = _shown(value)
    return f"{text[:19].replace('T', ' ')}Z" if text.endswith("Z") else text
