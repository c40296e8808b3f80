"""`fanfare senders`: what a caller of the API may reach, how often, and how many at once."""

from __future__ import annotations

import json

import click

from fanfare.cli.api import Api, segment
from fanfare.cli.request import object_in
from fanfare.cli.service import Service, caller_options
from fanfare.cli.table import moment, shown, table
from fanfare.frames import JsonValue

EXAMPLES = """
\b
Examples:
  fanfare senders put print-service --targets 'group:ops and os = windows' --per-minute 10
  fanfare senders put intern --max-terminals 50
  fanfare senders put editor --approve-over 100
  fanfare senders list
  fanfare senders delete intern
"""
READ = ["senders:write"]
WRITE = ["senders:write"]
COLUMNS = ("SENDER", "TARGETS", "PER MINUTE", "MAX TERMINALS", "APPROVE OVER", "BY", "AT")


@click.group(epilog=EXAMPLES)
def command() -> None:
    """Hold senders to a target, a rate and a largest audience. Who is not listed is held to nothing."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="List at most so many.")
@caller_options
def list_them(service: Service, as_json: bool, limit: int) -> None:
    """List senders that are held to something."""
    items = list(Api(service, READ).items("/v1/senders", {}, most=limit))
    if as_json:
        for item in items:
            click.echo(json.dumps(item, ensure_ascii=False))
        return
    if not items:
        click.echo("No sender is held to anything.")
        return
    for line in table([COLUMNS, *map(_row, items)]):
        click.echo(line)


@command.command()
@click.argument("sender", metavar="SENDER")
@caller_options
def show(service: Service, sender: str) -> None:
    """Print what SENDER is held to, as JSON."""
    answer = Api(service, READ).call("GET", f"/v1/senders/{segment(sender)}")
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


@command.command()
@click.argument("sender", metavar="SENDER")
@click.option("--targets", metavar="TEXT", help="Reaches only those of its targets who are also these.")
@click.option("--per-minute", type=click.IntRange(1), help="Pushes a minute, at most.")
@click.option("--max-terminals", type=click.IntRange(0), help="Terminals that one push may be for, at most.")
@click.option("--approve-over", type=click.IntRange(0), help="For more terminals, a second person must approve.")
@caller_options
def put(
    service: Service,
    sender: str,
    targets: str | None,
    per_minute: int | None,
    max_terminals: int | None,
    approve_over: int | None,
) -> None:
    """Hold SENDER, the `sub` of its token, to these limits, and to no others."""
    limits: dict[str, JsonValue] = {
        name: value
        for name, value in {
            "targets": _target(targets),
            "per_minute": per_minute,
            "max_terminals": max_terminals,
            "approve_over": approve_over,
        }.items()
        if value is not None
    }
    if not limits:
        raise click.UsageError("say at least one limit; `fanfare senders delete` takes them all away")
    Api(service, WRITE).call("PUT", f"/v1/senders/{segment(sender)}", body=limits)
    click.echo(f"{sender} is held to {json.dumps(limits, ensure_ascii=False)}")


@command.command()
@click.argument("sender", metavar="SENDER")
@caller_options
def delete(service: Service, sender: str) -> None:
    """Hold SENDER to nothing any more."""
    Api(service, WRITE).call("DELETE", f"/v1/senders/{segment(sender)}")
    click.echo(f"{sender} is held to nothing")


def _target(text: str | None) -> JsonValue:
    return object_in(text, "--targets") if text is not None and text.lstrip().startswith("{") else text


def _row(item: dict[str, JsonValue]) -> tuple[str, ...]:
    targets = item.get("targets")
    return (
        shown(item.get("sender") or item.get("sub")),
        "" if targets is None else json.dumps(targets, ensure_ascii=False),
        *(shown(item.get(member)) for member in ("per_minute", "max_terminals", "approve_over", "by")),
        moment(item.get("at")),
    )
