"""Where the suite runs: on one machine, and as the AWS template on an emulator.

FANFARE_E2E_TARGETS names some of them, with commas between; without it the suite runs on each.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.e2e.targets.aws import AwsTarget
from tests.e2e.targets.local import LocalTarget
from tests.e2e.targets.target import USUAL, Target, Tuning

VARIABLE = "FANFARE_E2E_TARGETS"
RUNTIMES: Mapping[str, type[LocalTarget] | type[AwsTarget]] = {LocalTarget.name: LocalTarget, AwsTarget.name: AwsTarget}


def chosen() -> Sequence[str]:
    """The names of the runtimes to test. Raises LookupError for one that there is not."""
    names = os.environ.get(VARIABLE, ",".join(RUNTIMES)).split(",")
    for name in names:
        if name not in RUNTIMES:
            raise LookupError(f"{VARIABLE} names {name!r}: there is no such target; use {' or '.join(RUNTIMES)}")
    return names


def make(runtime: str, directory: Path, tuning: Tuning = USUAL) -> Target:
    """A target of a runtime, not yet started; `directory` is empty and its own."""
    return RUNTIMES[runtime](directory, tuning)


def deviation(runtime: str, test: str, case: str) -> str | None:
    """Why a test cannot hold on a runtime that is only a stand-in; None if it must.

    `test` is the name of its function, `case` pytest's id of its parameters.
    """
    deviations = RUNTIMES[runtime].deviations
    parameters = case.removeprefix(runtime).removeprefix("-")
    return deviations.get(test) or deviations.get(f"{test}[{parameters}]")
