"""`fanfare watch`, and `fanfare push --watch`: how a push goes, on the screen, until it has ended."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from fanfare.cli.api import Api, segment
from fanfare.cli.progress import Gauge, Progress, progress_of
from fanfare.cli.service import Service, caller_options

if TYPE_CHECKING:
    # What click.progressbar returns, which click names nowhere else.
    from click._termui_impl import ProgressBar

EXAMPLES = """
\b
Examples:
  fanfare watch 019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10
"""
LOOK_EVERY_S = 1.0
BAR_WIDTH = 30
_TO_THE_FIRST_LINE = "\x1b[{lines}F"
_CLEAR_BELOW = "\x1b[J"


@click.command(epilog=EXAMPLES)
@click.argument("push_id", metavar="PUSH")
@click.option("--no-color", is_flag=True, help="Plain lines instead of bars.")
@caller_options
def command(service: Service, push_id: str, no_color: bool) -> None:
    """Show how PUSH goes until it has ended; exits with 1 if it did not complete."""
    watch(Api(service, ["push:read"]), push_id, plain=no_color)


def watch(api: Api, push_id: str, *, plain: bool, sleep: Callable[[float], None] = time.sleep) -> None:
    """Show how a push goes until it has ended. Raises SystemExit(1) if it did not complete, ApiError.

    On a terminal the figures are bars that are drawn over; else, or with `plain`, or where the variable NO_COLOR is
    set, each change is a line.
    """
    drawn_over = not plain and not os.environ.get("NO_COLOR") and sys.stdout.isatty()
    screen: _Bars | _Lines = _Bars() if drawn_over else _Lines()
    path = f"/v1/pushes/{segment(push_id)}"
    while True:
        progress = progress_of(api.call("GET", path), api.call("GET", f"{path}/timeline"))
        screen.show(progress)
        if progress.ended:
            break
        sleep(LOOK_EVERY_S)
    if not progress.well:
        raise SystemExit(1)


class _Lines:
    """A line for each change."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, progress: Progress) -> None:
        figures = [f"{gauge.label} {gauge.done}/{gauge.of}" for gauge in progress.gauges]
        line = "  ".join([progress.sentence, *figures])
        if line != self._last:
            click.echo(line)
            self._last = line


class _Bars:
    """The same lines, drawn over."""

    def __init__(self) -> None:
        self._lines = 0

    def show(self, progress: Progress) -> None:
        width = max((len(gauge.label) for gauge in progress.gauges), default=0)
        # A line that the screen breaks would be two to go back over.
        columns = os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 80
        lines = [line[: columns - 1] for line in (progress.sentence, *(bar(gauge, width) for gauge in progress.gauges))]
        back = _TO_THE_FIRST_LINE.format(lines=self._lines) if self._lines else ""
        click.echo(back + _CLEAR_BELOW + "\n".join(lines))
        self._lines = len(lines)


def bar(gauge: Gauge, label_width: int) -> str:
    """A gauge as a line."""
    drawn: ProgressBar[int] = click.progressbar(
        length=max(gauge.of, 1), label=gauge.label.ljust(label_width), width=BAR_WIDTH, show_eta=False
    )
    drawn.pos = gauge.done
    return f"{drawn.format_progress_line()}  {gauge.done} of {gauge.of}"
