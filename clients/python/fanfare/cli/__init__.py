"""The `fanfare` command. Each command is one module of this package, imported only when it is used."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "serve": "Run the service on this machine.",
    "token": "Make a token for a terminal or a caller of the API.",
    "listen": "Connect as a terminal and print what arrives.",
    "push": "Send a push.",
    "watch": "Show how a push goes, until it has ended.",
    "explain": "Say why a terminal got a push, or did not.",
    "approve": "Let a push go that waits for a second person.",
    "reject": "Reject a push that waits for a second person.",
    "halt": "Release no more of a push for now.",
    "resume": "Let a halted push go on.",
    "cancel": "Stop a push, and take it off screens.",
    "strategies": "Keep, show and delete strategies.",
    "senders": "Say what senders are held to.",
    "terminals": "List who is connected, or who is away.",
    "simulate": "Connect a lively office of terminals.",
    "doctor": "Check a running service from a terminal's side, step by step.",
    "backup": "Copy the data to a file while the service runs.",
    "restore": "Put a backup in place.",
    "completion": "Print the shell completion script.",
}
"""Every command with its line in `fanfare --help`; `fanfare.cli.<name>` defines it as `command`."""
DECISIONS = frozenset({"approve", "reject", "halt", "resume", "cancel"})
"""Those of them that `fanfare.cli.decisions` defines together."""


class LazyGroup(click.Group):
    """Imports a command's module when the command is run, so that `fanfare token` does not load a server."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if cmd_name in DECISIONS:
            command = importlib.import_module("fanfare.cli.decisions").commands[cmd_name]
        else:
            command = importlib.import_module(f"fanfare.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fanfare", prog_name="fanfare")
def main() -> None:
    """Push messages to a company's own terminals, and see who is there.

    \b
    A first minute:
      fanfare serve                               start the service
      fanfare listen --user alice --group ops     be a terminal
      fanfare push --target group:ops 'Hello'     send to a group
      fanfare terminals                           see who is connected
    """
