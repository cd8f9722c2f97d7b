"""Executing a plan: one event loop hands ready nodes to the lanes and takes their answers.

Several executors share the lanes of one engine; each hands in one piece of device work at a time,
so that runs take turns on the device.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import traceback
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from weft.cache import Cache
from weft.collection import paused_collection
from weft.devices import Device
from weft.errors import Cancelled, DeviceMemoryError, NodeError, WeftError
from weft.events import (
    EventLog,
    NodeFailed,
    NodeFinished,
    NodeStarted,
    NodeState,
    NodeWarning,
)
from weft.expand import spliced
from weft.expansion import Expansion
from weft.guard import Warn, log
from weft.host import RunHost
from weft.inflight import Inflight
from weft.invoke import Callee, Callees, Outputs, call, call_async, with_room
from weft.keeper import Keeper
from weft.keys import KeyMaker
from weft.lanes import IO_THREADS, Lanes
from weft.plan import Plan
from weft.registry import Registry
from weft.spec import short_id
from weft.tasks import ReadyQueue, State, Task, Tasks
from weft.values import measure
from weft.wiring import Wiring
from weft.workflow import Link

if TYPE_CHECKING:
    from weft.graph import Graph

T = TypeVar("T")
Answer = tuple[Outputs | Expansion, float] | BaseException
# How long inline nodes may run on before other runs get a turn of the event loop, in seconds.
TURN = 0.005


class Executor:
    """Executes one plan of one graph."""

    def __init__(
        self,
        graph: Graph,
        plan: Plan,
        *,
        registry: Registry,
        cache: Cache,
        callees: Callees,
        keys: KeyMaker,
        lanes: Lanes,
        inflight: Inflight,
        device: Device,
        log: EventLog,
        cancelled: threading.Event,
        host: RunHost,
    ) -> None:
        self.plan = plan
        self.registry = registry
        self.cache = cache
        self.callees = callees
        self.keys = keys
        self.lanes = lanes
        self._inflight = inflight
        self._claimed: set[str] = set()
        self.device = device
        self.log = log
        self.cancelled = cancelled
        self.states: dict[str, tuple[NodeState, float]] = {}
        self.errors: list[BaseException] = []
        self._answers: deque[tuple[Task, Answer]] = deque()
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._tasks = Tasks(self._on_ready, self._from_cache, self._on_skip)
        self._tasks.add(graph.nodes, plan.keys)
        self._wiring = Wiring(self._tasks, callees, host.context)
        self._keeper = Keeper(cache, self._tasks)
        self._ready = {lane: ReadyQueue() for lane in ("inline", "device", "io")}
        self._running = {"device": 0, "io": 0, "async": 0, "store": 0, "elsewhere": 0}
        self._limits = {"device": 1, "io": IO_THREADS}
        self._coroutines: set[asyncio.Task[None]] = set()

    # The run

    async def run(self) -> None:
        """Pull the plan's targets. Failures are recorded, not raised; Cancelled is raised."""
        ends = [*self.plan.roots, *dict.fromkeys(link.node for link in self.plan.targets)]
        for id in ends:
            self._tasks.get(id).keep = True
        self._tasks.demand(ends)
        try:
            while not self.cancelled.is_set():
                self._take_answers()
                await self._run_inline()
                self._dispatch()
                if self._answers or self._ready["inline"]:
                    continue  # a lazy node on a lane may have come to need an inline one
                if not any(self._running.values()):
                    break
                await self._wake.wait()
                self._wake.clear()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        finally:
            await self._settle()
            for key in self._claimed:
                self._inflight.release(key)
        if self.cancelled.is_set():
            raise Cancelled("the run was cancelled")

    async def _settle(self) -> None:
        """Wait for what is still running, so that nothing outlives the run."""
        if self.cancelled.is_set():
            for one in self._coroutines:
                one.cancel()
            self._running["elsewhere"] = 0  # what other runs make is theirs to finish
        while any(self._running.values()):
            await self._wake.wait()
            self._wake.clear()
            self._take_answers()
        self._take_answers()

    def value(self, link: Link) -> Any:
        """A value the run was asked for. Raises KeyError where it has none."""
        task = self._tasks.by_id[link.node]
        if task.outputs is None:
            raise KeyError(str(link))
        return task.outputs[self.callees.of(task.node.spec).positions[link.output]]

    def wake(self) -> None:
        """Make the run look around, from any thread."""
        self._loop.call_soon_threadsafe(self._wake.set)

    # Readiness

    def _from_cache(self, task: Task) -> bool:
        """Give a task its value from memory, or start to fetch it from farther away."""
        spec = task.node.spec
        if spec.is_output:
            return False
        away = self.cache.is_away(task.key)
        if not away and self.cache.where(task.key) is not None:
            found = self.cache.get(task.key, self.device.name)
            if found is not None:
                self._arrived(task, found[0], found[1])
                return True
        if away or task.key in self.plan.on_disk:
            task.state = State.RUNNING
            self._running["store"] += 1
            self.lanes.submit("io", lambda: self._read(task))
            return True
        return False

    def _read(self, task: Task) -> None:
        try:
            found = with_room(
                lambda: self.cache.get(task.key, self.device.name),
                task.id,
                task.node.spec,
                self.device,
                self.cache,
            )
        except BaseException as error:
            self._answer("store", task, error)
            return
        if found is None:
            self._answer("store", task, _Gone())
        else:
            self._answer("store", task, _Fetched(found[0], found[1]))

    def _arrived(self, task: Task, outputs: Outputs, tier: str) -> None:
        task.bytes = measure(outputs).bytes
        self.states[task.id] = ("cached", 0.0)
        type_id = short_id(task.node.spec.id)
        self.log.add(NodeFinished(task.id, "cached", 0.0, task.bytes, tier, type_id))
        self._tasks.done(task, outputs)

    def _on_ready(self, task: Task) -> None:
        spec = task.node.spec
        if task.collect is not None or spec.is_async:
            self._ready["inline"].push(task, 0)
        else:
            self._ready[spec.lane].push(task, self._tasks.frees(task))

    def _on_skip(self, task: Task) -> None:
        self.states[task.id] = ("skipped", 0.0)

    # Dispatch

    async def _run_inline(self) -> None:
        """Run the inline nodes that are ready, and those that become ready, in turns."""
        ready = self._ready["inline"]
        while ready and not self.cancelled.is_set():
            with paused_collection():
                self._inline_turn(ready)
            if ready:
                self._dispatch()
                await asyncio.sleep(0)
                self._take_answers()

    def _inline_turn(self, ready: ReadyQueue) -> None:
        end = perf_counter() + TURN
        while ready and not self.cancelled.is_set():
            task = ready.pop()
            if task.state is not State.READY:
                continue
            if task.collect is not None:
                outputs = self._wiring.collected(task)
                self._keep(task, outputs)
                self._tasks.done(task, outputs)
            else:
                self._start(task)
            if perf_counter() > end:
                break

    def _dispatch(self) -> None:
        for lane, limit in self._limits.items():
            ready = self._ready[lane]
            while ready and self._running[lane] < limit and not self.cancelled.is_set():
                task = ready.pop()
                if task.state is State.READY:
                    self._start(task)

    def _start(self, task: Task) -> None:
        node = task.node
        try:
            callee = self.callees.of(node.spec)
            if node.spec.eager is not None and not task.decided and self._decide(task, callee):
                return
            if self._made_elsewhere(task):
                return
            arguments = self._wiring.arguments(task, callee)
        except Exception as error:
            self._fail(task, error)
            return
        task.state = State.RUNNING
        self.log.add(NodeStarted(node.id, short_id(node.spec.id)))
        if node.spec.is_async:
            self._running["async"] += 1
            running = self._loop.create_task(self._run_async(task, callee, arguments))
            self._coroutines.add(running)
            running.add_done_callback(self._coroutines.discard)
        elif node.spec.lane == "inline":
            try:
                self._finish(
                    task,
                    call(callee, node.id, arguments, self.device, self.cache, self._warner(task)),
                )
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                self._fail(task, error)
        else:
            lane = node.spec.lane
            self._running[lane] += 1
            self.lanes.submit(lane, lambda: self._run_on_lane(lane, task, callee, arguments))

    def _warner(self, task: Task) -> Warn:
        """Who is told what a node changed that belongs to the whole process."""

        def warn(text: str) -> None:
            type_id = short_id(task.node.spec.id)
            log.warning("nodes.%s (%s): %s", task.id, type_id, text)
            self.log.add(NodeWarning(task.id, type_id, text))

        return warn

    def _made_elsewhere(self, task: Task) -> bool:
        """Whether another run makes this value right now. If so, the task waits for it."""
        spec = task.node.spec
        # Inline nodes are over at once, and output nodes are run for their effect.
        if spec.is_output or (spec.lane == "inline" and not spec.is_async):
            return False
        if task.key in self._claimed:
            return False
        if self._inflight.claim(task.key, lambda: self._answer("elsewhere", task, _Free())):
            self._claimed.add(task.key)
            return False
        task.state = State.RUNNING
        self._running["elsewhere"] += 1
        return True

    def _let_go(self, task: Task) -> None:
        if task.key in self._claimed:
            self._claimed.remove(task.key)
            self._inflight.release(task.key)

    def _run_on_lane(
        self, lane: str, task: Task, callee: Callee, arguments: dict[str, Any]
    ) -> None:
        try:
            answer: Answer = call(
                callee, task.id, arguments, self.device, self.cache, self._warner(task)
            )
        except BaseException as error:
            answer = error
        del arguments
        self._answer(lane, task, answer)

    async def _run_async(self, task: Task, callee: Callee, arguments: dict[str, Any]) -> None:
        try:
            answer: Answer = await call_async(
                callee, task.id, arguments, self.device, self.cache, self._warner(task)
            )
        except asyncio.CancelledError:
            answer = Cancelled(f"cancelled in node {task.id}")
        except BaseException as error:
            answer = error
        self._running["async"] -= 1
        self._answers.append((task, answer))
        self._wake.set()

    def _answer(self, lane: str, task: Task, answer: Any) -> None:
        """Hand an answer to the event loop, from any thread."""

        def receive() -> None:
            self._running[lane] -= 1
            self._answers.append((task, answer))
            self._wake.set()

        # A run that was cancelled may be over, and its loop with it, when another run answers.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(receive)

    def _decide(self, task: Task, callee: Callee) -> bool:
        """Ask a lazy node which inputs it needs. True where it must wait for them."""
        task.decided = True
        pending = self._wiring.undecided(task, callee)
        if pending:
            self._tasks.also_needs(task, pending)
        return bool(pending)

    # Answers

    def _take_answers(self) -> None:
        while self._answers:
            task, answer = self._answers.popleft()
            match answer:
                case _Fetched(value=value, tier=tier):
                    self._arrived(task, value, tier)
                case _Gone():
                    self.plan.on_disk.discard(task.key)
                    task.state = State.IDLE
                    self._tasks.demand([task.id])
                case _Free():
                    if not self._from_cache(task):
                        task.state = State.READY
                        self._on_ready(task)
                case None:
                    pass  # a value was stored
                case BaseException():
                    self._fail(task, answer)
                case _:
                    self._finish(task, answer)

    def _finish(self, task: Task, answer: tuple[Outputs | Expansion, float]) -> None:
        result, seconds = answer
        task.seconds += seconds
        if isinstance(result, Expansion):
            self._let_go(task)
            try:
                self._expand(task, result)
            except Exception as error:
                self._fail(task, error)
            return
        self._keep(task, result)
        self._let_go(task)
        self._tasks.done(task, result)

    def _keep(self, task: Task, outputs: Outputs) -> None:
        self.states[task.id] = ("ran", task.seconds)
        worth_storing = self._keeper.keep(task, outputs)
        type_id = short_id(task.node.spec.id)
        self.log.add(NodeFinished(task.id, "ran", task.seconds, task.bytes, type=type_id))
        if worth_storing:
            self._running["store"] += 1
            self.lanes.submit("io", lambda: self._store(task, outputs))

    def _store(self, task: Task, outputs: Outputs) -> None:
        self._keeper.store(task, outputs)
        self._answer("store", task, None)

    def _expand(self, task: Task, expansion: Expansion) -> None:
        splice = spliced(task.node, task.key, expansion, self.registry, self._wiring.sources(task))
        known = {**splice.keys}
        for id, node in splice.graph.nodes.items():
            if id not in splice.live:
                known[id] = self.keys.key(node, known)
        self._tasks.add(splice.graph.nodes, known)
        for id in splice.graph.nodes:
            added = self._tasks.get(id)
            if id in splice.live:
                added.keep = True
                added.outputs = (splice.live[id],)
                added.state = State.DONE
        fresh = [key for id, key in known.items() if id not in splice.live]
        self.plan.on_disk |= self.cache.on_disk(
            [key for key in fresh if self.cache.where(key) is None]
        )
        task.collect = splice.collect
        links = [
            link
            for wanted in splice.collect.values()
            for link in (wanted if isinstance(wanted, list) else [wanted])
        ]
        self._tasks.hold_more(task, links)
        # Output nodes inside count as well: the expansion is done when they are.
        effects = [Link(id, "") for id in splice.graph.roots]
        self._tasks.also_needs(task, [*links, *effects])

    def _fail(self, task: Task, error: BaseException) -> None:
        self._let_go(task)
        if isinstance(error, Cancelled):
            self.cancelled.set()
            self._tasks.failed(task)
            return
        spec = task.node.spec
        if not isinstance(error, NodeError):
            name, text = type(error).__name__, _said(error)
            if text and not isinstance(error, WeftError):
                text = f"{name}: {text}"
            text = text or name
            wrapped = NodeError(task.id, short_id(spec.id), text)
            wrapped.__cause__ = error
        else:
            wrapped = error
        trace = "".join(traceback.format_exception(error)) if error.__traceback__ else ""
        if isinstance(error, DeviceMemoryError):
            _let_go_of_frames(error)
        self.errors.append(wrapped)
        self.states[task.id] = ("failed", task.seconds)
        self.log.add(NodeFailed(task.id, short_id(spec.id), wrapped.message, trace))
        self._tasks.failed(task)


def _said(error: BaseException) -> str:
    """What an error says of itself; a plugin's may fail at that, too."""
    try:
        return str(error)
    except Exception as another:
        return f"<its text cannot be had: {type(another).__name__}>"


def _let_go_of_frames(error: BaseException | None) -> None:
    """Forget the frames that an error came through, and with them the tensors of what failed:
    whoever keeps the outcome would keep them too, and there is no room."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


class _Fetched:
    __match_args__ = ("value", "tier")

    def __init__(self, value: Any, tier: str) -> None:
        self.value = value
        self.tier = tier


class _Gone:
    """A value is no longer where it was when it was asked for."""


class _Free:
    """Another run let go of a key: its value is in the cache, or could not be made."""
