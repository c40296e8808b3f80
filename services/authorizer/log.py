"""One JSON object a line, for whoever collects the logs. Never give it a token, a secret or a key."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping

Log = Callable[[Mapping[str, object]], None]
"""Takes the fields of one event."""


def write_line(fields: Mapping[str, object]) -> None:
    """Write the event to standard error as one line, which is what Lambda and systemd collect."""
    print(json.dumps(fields, separators=(",", ":")), file=sys.stderr, flush=True)
