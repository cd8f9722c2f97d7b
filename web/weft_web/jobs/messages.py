"""What goes to clients, encoded once however many of them there are.

A client reads a stream of messages. A text message is a JSON array of events, each as the HTTP
API's `EventView`: `{"number", "job", "time", "event", "data"}`. Events that happen close together
travel in one message, so a burst costs every client one write. Events without a number (progress,
"connected", "queue") are no history and are not replayed.

A server-sent-events stream carries the same events one by one, with the number as the `id:`.

A binary message is a preview: the length of a JSON header in 4 bytes, big-endian, the header
(`job`, `node`, `mime`, `time`), and the picture's bytes.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from weft_web.store.records import EventRow

Format = Literal["json", "sse"]
SSE_KEEPALIVE = b": still here\n\n"
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, encoded. `number` is None where it is no history."""

    number: int | None
    job: str
    text: str
    resume: int | None = None  # the id of a server-sent event without a number

    @classmethod
    def of(cls, row: EventRow) -> Entry:
        """The entry of a stored event."""
        return cls(row.number, row.job, _event(row.number, row.job, row.time, row.event, row.data))

    @classmethod
    def passing(cls, job: str, event: str, data: dict[str, Any], when: float = 0.0) -> Entry:
        """The entry of an event that is no history."""
        return cls(None, job, _event(None, job, when or time.time(), event, data))

    @classmethod
    def connected(cls, job: str | None, last: int) -> Entry:
        """The entry that says that all up to the number `last` was told."""
        text = _event(None, job or "", time.time(), "connected", {"last": last})
        return cls(None, job or "", text, last)


def _event(number: int | None, job: str, when: float, event: str, data: dict[str, Any]) -> str:
    view = {"number": number, "job": job, "time": round(when, 4), "event": event, "data": data}
    try:
        return _encode(view)
    except ValueError:  # NaN, which JSON has no word for
        return _encode({**view, "data": _finite(data)})


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def joined(entries: Sequence[Entry], form: Format) -> str | bytes:
    """The message that holds the entries: text of a JSON array, or server-sent events."""
    if form == "json":
        return "[" + ",".join(one.text for one in entries) + "]"
    return "".join(map(_server_sent, entries)).encode()


def _server_sent(entry: Entry) -> str:
    id = entry.number if entry.number is not None else entry.resume
    return f"data: {entry.text}\n\n" if id is None else f"id: {id}\ndata: {entry.text}\n\n"


def preview_frame(job: str, node: str, mime: str, picture: bytes) -> bytes:
    """The binary message of a preview."""
    head = _encode({"job": job, "node": node, "mime": mime, "time": round(time.time(), 4)}).encode()
    return struct.pack(">I", len(head)) + head + picture


Key = tuple[str, str]  # a job and a node


@dataclass(slots=True)
class Batch:
    """What happened since the clients were last told.

    entries: numbered events, in order. soft: the newest progress by job and node. The messages
    made of them are kept, so that clients who want the same share one.
    """

    entries: list[Entry]
    soft: dict[Key, Entry] = field(default_factory=dict)
    _made: dict[tuple[str | None, Format, bool], str | bytes] = field(default_factory=dict)
    _by_job: dict[str, list[Entry]] | None = None

    @property
    def first(self) -> int:
        """The number of its first numbered event; 0 where there is none."""
        return self.entries[0].number or 0 if self.entries else 0

    def hard(self, job: str | None) -> Sequence[Entry]:
        """The numbered events of a job, or of all."""
        if job is None:
            return self.entries
        if self._by_job is None:
            self._by_job = {}
            for one in self.entries:
                self._by_job.setdefault(one.job, []).append(one)
        return self._by_job.get(job, ())

    def softly(self, job: str | None) -> Iterable[Entry]:
        """The progress of a job, or of all."""
        if job is None:
            return self.soft.values()
        return [one for (owner, _), one in self.soft.items() if owner == job]

    def message(self, job: str | None, form: Format, with_soft: bool) -> str | bytes:
        """The message for clients who watch `job` (None: all); empty where nothing is for them."""
        key = (job, form, with_soft)
        if key not in self._made:
            entries = [*self.hard(job), *(self.softly(job) if with_soft else ())]
            self._made[key] = joined(entries, form) if entries else ""
        return self._made[key]
