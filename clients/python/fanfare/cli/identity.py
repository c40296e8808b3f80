"""Who a terminal is, on the command line: `--user`, `--group`, `--attr`; and the token that says so."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

AttributeValue = str | int | float | bool


def attribute(text: str) -> tuple[str, AttributeValue]:
    """`name=value`, as the type of a click option. Raises click.BadParameter.

    JSON decides what is a number, true or false; everything else is text, and so is `"5"` with its quotes.
    """
    name, separator, written = text.partition("=")
    if not name or not separator:
        raise click.BadParameter(f"{text!r} is not written name=value, such as os=windows")
    try:
        value = json.loads(written, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return name, written
    is_value = isinstance(value, str | int | float) and value not in (math.inf, -math.inf)
    return name, value if is_value else written


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a token will say."""

    user: str
    groups: Sequence[str] = ()
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    scopes: Sequence[str] = ()
    terminal: str | None = None


def identity_options(function: Callable[..., None]) -> Callable[..., None]:
    """Options for an identity's groups and attributes; the command gets `groups` and `attributes`."""
    for option in (
        click.option(
            "--attr",
            "attributes",
            multiple=True,
            type=attribute,
            metavar="NAME=VALUE",
            help="Attribute; numbers, true and false are typed, '\"5\"' is text. Repeat for more.",
        ),
        click.option("--group", "groups", multiple=True, metavar="NAME", help="Group; repeat for more."),
    ):
        function = option(function)
    return function


def minter(data_dir: Path) -> Callable[[Identity, int], str]:
    """Makes tokens of the service that keeps its secrets in `data_dir`, good for so many seconds from their making.

    Raises click.ClickException, saying what to do, if there are no secrets.
    """
    # The server's code is loaded only by who makes tokens: a terminal does not need it.
    from infra.local import secrets, tokens  # noqa: PLC0415
    from infra.local.data_directory import DataDirectoryError  # noqa: PLC0415

    try:
        found = secrets.load(data_dir)
    except DataDirectoryError as error:
        raise click.ClickException(f"cannot make a token: {error}") from None

    def make(identity: Identity, ttl_s: int) -> str:
        return tokens.mint(
            found,
            user=identity.user,
            groups=identity.groups,
            attributes=identity.attributes,
            scopes=identity.scopes,
            terminal=identity.terminal,
            now_s=time.time(),
            ttl_s=ttl_s,
        )

    return make
