"""`fanfare explain`: why a terminal got a push, or did not."""

from __future__ import annotations

import json

import click

from fanfare.cli.api import Api, segment
from fanfare.cli.picture import objects
from fanfare.cli.service import Service, caller_options
from fanfare.cli.table import shown, table

EXAMPLES = """
\b
Examples:
  fanfare explain 019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10 --user alice
  fanfare explain 019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10 --terminal alice/till-4
"""


@click.command(epilog=EXAMPLES)
@click.argument("push_id", metavar="PUSH")
@click.option("--terminal", metavar="ID", help="Of this terminal, by its terminal id.")
@click.option("--user", metavar="ID", help="Of this user's terminals.")
@click.option("--json", "as_json", is_flag=True, help="The answer as a JSON object.")
@caller_options
def command(service: Service, push_id: str, terminal: str | None, user: str | None, as_json: bool) -> None:
    """Say step by step why a terminal or a user got PUSH, or why not."""
    if (terminal is None) == (user is None):
        raise click.UsageError("say of whom: --terminal or --user")
    whom = {"terminal": terminal} if terminal is not None else {"user": user or ""}
    api = Api(service, ["push:read", "terminals:read"])
    answer = api.call("GET", f"/v1/pushes/{segment(push_id)}/explain", query={**whom})
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    # Of a user it is the terminal that connected last, if any is known.
    who = shown(answer.get("terminal_id")) or terminal or user
    click.echo(f"{who}: {shown(answer.get('answer')).replace('_', ' ')}")
    steps = objects(answer.get("steps"))
    rows = [tuple(shown(step.get(member)) for member in ("step", "outcome", "text")) for step in steps]
    for line in table(rows) if rows else []:
        click.echo(f"  {line}")
    others = answer.get("others")
    if isinstance(others, list) and others:
        click.echo(f"Their other terminals: {', '.join(map(shown, others))}")
