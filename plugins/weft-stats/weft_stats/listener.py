"""The listener: counts in memory while a job runs, and writes once when it is over.

It keeps types and numbers. Job ids, node ids, values, file names and errors are never written.
"""

from __future__ import annotations

import atexit
import logging
import sqlite3
import threading
import time
from pathlib import Path

from weft import Event, Finished, InputError, NodeFailed, NodeFinished, Queued
from weft_stats.counts import NodeCount, RunCount, Tally
from weft_stats.store import Store, default_path

log = logging.getLogger("weft.stats")
# What is kept stays bounded, should a job's end never be told.
MOST_JOBS = 1000
WAIT = 0.2  # seconds that a job's end may wait for another process that writes
LAST_WAIT = 3.0  # the same when this process ends


class Recorder:
    """Counts the jobs of this process. Safe to call from any thread.

    What could not be written is kept, and written with the next job or when the process ends.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, dict[str, NodeCount]] = {}
        self._lock = threading.Lock()
        self._stores: dict[Path, Store] = {}
        self._waiting: dict[Path, Tally] = {}
        self._writing = threading.Lock()  # of its own: other jobs' events must not wait for a disk
        self._warned = False

    def hear(self, job: str, event: Event) -> None:
        """Take one event of a job."""
        match event:
            case NodeFinished(type=str(type_id)):
                self._count(job, type_id, _count_of(event))
            case NodeFailed():
                self._count(job, event.type, NodeCount(failed=1))
            case Queued():
                self._begin(job)
            case Finished():
                self._end(job, event)

    def close(self) -> None:
        """Write what is left, if it can be written, and close the files."""
        with self._writing:
            for path in list(self._waiting):
                self._write(path, LAST_WAIT)
            for store in self._stores.values():
                store.close()
            self._stores.clear()

    def _begin(self, job: str) -> None:
        with self._lock:
            self._jobs.pop(job, None)
            self._jobs[job] = {}
            while len(self._jobs) > MOST_JOBS:
                del self._jobs[next(iter(self._jobs))]

    def _count(self, job: str, type_id: str, count: NodeCount) -> None:
        with self._lock:
            nodes = self._jobs.get(job)
            if nodes is not None:
                nodes.setdefault(type_id, NodeCount()).add(count)

    def _end(self, job: str, event: Finished) -> None:
        with self._lock:
            nodes = self._jobs.pop(job, {})
        run = RunCount(seconds=event.seconds)
        setattr(run, event.status, 1)
        day = time.strftime("%Y-%m-%d", time.localtime(event.time))
        try:
            path = default_path()
        except (InputError, OSError) as error:
            self._warn(error)
            return
        with self._writing:
            self._waiting.setdefault(path, Tally()).add_run(day, run, nodes)
            self._write(path, WAIT)

    def _write(self, path: Path, wait: float) -> None:
        store = self._stores.get(path)
        if store is None:
            store = self._stores[path] = Store(path)
        try:
            store.add(self._waiting[path], wait)
        except (InputError, OSError, sqlite3.Error) as error:
            self._warn(error)
        else:
            del self._waiting[path]
            self._warned = False

    def _warn(self, error: Exception) -> None:
        """Say once that nothing can be written; again only if it worked in between."""
        level = logging.DEBUG if self._warned else logging.WARNING
        log.log(level, "the statistics cannot be written now, the run is not affected: %s", error)
        self._warned = True


def _count_of(event: NodeFinished) -> NodeCount:
    if event.state == "cached":
        return NodeCount(cached=1)
    return NodeCount(ran=1, seconds=event.seconds, longest=event.seconds, bytes=event.bytes)


RECORDER = Recorder()
atexit.register(RECORDER.close)


def count(job: str, event: Event) -> None:
    """Count an event of a job."""
    RECORDER.hear(job, event)
