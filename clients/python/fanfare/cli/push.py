"""`fanfare push`: send a message to those it is for."""

from __future__ import annotations

import json
import sys

import click

from fanfare.cli.api import Api
from fanfare.cli.service import Service, service_options
from fanfare.frames import JsonValue

EXAMPLES = """
\b
Examples:
  fanfare push --user alice 'Your call at ten is off'
  fanfare push --target 'group:ops and os = windows and not user:bob' 'Printer 4 is back'
  fanfare push --group ops --json '{"title": "Deploy", "level": "info"}' --expires-in 10m
  fanfare push --all --preview 'Lunch is served'
  fanfare push --all - < notice.txt
"""


@click.command(epilog=EXAMPLES)
@click.option("--target", metavar="TEXT", help="Who it is for, as an expression; JSON works too.")
@click.option("--user", "users", multiple=True, metavar="ID", help="Send to this user; repeatable.")
@click.option("--group", "groups", multiple=True, metavar="NAME", help="Send to this group; repeatable.")
@click.option("--all", "everyone", is_flag=True, help="Send to everyone.")
@click.option("--json", "is_json", is_flag=True, help="MESSAGE is JSON; without this it is sent as text.")
@click.option("--retain", metavar="DURATION", help="How long terminals that are away can still get it.")
@click.option("--expires-in", metavar="DURATION", help="After this long it is not delivered any more.")
@click.option("--strategy", "strategy_text", metavar="JSON", help="Strategy as a JSON object, or the name of one.")
@click.option("--idempotency-key", metavar="KEY", help="Sent again with the same key, it is one push.")
@click.option("--preview", is_flag=True, help="Say whom it would reach, and send nothing.")
@click.argument("message")
@service_options
def command(
    service: Service,
    target: str | None,
    users: tuple[str, ...],
    groups: tuple[str, ...],
    everyone: bool,
    is_json: bool,
    retain: str | None,
    expires_in: str | None,
    strategy_text: str | None,
    idempotency_key: str | None,
    preview: bool,
    message: str,
) -> None:
    """Send MESSAGE (- reads it from standard input); prints the push's id and state.

    Several --user and --group reach whoever is any of them.
    """
    body: dict[str, JsonValue] = {
        "target": target_of(target, users=users, groups=groups, everyone=everyone),
        "message": message_of(sys.stdin.read() if message == "-" else message, is_json=is_json),
    }
    strategy = strategy_of(strategy_text, retain=retain, expires_in=expires_in)
    if strategy:
        body["strategy"] = strategy
    api = Api(service, ["push:send", "push:read"])
    if preview:
        click.echo(preview_in_words(api.call("POST", "/v1/pushes/preview", body=body)))
        return
    headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
    answer = api.call("POST", "/v1/pushes", body=body, headers=headers)
    click.echo(f"{answer.get('id')} {answer.get('state')}")


def target_of(text: str | None, *, users: tuple[str, ...], groups: tuple[str, ...], everyone: bool) -> JsonValue:
    """The target that the options name. Raises click.UsageError if they name none, or contradict each other."""
    if sum((text is not None, bool(users or groups), everyone)) != 1:
        raise click.UsageError("say whom it is for, in one way: --target, or --user and --group, or --all")
    if everyone:
        return {"all": True}
    if text is not None:
        return _object_in(text, "--target") if text.lstrip().startswith("{") else text
    parts: list[JsonValue] = []
    if users:
        parts.append({"users": [*users]})
    if groups:
        parts.append({"groups": [*groups]})
    return parts[0] if len(parts) == 1 else {"any": parts}


def message_of(text: str, *, is_json: bool) -> JsonValue:
    """The message that was typed. Raises click.UsageError if it should be JSON and is not."""
    if not is_json:
        return text
    try:
        value: JsonValue = json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"MESSAGE is not JSON: {error}") from None
    return value


def strategy_of(text: str | None, *, retain: str | None, expires_in: str | None) -> dict[str, JsonValue]:
    """The strategy that the options add up to; empty is the default one."""
    strategy: dict[str, JsonValue] = {}
    if text is not None:
        strategy = _object_in(text, "--strategy") if text.lstrip().startswith("{") else {"name": text}
    if retain is not None:
        strategy["retain"] = retain
    if expires_in is not None:
        strategy["expires_in"] = expires_in
    return strategy


def _object_in(text: str, option: str) -> dict[str, JsonValue]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"{option} is not JSON: {error}") from None
    assert isinstance(value, dict)
    return value


def preview_in_words(document: dict[str, JsonValue]) -> str:
    """Whom a push would reach, as people read it."""
    audience = document.get("audience")
    figures = audience if isinstance(audience, dict) else {}
    away = f" Away: {figures['away']}." if "away" in figures else ""
    lines = [
        f"Would reach {figures.get('connections')} connections: {figures.get('terminals')} terminals of"
        f" {figures.get('users')} users.{away}"
    ]
    by_group = figures.get("by_group")
    if isinstance(by_group, dict) and by_group:
        lines.append("By group: " + ", ".join(f"{name} {count}" for name, count in by_group.items()))
    warnings = document.get("warnings")
    for warning in warnings if isinstance(warnings, list) else []:
        text = warning.get("detail") if isinstance(warning, dict) else warning
        lines.append(f"Warning: {text}")
    return "\n".join(lines)
