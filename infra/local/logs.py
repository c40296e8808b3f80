"""Logs of the one-machine server: one JSON object a line on standard error."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Time, level, logger, message, and whatever was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: value for name, value in vars(record).items() if name not in _STANDARD})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: str) -> None:
    """Send all logs of this process to standard error at `level` (`debug`, `info`, `warning`, `error`)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Its own start and stop are said by the server; what goes wrong in it is not.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def write_entry(entry: Mapping[str, object]) -> None:
    """A line of the authorizer's, which brings its own fields."""
    fields = {name: value for name, value in entry.items() if name not in _STANDARD}
    logging.getLogger("services.authorizer").info(str(entry.get("event", "authorizer")), extra=fields)
