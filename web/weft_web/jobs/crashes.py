"""Leaving out a plugin whose nodes end one worker process after another."""

from __future__ import annotations

import logging
from collections.abc import Callable

from weft import Absence, Registry

_log = logging.getLogger("weft.jobs")


class Crashes:
    """Counts, for each distribution, the jobs during whose nodes a worker died.

    A job counts once: that it is tried again, and dies again, is one fault of one job, for which it
    is quarantined. Several jobs are the plugin's fault, which then stays out until the server
    starts again.

    most: jobs that one distribution may cost; 0 for any number.
    leave_out: told the plugins that stay out from now on.
    """

    def __init__(
        self, registry: Registry, most: int, leave_out: Callable[[dict[str, Absence]], None]
    ) -> None:
        self._registry = registry
        self._most = most
        self._leave_out = leave_out
        self._jobs: dict[str, set[str]] = {}

    def note(self, job: str, distribution: str) -> None:
        """A worker died while a job's node of the distribution, and of no other plugin, ran."""
        jobs = self._jobs.setdefault(distribution, set())
        jobs.add(job)
        plugins = [name for name, one in self._registry.sound().items() if one == distribution]
        if not self._most or len(jobs) < self._most or not plugins:
            return
        absent = Absence(
            f"its nodes ended the worker processes of {len(jobs)} jobs",
            "it stays out until the server is started again",
        )
        _log.error(
            "the plugin %s of %s: %s. The jobs were %s",
            *(", ".join(plugins), distribution, absent, ", ".join(sorted(jobs))),
        )
        out = dict.fromkeys(plugins, absent)
        self._registry.leave_out(out)
        self._leave_out(out)
