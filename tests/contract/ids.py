"""The ids of a test: they begin at its moment, whatever other tests have made before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import MethodType
from typing import cast

import pytest

from services.domain import positions


@contextmanager
def ids_from_the_start() -> Iterator[None]:
    """Ids of a process only ever grow; here they begin anew, wherever the clock of another test has been."""
    source = cast(MethodType, positions.new_id).__self__
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(source, "_millisecond", 0)
        yield
