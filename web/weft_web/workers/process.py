"""One worker process as the server sees it: its attempts, its signs of life, its end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import shutil
import signal
import socket
import stat
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from weft import Absence
from weft_web.workers.at_work import AtWork, read_diary
from weft_web.workers.logs import log_again
from weft_web.workers.nursery import Nursery
from weft_web.workers.pool import AskError, Assignment, Ended, Sink
from weft_web.workers.wire import JSON, Channel, json_frame, read_json, read_preview

State = Literal["starting", "ready", "dead", "stopped"]
CHUNK = 1 << 20
MISSED_BEATS = 5
LONGEST_START = 300.0  # seconds without a sign that it gets on, until it is ready
DRAINED = 0.5  # seconds for what a dead process said to be read
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class LocalFile:
    """The content of a file that a job wrote; whoever takes it may move it away."""

    file: Path
    size: int

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, in pieces."""
        with await asyncio.to_thread(self.file.open, "rb") as opened:
            while piece := await asyncio.to_thread(opened.read, CHUNK):
                yield piece

    def path(self) -> str:
        """The file."""
        return str(self.file)


@dataclass(slots=True, eq=False)
class Attempt:
    """An attempt that a worker is at. `said`: what has come of it and nobody has taken yet."""

    number: int
    assignment: Assignment
    sink: Sink
    said: deque[tuple[Any, ...]] = field(default_factory=deque)
    something: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: Literal["cancelled", "deadline", "drained"] | None = None
    over: bool = False
    timers: list[asyncio.TimerHandle] = field(default_factory=list)

    def end(self, ended: Ended) -> None:
        """Say how it ended, after all that was said before; only the first time counts."""
        if not self.over:
            self.over = True
            self.tell("end", ended)

    def tell(self, *what: Any) -> None:
        """Add to what was said."""
        self.said.append(what)
        self.something.set()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a worker process is started with, and how long it may take for what."""

    device: str
    slots: int
    work: Path
    uploads: Path
    models: tuple[str, ...]
    registry: str | None
    heartbeat: float
    silent: float
    grace: float
    most_jobs: int | None
    most_bytes: int | None
    without: Mapping[str, Absence] = field(default_factory=dict)


class WorkerProcess:
    """One process. Make another when this one has ended; `ended` is set then.

    changed: called when there may be room again.
    """

    def __init__(self, terms: Terms, nursery: Nursery, changed: Callable[[], None]) -> None:
        self.terms = terms
        self.device = terms.device
        self.pid: int | None = None
        self.state: State = "starting"
        self.retiring = False
        self.reason = ""
        self.resident = 0
        self.warm_up: list[str] = []  # functions that import ahead what its nodes need
        self.attempts: dict[int, Attempt] = {}
        self.ready = asyncio.Event()
        self.ended = asyncio.Event()
        self._nursery = nursery
        self._changed = changed
        self._jobs: Channel | None = None
        self._control: Channel | None = None
        self._questions: dict[int, asyncio.Future[Any]] = {}
        self._done = 0
        self._heard = self._watched = monotonic()
        self._killed: str | None = None
        self._blamed: set[int] = set()
        self._drained = False
        self._watchdog: asyncio.TimerHandle | None = None
        # Beside the folder of the attempts, which holds nothing else.
        self._diary = terms.work.with_name(f"{terms.work.name}-diary-{next(_numbers)}")

    # Its life

    async def start(self) -> None:
        """Fork the process. Raises OSError. It is `ready` later."""
        loop = asyncio.get_running_loop()
        terms = self.terms
        order = {
            "device": terms.device,
            "work": str(terms.work),
            "uploads": str(terms.uploads),
            "models": terms.models,
            "registry": terms.registry,
            "heartbeat": terms.heartbeat,
            "diary": str(self._diary),
            "without": {name: [one.why, one.remedy] for name, one in terms.without.items()},
        }
        ours, theirs = zip(socket.socketpair(), socket.socketpair(), strict=True)
        try:
            self.pid = await self._nursery.fork(order, theirs)
        except BaseException:
            for one in ours:
                one.close()
            raise
        finally:
            for one in theirs:
                one.close()
        for one in ours:
            one.setblocking(False)
        self._heard = self._watched = monotonic()
        _, self._jobs = await loop.create_connection(
            lambda: Channel(self._take, self._lost_jobs), sock=ours[0]
        )
        _, self._control = await loop.create_connection(
            lambda: Channel(self._take_control, self._lost), sock=ours[1]
        )
        self._watch()

    def kill(self, why: str, blamed: Attempt | None = None) -> None:
        """End the process at once. Only the blamed attempts are taken to be the reason."""
        if self._killed is None:
            self._killed = why
        if blamed is not None:
            self._blamed.add(blamed.number)
        self.retiring = True
        if self.pid is not None:
            self._nursery.kill(self.pid)

    def died(self, status: int) -> None:
        """The nursery has reaped it. What it said last is still being read."""
        if not self.reason:
            self.reason = describe_status(status)
        self.state = "dead"
        if self._drained:
            self._finish()
        else:
            asyncio.get_running_loop().call_later(DRAINED, self._give_up)

    def _give_up(self) -> None:
        for channel in (self._jobs, self._control):
            if channel is not None:
                channel.abort()
        if self._jobs is None:
            self._finish()

    def _lost_jobs(self) -> None:
        """All that it said of its attempts was read."""
        self._drained = True
        self._lost()
        # How it ended comes from the nursery, at about the same time.
        if self.reason or self._killed:
            self._finish()
        else:
            asyncio.get_running_loop().call_later(DRAINED, self._finish)

    def _lost(self) -> None:
        """A connection is closed: without it the process is of no use."""
        if not self.ended.is_set():
            self.state = "dead"
            self.retiring = True
            if self.pid is not None:
                self._nursery.kill(self.pid)

    def _finish(self) -> None:
        if self.ended.is_set():
            return
        self.state = "dead"
        if self._watchdog is not None:
            self._watchdog.cancel()
        why = self.reason = self._killed or self.reason or "its process ended"
        ran = read_diary(self._diary)
        self._diary.unlink(missing_ok=True)
        for attempt in list(self.attempts.values()):
            attempt.end(self._ending(attempt, why, ran))
        for question in self._questions.values():
            if not question.done():
                question.set_exception(AskError(f"the worker ended: {why}"))
        for channel in (self._jobs, self._control):
            if channel is not None:
                channel.abort()
        self.ended.set()
        self._changed()

    def _ending(self, attempt: Attempt, why: str, ran: Sequence[AtWork]) -> Ended:
        """How an attempt ends whose process is gone."""
        if attempt.stopping is not None:
            return self._stopped(attempt, Ended("cancelled"))
        if self._killed is None or attempt.number in self._blamed:
            own = [one for one in ran if one.number == attempt.number]
            alone = own and len({one.distribution for one in ran}) == 1
            nodes = ", ".join(f"{one.node} ({one.type} of {one.distribution})" for one in own)
            return Ended(
                "lost",
                reason=f"the worker process ended while it ran: {why}"
                + (f"; at work was {nodes}" if nodes else ""),
                culprit=own[0].distribution if alone else None,
            )
        return Ended("released", reason=f"its process was ended: {why}")

    def _stopped(self, attempt: Attempt, ended: Ended) -> Ended:
        """How an attempt ends that was asked to stop, and did."""
        if attempt.stopping == "deadline":
            text = f"its time of {attempt.assignment.seconds:g} seconds was over"
            return Ended("failed", ended.seconds, text, ended.nodes, timed_out=True)
        if attempt.stopping == "drained":
            return Ended("released", ended.seconds, "the server stops", ended.nodes)
        return Ended("cancelled", ended.seconds, "it was cancelled", ended.nodes)

    # Signs of life

    def _watch(self) -> None:
        if self.ended.is_set():
            return
        now, beat = monotonic(), self.terms.heartbeat
        if now - self._watched > 2 * beat:
            self._heard = now  # it was this process that slept, or the whole machine
        self._watched = now
        silent = now - self._heard
        if self.state == "ready" and silent > MISSED_BEATS * beat:
            self.state = "dead"
        if silent > max(self.terms.silent, MISSED_BEATS * beat) and self.ready.is_set():
            self._silent()
        if silent > LONGEST_START and not self.ready.is_set():
            self.kill(f"it was not ready within {LONGEST_START:g} seconds")
        self._watchdog = asyncio.get_running_loop().call_later(beat / 2, self._watch)

    def _silent(self) -> None:
        """Whoever runs in it may be the reason, as when it had died."""
        for attempt in self.attempts.values():
            self._blamed.add(attempt.number)
        self.kill(f"it gave no sign of life for {self.terms.silent:g} seconds")

    def _take_control(self, kind: int, content: bytes) -> None:
        said = read_json(content)
        self._heard = monotonic()
        if self.state == "dead" and not self.retiring and self.ready.is_set():
            self.state = "ready"
            self._changed()
        if "alive" in said:
            self.resident = said["alive"]
            most = self.terms.most_bytes
            # One that begins with too much would only be followed by others like it.
            if most is not None and self.resident > most and (self._done or self.attempts):
                self.retire("it holds too much memory")
        elif "ready" in said:
            self.device = said["ready"]
            self.warm_up = said["warm_up"]
            self.state = "ready"
            self.ready.set()
            self._changed()
        elif "failed" in said:
            self.reason = said["failed"]
        elif "log" in said:
            log_again(*said["log"])
        elif "answer" in said:
            question = self._questions.pop(said["answer"], None)
            if question is None or question.done():
                return
            if "error" in said:
                question.set_exception(AskError(said["error"], tuple(said.get("problems", ()))))
            else:
                question.set_result(said.get("data"))

    def retire(self, why: str) -> None:
        """Take nothing new, and end once nothing runs."""
        self.retiring = True
        if not self.attempts and self._killed is None:
            self.kill(why)

    @property
    def unused(self) -> bool:
        """Whether it is ready and has done nothing yet."""
        return self.state == "ready" and not (self.attempts or self._questions or self._done)

    # Attempts

    def room(self) -> int:
        """How many more attempts it takes."""
        if self.state != "ready" or self.retiring:
            return 0
        if any(one.assignment.alone for one in self.attempts.values()):
            return 0
        return self.terms.slots - len(self.attempts)

    async def run(self, assignment: Assignment, sink: Sink, *, watched: bool = False) -> Ended:
        """Run an attempt to its end. watched: whether anyone looks at its previews already."""
        text = json.dumps(assignment.workflow, separators=(",", ":"), ensure_ascii=False)
        attempt = Attempt(next(_numbers), assignment, sink)
        self.attempts[attempt.number] = attempt
        assert self._jobs is not None
        if watched:
            self.watch(attempt, True)
        self._jobs.send(
            json_frame([[attempt.number, assignment.job, text, list(assignment.targets)]])
        )
        if assignment.seconds is not None:
            self._after(attempt, assignment.seconds, lambda: self.stop(attempt, "deadline"))
        try:
            return await self._follow(attempt)
        except Exception:
            # The sink failed. Nobody wants the rest, but it must be over before its folder goes.
            self.stop(attempt, "cancelled")
            while not attempt.over:
                await attempt.something.wait()
                attempt.something.clear()
            raise
        except asyncio.CancelledError:
            self.kill(f"nobody waits for job {assignment.job} any more")
            raise
        finally:
            for timer in attempt.timers:
                timer.cancel()
            del self.attempts[attempt.number]
            await self._tidy(attempt)
            self._done += 1
            most = self.terms.most_jobs
            if (most is not None and self._done >= most) or self.retiring:
                self.retire("it has run its share of jobs")
            self._changed()

    async def _follow(self, attempt: Attempt) -> Ended:
        said = attempt.said
        while True:
            await attempt.something.wait()
            attempt.something.clear()
            while said:
                match said.popleft():
                    case ("event", data):
                        attempt.sink.event(data)
                    case ("output", node, item, None):
                        await attempt.sink.output(node, item, None)
                    case ("output", node, item, name):
                        await self._output(attempt, node, item, name)
                    case ("end", ended):
                        assert isinstance(ended, Ended)
                        return ended

    async def _output(self, attempt: Attempt, node: str, item: dict[str, Any], name: str) -> None:
        folder = self._folder(attempt)
        file = folder / name
        size = _plain_file(file, folder)
        if size is None:
            await attempt.sink.output(node, {**item, "error": "there is no such file"}, None)
        else:
            await attempt.sink.output(node, item, LocalFile(file, size))

    def _folder(self, attempt: Attempt) -> Path:
        return self.terms.work / str(attempt.number)

    async def _tidy(self, attempt: Attempt) -> None:
        folder = self._folder(attempt)
        if folder.exists():
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, True))

    def stop(self, attempt: Attempt, why: Literal["cancelled", "deadline", "drained"]) -> None:
        """Ask an attempt to stop; kill the process where it does not within the grace time."""
        if attempt.over or attempt.stopping is not None:
            return
        attempt.stopping = why
        if self._control is not None:
            self._control.send(json_frame({"cancel": attempt.number}))
        if why != "drained":
            self._after(attempt, self.terms.grace, lambda: self._too_late(attempt))

    def _too_late(self, attempt: Attempt) -> None:
        if not attempt.over:
            job = attempt.assignment.job
            self.kill(f"job {job} did not stop when it was asked to", attempt)

    def _after(self, attempt: Attempt, seconds: float, call: Callable[[], None]) -> None:
        attempt.timers.append(asyncio.get_running_loop().call_later(seconds, call))

    def watch(self, attempt: Attempt, wanted: bool) -> None:
        """Whether anyone looks at the attempt's previews."""
        if self._control is not None:
            self._control.send(json_frame({"watch": [attempt.number, wanted]}))

    def _take(self, kind: int, content: bytes) -> None:
        if kind != JSON:
            header, picture = read_preview(content)
            attempt = self.attempts.get(header["number"])
            if attempt is not None and not attempt.over:
                attempt.sink.preview(header["node"], header["mime"], picture)
            return
        for what, number, *rest in read_json(content):
            attempt = self.attempts.get(number)
            if attempt is None or attempt.over:
                continue
            if what == "end":
                self._take_end(attempt, rest[0])
            else:
                attempt.tell(what, *rest)

    def _take_end(self, attempt: Attempt, said: Mapping[str, Any]) -> None:
        ended = Ended(
            said["status"],
            said["seconds"],
            said.get("reason"),
            said.get("nodes", {}),
            storage_full=said.get("full", False),
            problems=tuple(said.get("problems", ())),
        )
        if ended.status == "cancelled":
            # A node may also cancel its own run.
            ended = self._stopped(attempt, ended)
        attempt.end(ended)
        if said.get("broken"):
            for other in self.attempts.values():
                self._blamed.add(other.number)
            self.kill("its device does not work any more: " + (ended.reason or ""))

    # Questions

    async def ask(self, question: str, data: Mapping[str, Any]) -> Any:
        """Have it answer. Raises AskError."""
        number = next(_numbers)
        answer = asyncio.get_running_loop().create_future()
        self._questions[number] = answer
        assert self._control is not None
        try:
            self._control.send(
                json_frame({"ask": number, "question": question, "data": dict(data)})
            )
            return await answer
        except asyncio.CancelledError:
            # It may hang in somebody's code: no thread is left behind for long.
            if not answer.done() or answer.cancelled():
                self.retire("it did not answer a question")
            raise
        finally:
            self._questions.pop(number, None)
            with contextlib.suppress(asyncio.InvalidStateError):
                if answer.done() and not answer.cancelled():
                    answer.exception()


def _plain_file(file: Path, folder: Path) -> int | None:
    """How many bytes a plain file in the folder has; None for anything else.

    A worker said that it is there, and is not believed: links lead elsewhere, pipes hang.
    """
    try:
        about = file.lstat()
        inside = file.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        return None
    return about.st_size if inside and stat.S_ISREG(about.st_mode) else None


def describe_status(status: int) -> str:
    """An exit status for people."""
    if status >= 0:
        return f"it ended by itself, with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"it was ended by {name}"
