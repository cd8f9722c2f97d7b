"""What a run keeps of the values it makes, and which of them are worth a file."""

from __future__ import annotations

import logging

from weft.cache import WORTH_STORING, Cache
from weft.invoke import Outputs
from weft.tasks import Task, Tasks
from weft.values import measure


class Keeper:
    """Puts the outputs of a run's tasks into the cache."""

    def __init__(self, cache: Cache, tasks: Tasks) -> None:
        self._cache = cache
        self._tasks = tasks

    def keep(self, task: Task, outputs: Outputs) -> bool:
        """Keep outputs in memory. True where they are worth storing on disk as well."""
        if task.node.spec.is_output:
            return False
        size = measure(outputs)
        task.bytes = size.bytes
        before = max(
            (self._tasks.by_id[link.node].path_seconds for link in task.links), default=0.0
        )
        task.path_seconds = before + task.seconds
        self._cache.put(task.key, outputs, task.seconds, size)
        return self._cache.disk is not None and size.movable and self._worth_storing(task)

    def store(self, task: Task, outputs: Outputs) -> None:
        """Keep outputs on disk. A fault costs the value, never the run."""
        try:
            self._cache.store(task.key, outputs, task.path_seconds)
        except Exception:
            logging.getLogger("weft.cache").exception("a value could not be stored")

    def _worth_storing(self, task: Task) -> bool:
        """Dear values, and those an output node reads: they spare a restart the whole way."""
        if task.seconds >= WORTH_STORING:
            return True
        return task.path_seconds >= WORTH_STORING and any(
            one.node.spec.is_output for one in task.dependants
        )
