"""The worker pool of one machine: one child process per device."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from weft import Absence
from weft_web.settings import Settings
from weft_web.workers.answers import TOGETHER
from weft_web.workers.nursery import Nursery
from weft_web.workers.pool import AskError, Assignment, Ended, Sink, WorkerStatus
from weft_web.workers.process import Attempt, Terms, WorkerProcess

_log = logging.getLogger("weft.workers")

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds before a worker that does not start is tried again
CALM = 2.0  # seconds that a worker waits for a first job before libraries are imported ahead


class LocalPool:
    """As `WorkerPool`, by processes of this machine.

    registry: "module:function" that gives the node types in each worker; those of the installed
        plugins where none is given.
    """

    def __init__(self, settings: Settings, *, registry: str | None = None) -> None:
        self.on_room: Callable[[], None] | None = None
        # Absolute: a node may change its process's current folder.
        data = settings.data_dir.absolute()
        self._work = data / "work" / secrets.token_hex(6)
        self._nursery = Nursery(self._died, self._warmed)
        self._warm_up: asyncio.TimerHandle | None = None
        self._places = [
            _Place(
                f"worker-{index}",
                Terms(
                    device=device,
                    slots=settings.slots,
                    work=self._work,
                    uploads=data / "uploads",
                    models=tuple(str(one.absolute()) for one in settings.models),
                    registry=registry,
                    heartbeat=settings.heartbeat_s,
                    silent=settings.silent_s,
                    grace=settings.grace_s,
                    most_jobs=settings.worker_jobs,
                    most_bytes=settings.worker_bytes,
                ),
                self._nursery,
                self._changed,
            )
            for index, device in enumerate(settings.devices)
        ]
        self._watched: set[str] = set()
        self._closing = False
        self._ready = asyncio.Event()

    # Its life

    async def start(self) -> None:
        """Begin to start the workers. Returns at once; they warm up meanwhile."""
        await asyncio.to_thread(_fresh, self._work)
        for place in self._places:
            place.begin()

    async def close(self, drain: float = 5.0) -> None:
        """Stop. Running attempts end as "released" within `drain` seconds."""
        self._closing = True
        self._ready.set()  # who waits for a worker to ask waits in vain
        if self._warm_up is not None:
            self._warm_up.cancel()
        for place in self._places:
            place.stop_taking()
        end = monotonic() + drain
        while any(place.busy for place in self._places) and monotonic() < end:
            await asyncio.sleep(0.01)
        for place in self._places:
            await place.close()
        await self._nursery.close()
        await asyncio.to_thread(shutil.rmtree, self._work, True)

    def _died(self, pid: int, status: int) -> None:
        for place in self._places:
            if place.process is not None and place.process.pid == pid:
                place.process.died(status)

    def _warm(self) -> None:
        """Import ahead what nodes need, once, while nothing runs that it would slow down."""
        wanted = [place.process.warm_up for place in self._places if place.process is not None]
        if any(place.busy for place in self._places):
            self._warm_up = asyncio.get_running_loop().call_later(CALM, self._warm)
        else:
            self._nursery.warm(list(dict.fromkeys(name for names in wanted for name in names)))

    def _warmed(self) -> None:
        """Workers that were forked before, and have done nothing, give way to warm ones."""
        for place in self._places:
            place.renew()

    def _changed(self) -> None:
        if any(place.is_ready for place in self._places):
            if self._warm_up is None and not self._closing:
                self._warm_up = asyncio.get_running_loop().call_later(CALM, self._warm)
            self._ready.set()
        else:
            self._ready.clear()
        if self.on_room is not None and not self._closing:
            self.on_room()

    # Attempts

    def free(self) -> int:
        """How many more assignments may be given now."""
        return sum(place.room() for place in self._places)

    def takes(self, *, alone: bool) -> bool:
        """Whether an assignment could be given now."""
        return self._choose(alone) is not None

    def _choose(self, alone: bool) -> WorkerProcess | None:
        """The worker with most room; for one that runs alone, an idle one."""
        best, most = None, 0
        for place in self._places:
            room = place.room()
            if alone and place.busy:
                continue
            if room > most and not self._closing:
                best, most = place.process, room
        return best

    async def run(self, assignment: Assignment, sink: Sink) -> Ended:
        """Run one attempt to its end. Never raises for a fault of the job or the process."""
        process = self._choose(assignment.alone)
        if process is None:
            return Ended("released", reason="no worker has room for it")
        try:
            return await process.run(assignment, sink, watched=assignment.job in self._watched)
        finally:
            self._watched.discard(assignment.job)

    def cancel(self, job: str) -> None:
        """Ask an attempt to stop at its next step; kill its process after the grace time."""
        for process, attempt in self._attempts(job):
            process.stop(attempt, "cancelled")

    def watch(self, job: str, wanted: bool) -> None:
        """Whether anyone looks at the job's previews; also before it runs."""
        if wanted:
            self._watched.add(job)
        else:
            self._watched.discard(job)
        for process, attempt in self._attempts(job):
            process.watch(attempt, wanted)

    def _attempts(self, job: str) -> list[tuple[WorkerProcess, Attempt]]:
        return [
            (place.process, attempt)
            for place in self._places
            if place.process is not None
            for attempt in place.process.attempts.values()
            if attempt.assignment.job == job
        ]

    # Questions

    async def ask(self, question: str, data: Mapping[str, Any], seconds: float = 60.0) -> Any:
        """Have a worker answer. Waits for one to be ready. Raises AskError."""
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(question, data)
        except TimeoutError:
            raise AskError(f"no worker answered within {seconds:g} seconds") from None

    async def _ask(self, question: str, data: Mapping[str, Any]) -> Any:
        while not self._closing:
            ready = [
                place.process
                for place in self._places
                if place.is_ready and place.process is not None
            ]
            if ready and question in TOGETHER:
                asked = (one.ask(question, data) for one in ready)
                return TOGETHER[question](await asyncio.gather(*asked))
            if ready:
                return await max(ready, key=WorkerProcess.room).ask(question, data)
            self._ready.clear()
            await self._ready.wait()
        raise AskError("the server stops")

    def leave_out(self, plugins: Mapping[str, Absence]) -> None:
        """Have workers without some plugins take the places of those that have them."""
        for place in self._places:
            place.leave_out(plugins)

    def status(self) -> list[WorkerStatus]:
        """Every worker."""
        return [place.status(self._closing) for place in self._places]


