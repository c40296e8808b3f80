"""`fanfare completion`: the script that lets a shell complete commands and options."""

from __future__ import annotations

import os
from pathlib import PurePath

import click
from click.shell_completion import get_completion_class

EXAMPLES = """
\b
Examples:
  fanfare completion bash >> ~/.bashrc
  fanfare completion zsh > "${fpath[1]}/_fanfare"
  fanfare completion fish > ~/.config/fish/completions/fanfare.fish
"""
SHELLS = ("bash", "zsh", "fish")


@click.command(epilog=EXAMPLES)
@click.argument("shell", required=False, type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str | None) -> None:
    """Print the completion script of a shell: the one named, else that of $SHELL."""
    named = shell or PurePath(os.environ.get("SHELL", "")).name
    completion = get_completion_class(named) if named in SHELLS else None
    if completion is None:
        raise click.UsageError(f"name the shell, one of {', '.join(SHELLS)}; $SHELL does not say which it is")
    root = context.find_root()
    click.echo(completion(root.command, {}, "fanfare", "_FANFARE_COMPLETE").source())
