"""`fanfare listen`: be a terminal, and print what arrives."""

from __future__ import annotations

from pathlib import Path

import click

from fanfare.cli.event_lines import content_line, json_line, status_line
from fanfare.cli.identity import AttributeValue, Identity, identity_options, minter
from fanfare.cli.interruption import run
from fanfare.cli.service import Service, service_options
from fanfare.terminal import BEGINNING, Cancel, Event, JsonFile, Push, Refused, Terminal, TokenProvider

EXAMPLES = """
\b
Examples:
  fanfare listen --user alice --group ops --attr os=windows
  fanfare listen --user alice --json | jq -r 'select(.type == "push") .message'
  fanfare listen --user kiosk --terminal lobby-1 --state lobby-1.json
  fanfare listen --url wss://push.example.com/prod --api-url https://api.example.com --token "$TOKEN"
"""
TOKEN_TTL_S = 8 * 3_600


@click.command(epilog=EXAMPLES)
@click.option("--user", help="Who the terminal is; makes a token from the data directory.")
@identity_options
@click.option("--scope", "scopes", multiple=True, metavar="NAME", help="Scope of the token, such as chat; repeatable.")
@click.option("--terminal", "name", metavar="NAME", help="What this terminal calls itself, to be known again.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON line for each frame.")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="Remember in this file how far it came.")
@click.option("--from-beginning", is_flag=True, help="First print all that is still kept.")
@click.option("--read", is_flag=True, help="Ack each push as read once it is printed.")
@click.option("--count", type=click.IntRange(1), help="End after so many pushes.")
@service_options
def command(
    service: Service,
    user: str | None,
    groups: tuple[str, ...],
    attributes: tuple[tuple[str, AttributeValue], ...],
    scopes: tuple[str, ...],
    name: str | None,
    as_json: bool,
    state: Path | None,
    from_beginning: bool,
    read: bool,
    count: int | None,
) -> None:
    """Connect as a terminal and print what arrives, until Ctrl-C.

    Reconnects by itself, and then gets what it missed. Pushes go to standard output, what happens to the
    connection to standard error.
    """
    token = token_of(service, user, groups, dict(attributes), scopes)
    terminal = Terminal(
        _websocket_url(service),
        token=token,
        api_url=service.known_api(),
        name=name,
        since=BEGINNING if from_beginning else None,
        state=None if state is None else JsonFile(state),
        tls=service.tls(),
    )
    try:
        run(_listen(terminal, as_json=as_json, read=read, count=count))
    except Refused as refusal:
        raise click.ClickException(f"the service refuses this terminal: {refusal}") from None
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from None


def token_of(
    service: Service,
    user: str | None,
    groups: tuple[str, ...],
    attributes: dict[str, AttributeValue],
    scopes: tuple[str, ...],
) -> str | TokenProvider:
    """The token given, or a provider that makes one for `user`. Raises click.UsageError if there is neither."""
    if user is None:
        if service.token is None:
            raise click.UsageError("say who the terminal is: --user, or --token, or the variable FANFARE_TOKEN")
        if groups or attributes or scopes:
            raise click.UsageError("--group, --attr and --scope belong to --user; a token brings its own")
        return service.token
    if not service.makes_tokens():
        raise click.UsageError("--user makes a token from a data directory; give --data too, or a --token")
    who = Identity(user=user, groups=groups, attributes=attributes, scopes=scopes)
    make = minter(service.data_dir)
    return lambda: make(who, TOKEN_TTL_S)


def _websocket_url(service: Service) -> str:
    url = service.ws()
    if not url.startswith(("ws://", "wss://")):
        raise click.UsageError(f"--url {url} is not a WebSocket URL; it begins with ws:// or wss://")
    return url


async def _listen(terminal: Terminal, *, as_json: bool, read: bool, count: int | None) -> None:
    shown = 0
    async with terminal:
        async for event in terminal.events():
            _print(event, as_json=as_json)
            if isinstance(event, Push):
                shown += 1
                if read and event.ack is not None:
                    terminal.read(event)
                if shown == count:
                    return
            elif isinstance(event, Cancel):
                terminal.recalled(event.id)


def _print(event: Event, *, as_json: bool) -> None:
    line = json_line(event) if as_json else content_line(event)
    if line is not None:
        click.echo(line)
    if (status := status_line(event)) is not None:
        click.echo(status, err=True)
