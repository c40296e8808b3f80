"""Where the suite runs. FANFARE_E2E_TARGET names the runtime: `local` (the default) is one machine."""

from __future__ import annotations

import os
from pathlib import Path

from tests.e2e.targets.local import LocalTarget
from tests.e2e.targets.target import USUAL, Target, Tuning

VARIABLE = "FANFARE_E2E_TARGET"


def make(directory: Path, tuning: Tuning = USUAL) -> Target:
    """A target of the chosen runtime, not yet started; `directory` is empty and its own."""
    runtime = os.environ.get(VARIABLE, LocalTarget.name)
    if runtime == LocalTarget.name:
        return LocalTarget(directory, tuning)
    raise LookupError(f"{VARIABLE}={runtime}: there is no such target; use {LocalTarget.name}")
