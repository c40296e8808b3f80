"""`fanfare restore`: put a backup in place of a data directory."""

from __future__ import annotations

from pathlib import Path

import click

from fanfare.cli.data_directory import data_option
from infra.local.backup import restore
from infra.local.data_directory import DataDirectoryError

EXAMPLES = """
\b
Examples:
  fanfare restore /backup/fanfare.tar --data /var/lib/fanfare
  fanfare restore /backup/fanfare.tar --data /var/lib/fanfare --force    replaces what is there
"""


@click.command(epilog=EXAMPLES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option("Data directory to restore; made if it is not there.")
@click.option("--force", is_flag=True, help="Replace the data that is there.")
def command(file: Path, data_dir: Path, force: bool) -> None:
    """Put the backup FILE in place. Stop the service on the data directory first.

    The backup is checked whole before anything changes.
    """
    try:
        restore(file, data_dir, replace=force)
    except DataDirectoryError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{data_dir} is as it was in {file}")
