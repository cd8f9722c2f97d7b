"""A worker process: runs the engine, several jobs at once, and answers questions meanwhile.

Two connections to the server. The event loop owns the one that carries jobs out and events back.
A thread owns the other, for what must work while the loop is busy: cancelling, signs of life,
questions, and noticing that the server is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import faulthandler
import json
import logging
import os
import selectors
import socket
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NoReturn

from weft import (
    Absence,
    Engine,
    Event,
    Job,
    ModelFolders,
    NodeFailed,
    NodeFinished,
    NodePreview,
    NodeProgress,
    NodeStarted,
    Output,
    Registry,
    WeftError,
    Workflow,
    WorkflowError,
    default_cache,
    device_is_lost,
    parse_json,
)
from weft_web.workers.at_work import Diary
from weft_web.workers.logs import ForwardedLog
from weft_web.workers.outbox import Outbox
from weft_web.workers.previews import Previews
from weft_web.workers.questions import Questions
from weft_web.workers.wire import JSON, Channel, Frames, json_frame, preview_frame, read_json

SILENT_EVENTS = {"queued", "started", "finished", "node_preview", "node_progress", "output"}
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
KEPT_WORKFLOWS = 64
KEPT_TEXT = 32 << 20  # characters of all kept workflows together
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


@dataclass
class _Running:
    """An attempt at work. `number` is the server's name for it."""

    number: int
    job: Job
    folder: Path
    watched: bool = False
    lost: bool = False
    failed: list[NodeFailed] = field(default_factory=list)


def main(order: Mapping[str, Any], jobs: socket.socket, control: socket.socket) -> None:
    """Live until the server says that it is over, or is gone."""
    faulthandler.enable()  # a segmentation fault leaves its traceback on the server's stderr
    line = _Control(control, order["heartbeat"])
    logging.basicConfig(level=logging.INFO, handlers=[ForwardedLog(line.send)], force=True)
    logging.captureWarnings(True)
    try:
        engine = _engine(order)
    except Exception as error:
        text = str(error) if isinstance(error, WeftError) else f"{type(error).__name__}: {error}"
        line.send({"failed": text})
        return
    diary = Diary(Path(order["diary"]), engine.registry)
    worker = _Worker(engine, Path(order["work"]), line, diary)
    asyncio.run(worker.run(jobs))


def _engine(order: Mapping[str, Any]) -> Engine:
    """The engine that the order describes. Raises WeftError."""
    place = order.get("registry")
    if place is None:
        without = {name: Absence(*one) for name, one in order["without"].items()}
        registry = Registry.installed(without)
    else:
        module, _, name = place.partition(":")
        registry = getattr(import_module(module), name)()
    models = ModelFolders.default(order["models"], registry.model_folders)
    from weft import choose_device

    device = choose_device(order["device"])
    return Engine(
        registry=registry,
        device=device,
        cache=default_cache(device, disk=True),
        models=models,
        output_dir=Path(order["work"]) / "none",
        uploads=Path(order["uploads"]),
    )


class _Control:
    """The connection for what must work while the event loop is busy. Any thread may send."""

    def __init__(self, connection: socket.socket, heartbeat: float) -> None:
        self._connection = connection
        self._heartbeat = heartbeat
        self._sending = threading.Lock()

    def send(self, data: object) -> None:
        """Send a message; the process ends where nobody is there to read it."""
        try:
            with self._sending:
                self._connection.sendall(json_frame(data, "replace"))
        except OSError:
            os._exit(0)

    def listen(self, worker: _Worker) -> NoReturn:
        """Read until the server is gone; then this process ends at once, whatever it does."""
        frames = Frames()
        selector = selectors.DefaultSelector()
        selector.register(self._connection, selectors.EVENT_READ)
        due = 0.0
        while True:
            now = time.monotonic()
            if now >= due:
                self.send({"alive": resident_bytes()})
                due = now + self._heartbeat
            if not selector.select(max(0.0, due - now)):
                continue
            try:
                data = self._connection.recv(1 << 16)
            except OSError:
                data = b""
            if not data:
                os._exit(0)
            for _, content in frames.feed(data):
                worker.told(read_json(content))


