"""`fanfare strategies`: policies for sending, kept by name."""

from __future__ import annotations

import json
from typing import TextIO

import click

from fanfare.cli.api import Api, segment
from fanfare.cli.picture import members_of
from fanfare.cli.request import object_in
from fanfare.cli.service import Service, caller_options
from fanfare.cli.table import moment, shown, table
from fanfare.frames import JsonValue

EXAMPLES = """
\b
Examples:
  fanfare strategies list
  fanfare strategies show staged-rollout
  fanfare strategies show must-read | jq '.retain = "3d"' | fanfare strategies put must-read-3d
  fanfare strategies put night-shift night-shift.json
  fanfare strategies versions night-shift
  fanfare push --group ops --strategy night-shift 'Door 4 is open'
"""
READ = ["push:read"]
WRITE = ["strategies:write", "push:read"]
LIST_COLUMNS = ("NAME", "VERSION", "BY", "AT", "STRATEGY")
VERSION_COLUMNS = ("VERSION", "BY", "AT", "STRATEGY")
_OF_THE_NAME = frozenset({"name", "version"})
"""Members that say which strategy it is, not what it does: `put` takes them from elsewhere."""


@click.group(epilog=EXAMPLES)
def command() -> None:
    """Keep, show and delete strategies: when, how fast, who next, and what becomes of those who are away."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--limit", default=500, show_default=True, type=click.IntRange(1), help="List at most so many.")
@caller_options
def list_them(service: Service, as_json: bool, limit: int) -> None:
    """List those that are built in and those that are kept."""
    items = list(Api(service, READ).items("/v1/strategies", {}, most=limit))
    if as_json:
        for item in items:
            click.echo(json.dumps(item, ensure_ascii=False))
        return
    rows = [
        (
            shown(item.get("name")),
            "built in" if item.get("built_in") is True else shown(item.get("version")),
            shown(item.get("by")),
            moment(item.get("at")),
            _written(item),
        )
        for item in items
    ]
    for line in table([LIST_COLUMNS, *rows]):
        click.echo(line)


@command.command()
@click.argument("name")
@caller_options
def show(service: Service, name: str) -> None:
    """Print a strategy as JSON, as `put` takes it."""
    answer = Api(service, READ).call("GET", f"/v1/strategies/{segment(name)}")
    click.echo(json.dumps(_policy(answer), ensure_ascii=False, indent=2))


@command.command()
@click.argument("name")
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
@caller_options
def put(service: Service, name: str, file: TextIO) -> None:
    """Keep the strategy in FILE, a JSON object, as the next version of NAME; without FILE, that in standard input."""
    answer = Api(service, WRITE).call(
        "PUT", f"/v1/strategies/{segment(name)}", body=object_in(file.read(), getattr(file, "name", "the strategy"))
    )
    click.echo(f"{shown(answer.get('name'))} version {shown(answer.get('version'))}")


@command.command()
@click.argument("name")
@caller_options
def delete(service: Service, name: str) -> None:
    """Take NAME out of use. Pushes keep what they were sent with."""
    Api(service, WRITE).call("DELETE", f"/v1/strategies/{segment(name)}")
    click.echo(f"{name} deleted")


@command.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="List at most so many.")
@caller_options
def versions(service: Service, name: str, as_json: bool, limit: int) -> None:
    """List what NAME has been, newest first."""
    items = list(Api(service, READ).items(f"/v1/strategies/{segment(name)}/versions", {}, most=limit))
    if as_json:
        for item in items:
            click.echo(json.dumps(item, ensure_ascii=False))
        return
    for line in table([VERSION_COLUMNS, *map(_version_row, items)]):
        click.echo(line)


def _version_row(item: dict[str, JsonValue]) -> tuple[str, ...]:
    return shown(item.get("version")), shown(item.get("by")), moment(item.get("at")), _written(item)


def _written(item: dict[str, JsonValue]) -> str:
    """What a strategy says, on one line."""
    return json.dumps(_policy(item), ensure_ascii=False)


def _policy(item: dict[str, JsonValue]) -> dict[str, JsonValue]:
    strategy = members_of(item.get("strategy"))
    return {name: strategy[name] for name in strategy if name not in _OF_THE_NAME}
