"""`fanfare terminals`: who is connected, and who was here and is not now."""

from __future__ import annotations

import json

import click

from fanfare.cli.api import Api
from fanfare.cli.service import Service, caller_options
from fanfare.cli.table import moment, shown, table
from fanfare.frames import JsonValue

EXAMPLES = """
\b
Examples:
  fanfare terminals
  fanfare terminals --filter 'group:ops and os = windows'
  fanfare terminals --away --filter group:ops
  fanfare terminals --json --limit 1000 | jq -r .user | sort -u
"""
COLUMNS = ("TERMINAL", "USER", "GROUPS", "ATTRIBUTES", "CONNECTED", "HEARD", "PRESENCE")
AWAY_COLUMNS = ("TERMINAL", "USER", "GROUPS", "ATTRIBUTES", "LAST SEEN")


@click.command(epilog=EXAMPLES)
@click.option("--filter", "target", metavar="TEXT", help="Only those that this target expression names.")
@click.option("--away", is_flag=True, help="Those that were here lately and are not now.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with all that is known.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="List at most so many.")
@caller_options
def command(service: Service, target: str | None, away: bool, as_json: bool, limit: int) -> None:
    """List the terminals that are connected now, or those that are away."""
    api = Api(service, ["terminals:read"])
    path = "/v1/terminals/away" if away else "/v1/terminals"
    items = api.items(path, {} if target is None else {"target": target}, most=limit + 1)
    if as_json:
        for number, item in enumerate(items):
            if number < limit:
                click.echo(json.dumps(item, ensure_ascii=False))
        return
    found = list(items)
    if not found:
        who = "who is away" if away else "who is connected"
        click.echo(f"Nobody {who} matches." if target is not None else f"Nobody is {who.removeprefix('who is ')}.")
        return
    rows = [AWAY_COLUMNS, *map(_away_row, found[:limit])] if away else [COLUMNS, *map(_row, found[:limit])]
    for line in table(rows):
        click.echo(line)
    if len(found) > limit:
        click.echo(f"(the first {limit}; --limit shows more)", err=True)


def _row(item: dict[str, JsonValue]) -> tuple[str, ...]:
    return (
        *_who(item),
        moment(item.get("connected_at")),
        moment(item.get("last_heard_at")),
        shown(item.get("presence")),
    )


def _away_row(item: dict[str, JsonValue]) -> tuple[str, ...]:
    return (*_who(item), moment(item.get("last_seen_at")))


def _who(item: dict[str, JsonValue]) -> tuple[str, ...]:
    return tuple(shown(item.get(member)) for member in ("terminal_id", "user", "groups", "attributes"))
