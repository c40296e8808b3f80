"""What `fanfare push` asks for: its options as the body of `POST /v1/pushes`."""

from __future__ import annotations

import json

import click

from fanfare.frames import JsonValue


def target_of(text: str | None, *, users: tuple[str, ...], groups: tuple[str, ...], everyone: bool) -> JsonValue:
    """The target that the options name. Raises click.UsageError if they name none, or contradict each other."""
    if sum((text is not None, bool(users or groups), everyone)) != 1:
        raise click.UsageError("say whom it is for, in one way: --target, or --user and --group, or --all")
    if everyone:
        return {"all": True}
    if text is not None:
        return object_in(text, "--target") if text.lstrip().startswith("{") else text
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


def member(text: str) -> tuple[str, JsonValue]:
    """`member=value`, as the type of a click option; what is not JSON is text. Raises click.BadParameter."""
    name, separator, written = text.partition("=")
    if not name or not separator:
        raise click.BadParameter(f"{text!r} is not written member=value, such as retain=2h")
    try:
        return name, json.loads(written)
    except (ValueError, RecursionError):
        if written.lstrip().startswith(("{", "[")):
            raise click.BadParameter(f"the value of {name} begins as JSON but is none: {written}") from None
        return name, written


def strategy_of(
    text: str | None, *, members: tuple[tuple[str, JsonValue], ...], retain: str | None, expires_in: str | None
) -> dict[str, JsonValue]:
    """The strategy that the options add up to; empty is the default one."""
    strategy: dict[str, JsonValue] = {}
    if text is not None:
        strategy = object_in(text, "--strategy") if text.lstrip().startswith("{") else {"name": text}
    strategy.update(members)
    if retain is not None:
        strategy["retain"] = retain
    if expires_in is not None:
        strategy["expires_in"] = expires_in
    return strategy


def schedule_of(
    send_at: str | None, cron: str | None, *, timezone: str | None, until: str | None, times: int | None
) -> dict[str, JsonValue]:
    """The members `send_at` or `repeat`; none for at once. Raises click.UsageError if they contradict each other."""
    if cron is None:
        if timezone is not None or until is not None or times is not None:
            raise click.UsageError("--timezone, --until and --times belong to --repeat")
        return {} if send_at is None else {"send_at": send_at}
    if send_at is not None:
        raise click.UsageError("--repeat says itself when it is first sent; leave out --send-at")
    repeat: dict[str, JsonValue] = {"cron": cron}
    given = {"timezone": timezone, "until": until, "times": times}
    repeat.update((name, value) for name, value in given.items() if value is not None)
    return {"repeat": repeat}


def object_in(text: str, what: str) -> dict[str, JsonValue]:
    """The JSON object in a text; `what` names it. Raises click.UsageError."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"{what} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise click.UsageError(f"{what} is not a JSON object")
    return value
