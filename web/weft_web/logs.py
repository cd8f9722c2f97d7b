"""The server's log: text for people, or a JSON object a line.

Whoever logs about a job says which: `log.warning("job %s: ...", id)`, or `extra={"job": id}`. In
JSON it is a field of its own either way.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

# What every record has; the rest is what the caller added.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but line breaks and tabs


def _added(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in _OWN}


def _job(record: logging.LogRecord) -> dict[str, Any]:
    """The job that a message begins with."""
    if str(record.msg).startswith("job %s") and isinstance(record.args, tuple) and record.args:
        return {"job": record.args[0]}
    return {}


def _utc(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class TextFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.000Z INFO weft_web.jobs: started [job 0198...]`."""

    def format(self, record: logging.LogRecord) -> str:
        """One record, on as many lines as its traceback has."""
        added = "".join(f" [{key} {value}]" for key, value in _added(record).items())
        text = f"{_utc(record)} {record.levelname} {record.name}: {record.getMessage()}{added}"
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        # What came from outside must not look like a record of its own, nor steer a terminal.
        return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text).replace("\n", "\n    ")


class JsonFormatter(logging.Formatter):
    """One JSON object a line, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """One record on one line."""
        data = {
            "time": _utc(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_job(record),
            **_added(record),
        }
        if record.exc_info:
            data["traceback"] = self.formatException(record.exc_info)
        return json.dumps(data, default=str)


@contextmanager
def logging_to_stderr(form: str, level: str) -> Iterator[None]:
    """Log to stderr meanwhile. form: "text" or "json". level: "debug", "info", ..."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(level.upper())
    # asyncio tells of every slow callback at debug; nobody asked for that.
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)
        root.setLevel(before)