class _Place:
    """Where one worker process after another lives."""

    def __init__(
        self, name: str, terms: Terms, nursery: Nursery, changed: Callable[[], None]
    ) -> None:
        self.name = name
        self.process: WorkerProcess | None = None
        self._terms = terms
        self._nursery = nursery
        self._changed = changed
        self._restarts = 0
        self._renewed: WorkerProcess | None = None
        self._reason: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def busy(self) -> bool:
        """Whether attempts run here."""
        return self.process is not None and bool(self.process.attempts)

    @property
    def is_ready(self) -> bool:
        """Whether the process is there and answers."""
        process = self.process
        return process is not None and process.state == "ready" and not process.retiring

    def begin(self) -> None:
        """Start a process, and another whenever one has ended."""
        self._task = asyncio.get_running_loop().create_task(self._live())

    async def _live(self) -> None:
        wait = FIRST_WAIT
        while not self._closing:
            process = WorkerProcess(self._terms, self._nursery, self._changed)
            self.process = process
            try:
                await process.start()
                await process.ended.wait()
                self._reason = process.reason
            except OSError as error:
                process.state = "dead"
                self._reason = str(error)
            self._restarts += process is not self._renewed
            if process.ready.is_set():
                wait = FIRST_WAIT
            elif not self._closing:
                # Also in /api/system; whoever looks at the log only sees jobs wait.
                why = self._reason or "it does not say why"
                _log.error("%s did not start: %s; once more in %g s", self.name, why, wait)
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)

    def room(self) -> int:
        """How many more attempts may be given."""
        return self.process.room() if self.process is not None else 0

    def renew(self) -> None:
        """Have another process take the place of one that has done nothing yet."""
        if self.process is not None and self.process.unused and not self._closing:
            self._renewed = self.process
            self.process.retire("a warm one takes its place")

    def leave_out(self, plugins: Mapping[str, Absence]) -> None:
        """Be without some plugins from the next process on, which comes once nothing runs."""
        self._terms = replace(self._terms, without={**self._terms.without, **plugins})
        if self.process is not None and not self.process.ended.is_set():
            self.process.retire("one without a plugin takes its place")

    def stop_taking(self) -> None:
        """Ask what runs to stop; take nothing new."""
        self._closing = True
        if self.process is not None:
            self.process.retiring = True
            for attempt in list(self.process.attempts.values()):
                self.process.stop(attempt, "drained")

    async def close(self) -> None:
        """End the process."""
        process = self.process
        if process is not None and process.pid is not None and not process.ended.is_set():
            process.kill("the server stops")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await process.ended.wait()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def status(self, closing: bool) -> WorkerStatus:
        """As people see it."""
        process = self.process
        memory: dict[str, Any] = {}
        if process is not None and process.resident:
            memory["resident"] = process.resident
        if self._reason and (process is None or process.state in ("starting", "dead")):
            memory["reason"] = self._reason
        return WorkerStatus(
            self.name,
            process.device if process is not None else self._terms.device,
            "stopped" if closing else process.state if process is not None else "starting",
            process.pid if process is not None else None,
            tuple(one.assignment.job for one in process.attempts.values()) if process else (),
            self._restarts,
            memory,
        )


def _fresh(work: Path) -> None:
    """An empty folder for the attempts; what older servers left behind goes."""
    shutil.rmtree(work.parent, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
