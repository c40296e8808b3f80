"""The option `--data` of the commands that work on a data directory itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])


def data_option(help_text: str) -> Callable[[Command], Command]:
    """`--data DIR`, by default $FANFARE_DATA or ./data; the command gets it as `data_dir`."""
    return click.option(
        "--data",
        "data_dir",
        default="data",
        show_default=True,
        envvar="FANFARE_DATA",
        show_envvar=True,
        type=click.Path(file_okay=False, path_type=Path),
        help=help_text,
    )
