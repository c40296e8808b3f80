"""`fanfare backup`: a copy of the data in one file, while the service runs."""

from __future__ import annotations

from pathlib import Path

import click

from fanfare.cli.data_directory import data_option
from infra.local.backup import back_up
from infra.local.data_directory import DataDirectoryError

EXAMPLES = """
\b
Examples:
  fanfare backup /backup/fanfare.tar
  fanfare backup "/backup/fanfare-$(date +%F).tar" --data /var/lib/fanfare
"""


@click.command(epilog=EXAMPLES)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@data_option("Data directory to copy.")
def command(file: Path, data_dir: Path) -> None:
    """Copy the data directory to FILE, also while the service runs on it.

    FILE is replaced at once when the copy is whole. It holds the secrets too: keep it as you keep the directory.
    """
    try:
        size_bytes = back_up(data_dir, file)
    except DataDirectoryError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{file}: {size_bytes} bytes")
