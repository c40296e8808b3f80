"""`fanfare token`: a token for a terminal or a caller of the API."""

from __future__ import annotations

from pathlib import Path

import click

from fanfare.cli.data_directory import data_option
from fanfare.cli.durations import duration
from fanfare.cli.identity import AttributeValue, Identity, identity_options, minter

EXAMPLES = """
\b
Examples:
  fanfare token --user alice --group ops --attr os=windows
  fanfare token --user kiosk --terminal lobby-1 --ttl 30d
  TOKEN=$(fanfare token --user admin --scope push:send --scope terminals:read)
  fanfare listen --url wss://push.example.com/local --token "$TOKEN"
"""


@click.command(epilog=EXAMPLES)
@click.option("--user", required=True, help="Whom the token is for: its `sub`.")
@identity_options
@click.option("--scope", "scopes", multiple=True, metavar="NAME", help="What it may do, such as push:send; repeatable.")
@click.option("--terminal", metavar="ID", help="Ties the token to one terminal of this id.")
@click.option(
    "--ttl", default="1h", show_default=True, type=duration, help="How long it is good for: 90s, 15m, 8h, 2d."
)
@data_option("Data directory of the service; its secrets sign the token.")
def command(
    user: str,
    groups: tuple[str, ...],
    attributes: tuple[tuple[str, AttributeValue], ...],
    scopes: tuple[str, ...],
    terminal: str | None,
    ttl: int,
    data_dir: Path,
) -> None:
    """Make a token of the service's own issuer and print it, nothing else.

    The service need not run. Scopes are for callers of the REST API (push:send, push:read, push:approve,
    terminals:read, terminals:manage, strategies:write, senders:write, audit:read) and for the chat (chat); a terminal
    needs none.
    """
    identity = Identity(user=user, groups=groups, attributes=dict(attributes), scopes=scopes, terminal=terminal)
    click.echo(minter(data_dir)(identity, ttl))
