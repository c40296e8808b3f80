"""Lets a test move the clock of a server: Python imports this module at its start where PYTHONPATH leads here.

`time.time` is ahead by the number of seconds (one double) in the file that FANFARE_TEST_CLOCK names; it is read
at every call, so that a running server sees the clock move.
"""

from __future__ import annotations

import mmap
import os
import struct
import time


def _shift(path: str) -> None:
    with open(path, "rb") as file:
        shared = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    unshifted = time.time
    time.time = lambda: unshifted() + struct.unpack_from("d", shared)[0]


if "FANFARE_TEST_CLOCK" in os.environ:
    _shift(os.environ["FANFARE_TEST_CLOCK"])