def resident_bytes() -> int:
    """The memory that this process holds; 0 where it cannot be told."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0


class _Worker:
    def __init__(self, engine: Engine, work: Path, control: _Control, diary: Diary) -> None:
        self._engine = engine
        self._diary = diary
        self._work = work
        self._control = control
        self._running: dict[int, _Running] = {}
        self._cancelled_early: deque[int] = deque(maxlen=1024)
        self._watched_early: deque[int] = deque(maxlen=1024)
        self._lock = threading.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._workflows: OrderedDict[str, Workflow] = OrderedDict()
        self._text = 0
        self._questions = Questions(engine, control.send)

    async def run(self, connection: socket.socket) -> None:
        """Take attempts until the connection closes."""
        loop = asyncio.get_running_loop()
        connection.setblocking(False)
        # Without the server nothing that runs here is of use to anybody.
        _, channel = await loop.create_connection(
            lambda: Channel(self._take, lambda: os._exit(0)), sock=connection
        )
        self._outbox = Outbox(loop, lambda batch: channel.send(json_frame(batch, "replace")))

        def show(header: dict[str, Any], picture: bytes) -> None:
            loop.call_soon_threadsafe(channel.send, preview_frame(header, picture))

        self._previews = Previews(show)
        threading.Thread(
            target=self._control.listen, args=(self,), name="weft-control", daemon=True
        ).start()
        engine = self._engine
        self._control.send({"ready": engine.device.name, "warm_up": engine.registry.warm_up})
        await asyncio.Event().wait()

    # On the event loop

    def _take(self, kind: int, content: bytes) -> None:
        if kind != JSON:
            return
        for number, id, text, targets in read_json(content):
            running = _Running(number, Job(id, keep=False), self._work / str(number))
            with self._lock:
                self._running[number] = running
                if number in self._cancelled_early:
                    running.job.cancel()
                running.watched = number in self._watched_early
            task = asyncio.get_running_loop().create_task(self._attempt(running, text, targets))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _attempt(self, running: _Running, text: str, targets: list[str]) -> None:
        """One attempt, to its end, which is always told."""
        start = time.perf_counter()
        status: Literal["done", "failed", "cancelled", "lost"] = "failed"
        reason: str | None = None
        more: dict[str, Any] = {}
        try:
            outcome = await self._engine.run_async(
                self._workflow(text),
                targets,
                output_dir=running.folder,
                on_event=lambda event: self._heard(running, event),
                job=running.job,
            )
            status = outcome.status
            more["nodes"] = outcome.nodes
            if outcome.errors:
                reason = str(outcome.errors[0])
            if any(_is_full(error) for error in outcome.errors):
                more["full"] = True
            if any(device_is_lost(error) for error in outcome.errors):
                # The process is of no use any more. Which of its jobs did that, nobody knows.
                status = "lost" if len(self._running) > 1 else "failed"
                running.lost = True
        except WorkflowError as error:
            reason = str(error)
            more["problems"] = [one.as_dict() for one in error.problems]
        except WeftError as error:
            reason = str(error)
        except BaseException as error:
            # Whatever it is, also a KeyboardInterrupt of a node: it ends this attempt and no other.
            reason = f"{type(error).__name__}: {error}"
        finally:
            self._diary.is_over(running.number)
            with self._lock:
                self._running.pop(running.number, None)
            self._previews.forget(running.number)
        if running.job.cancelled.is_set() and status == "failed" and not running.failed:
            status = "cancelled"
        message = {"status": status, "seconds": time.perf_counter() - start, **more}
        if reason is not None:
            message["reason"] = reason
        if running.lost:
            message["broken"] = True
        self._outbox.put(["end", running.number, message], settles=(running.number, None))

    def _workflow(self, text: str) -> Workflow:
        """The document of a text; the same object for the same text, whose graph is then known."""
        found = self._workflows.get(text)
        if found is not None:
            self._workflows.move_to_end(text)
            return found
        found = Workflow.from_data(parse_json(text))
        self._workflows[text] = found
        self._text += len(text)
        while len(self._workflows) > KEPT_WORKFLOWS or (
            self._text > KEPT_TEXT and len(self._workflows) > 1
        ):
            old, _ = self._workflows.popitem(last=False)
            self._text -= len(old)
        return found

    # On any thread

    def _heard(self, running: _Running, event: Event) -> None:
        number = running.number
        if isinstance(event, NodeStarted):
            self._diary.begins(number, event.node, event.type)
        elif isinstance(event, NodeFinished | NodeFailed):
            self._diary.is_over(number, event.node)
        match event:
            case NodeProgress():
                self._outbox.progress(number, event.node, event.as_dict())
            case NodePreview():
                self._previews.offer(number, event.node, event.render, running.watched)
            case Output():
                self._outbox.put(["output", number, event.node, *_described(running, event.item)])
            case _ if event.event not in SILENT_EVENTS:
                data = event.as_dict()
                if isinstance(event, NodeFailed):
                    running.failed.append(event)
                self._outbox.put(["event", number, data], settles=(number, data.get("node")))

    # On the control thread

    def told(self, said: Mapping[str, Any]) -> None:
        """What the server says beside the jobs."""
        if "cancel" in said:
            with self._lock:
                running = self._running.get(said["cancel"])
                if running is None:
                    self._cancelled_early.append(said["cancel"])
            if running is not None:
                # The run, and its loop, may be over by now.
                with contextlib.suppress(RuntimeError):
                    running.job.cancel()
        elif "watch" in said:
            number, wanted = said["watch"]
            with self._lock:
                running = self._running.get(number)
                if running is None and wanted:
                    self._watched_early.append(number)
            if running is not None:
                running.watched = wanted
                if wanted:
                    self._previews.show(number)
        elif "ask" in said:
            self._questions.ask(said["ask"], said["question"], said["data"])


def _is_full(error: BaseException | None) -> bool:
    """Whether an error, or one that led to it, says that the disk is full."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def _described(running: _Running, item: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """What a node said of an output, as JSON data without its path; and its name in the folder."""
    said = {key: value for key, value in item.items() if key != "path"}
    try:
        said = json.loads(json.dumps(said, default=str), parse_constant=lambda name: None)
    except Exception as error:  # `str` of what the node said may raise anything
        said = {"error": f"what the node said of it is no JSON data: {error}"}
    path = item.get("path")
    if path is None:
        return said, None
    # The engine has seen to it that it lies inside.
    name = Path(os.path.relpath(os.path.realpath(str(path)), os.path.realpath(running.folder)))
    # What lies in a hidden folder, such as the previews, has no name that people know.
    hidden = any(part.startswith(".") for part in name.parts)
    return {**said, "name": name.name if hidden else name.as_posix()}, name.as_posix()
