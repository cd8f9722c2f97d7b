"""The engine: a registry, a cache, a device and lanes that any number of runs share."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import uuid
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from weft import clock
from weft.backends import make_backend
from weft.cache import GIB, Cache
from weft.collection import paused_collection
from weft.config import Config
from weft.devices import Device, choose_device
from weft.errors import Cancelled, NodeError, PluginError, Problem, WeftError, WorkflowError
from weft.events import Event, EventLog, Finished, Listener, Planned, Queued, Started, Status
from weft.executor import Executor
from weft.files import ModelFolders, file_identity
from weft.graph import Graph
from weft.host import RunHost
from weft.inflight import Inflight
from weft.invoke import Callees
from weft.keys import KeyMaker
from weft.lanes import Lanes
from weft.migrate import outdated, up_to_date
from weft.named_files import file_problems
from weft.plan import Memory, Plan, make_plan, memory_of
from weft.registry import Registry
from weft.requires import with_requirements
from weft.workflow import Link, Workflow

log = logging.getLogger("weft")
# Graphs of the workflows that ran last, and the nodes of all of them together.
KEPT_GRAPHS = 64
KEPT_NODES = 50_000
LOOK_EVERY = 0.05  # seconds between looks whether a run was cancelled while files are read


class Job:
    """One run, from outside: its events, and the way to cancel it. Use it once.

    keep: whether the log keeps the events, to be replayed.
    """

    def __init__(self, id: str | None = None, *, keep: bool = True) -> None:
        self.id = id or uuid.uuid4().hex
        self.log = EventLog(keep=keep)
        self.cancelled = threading.Event()
        self._executor: Executor | None = None

    def cancel(self) -> None:
        """Stop at the next step of every running node. From any thread, also a signal handler."""
        self.cancelled.set()
        if self._executor is not None:
            self._executor.wake()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    status: "done", "failed" or "cancelled".
    values: what was asked for by `targets`, by "node.output"; what failed is missing.
    outputs: what output nodes made, by node: files have a "path".
    nodes: for each node that mattered its state ("ran", "cached", "failed", "skipped"), seconds.
    errors: one NodeError for each node that failed.
    """

    status: Status
    seconds: float
    values: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    nodes: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    errors: tuple[NodeError, ...] = ()

    def __getitem__(self, target: str) -> Any:
        return self.values[target]

    def check(self) -> Outcome:
        """The outcome itself if everything was done. Raises the first NodeError, or Cancelled."""
        if self.errors:
            raise self.errors[0]
        if self.status == "cancelled":
            raise Cancelled("the run was cancelled")
        return self


class Engine:
    """Runs workflows. Keep one for as long as its cache is wanted; close it at the end.

    registry: the node types; those of the installed plugins where none is given.
    device: "auto", "cpu", "cuda", "cuda:N", or a Device.
    cache: the cache; one with the configured budgets and no disk tier where none is given.
    models: where model files are; the configured folders where none are given.
    output_dir: where output nodes write; `output` in the current folder where none is given.
    uploads: the one folder whose files may be named by inputs that take a person's own file; None
        where they may name any path.

    Raises InputError where the device is not there.
    """

    def __init__(
        self,
        *,
        registry: Registry | None = None,
        device: str | Device = "auto",
        cache: Cache | None = None,
        models: ModelFolders | None = None,
        output_dir: str | Path = "output",
        uploads: Path | None = None,
    ) -> None:
        self.registry = registry or Registry.installed()
        self.device = choose_device(device) if isinstance(device, str) else device
        self.cache = cache or default_cache(self.device, disk=False)
        self.output_dir = Path(output_dir)
        self.uploads = uploads
        self._models = models
        self._lanes = Lanes()
        self._callees = Callees(self.registry)
        self._inflight = Inflight()
        self._jobs: set[Job] = set()
        self._listeners: list[Callable[[str, Event], None]] | None = None
        self._graphs: dict[int, tuple[weakref.ref[Workflow], Graph]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what still runs, end the lanes and close the cache's index."""
        for job in list(self._jobs):
            job.cancel()
        self._lanes.close()
        self.cache.close()

    @property
    def models(self) -> ModelFolders:
        """Where model files are looked for."""
        if self._models is None:
            self._models = ModelFolders.default(shipped=self.registry.model_folders)
        return self._models

    def graph(self, workflow: Workflow) -> Graph:
        """The validated graph of a workflow. Raises WorkflowError with every problem."""
        # Documents are immutable, so the same object has the same graph.
        known = self._graphs.get(id(workflow))
        if known is not None and known[0]() is workflow:
            return known[1]
        with paused_collection():
            graph = Graph.of(workflow, self.registry)
            problems = file_problems(graph, self.models, self.uploads)
        if problems:
            raise WorkflowError(problems)
        self._remember(workflow, graph)
        return graph

    def _remember(self, workflow: Workflow, graph: Graph) -> None:
        """Keep the graph, and as many of the last ones as are small together."""
        with self._lock:  # plans are asked for in other threads
            known = {key: kept for key, kept in self._graphs.items() if kept[0]() is not None}
            known[id(workflow)] = (weakref.ref(workflow), graph)
            held = sum(len(one.nodes) for _, one in known.values())
            for old in list(known)[:-1]:
                if len(known) <= KEPT_GRAPHS and held <= KEPT_NODES:
                    break
                held -= len(known.pop(old)[1].nodes)
            self._graphs = known

    def plan(
        self,
        workflow: Workflow,
        targets: Iterable[str] = (),
        *,
        parameters: Mapping[str, Any] | None = None,
        memory: Memory | None = None,
        before: Workflow | None = None,
    ) -> Plan:
        """What a run would do, and why. Raises WorkflowError.

        before: an earlier state of the workflow, which nodes that run are compared with to tell
        why, where there is no `memory`. One that could not run now tells nothing.
        """
        graph = self.graph(workflow.with_parameters(parameters) if parameters else workflow)
        keys = self._keys()
        if memory is None and before is not None:
            # What it was made of may be gone: a node type, a file that a fingerprint reads.
            with contextlib.suppress(WeftError):
                memory = memory_of(self.graph(before), keys)
        return self._plan(graph, self._named(graph, targets), keys, memory)

    def run(
        self,
        workflow: Workflow,
        targets: Iterable[str] = (),
        *,
        parameters: Mapping[str, Any] | None = None,
        output_dir: str | Path | None = None,
        on_event: Listener | None = None,
        job: Job | None = None,
        memory: Memory | None = None,
    ) -> Outcome:
        """Run a workflow and wait for it. `run_async` says what the arguments mean."""
        return asyncio.run(
            self.run_async(
                workflow,
                targets,
                parameters=parameters,
                output_dir=output_dir,
                on_event=on_event,
                job=job,
                memory=memory,
            )
        )

    async def run_async(
        self,
        workflow: Workflow,
        targets: Iterable[str] = (),
        *,
        parameters: Mapping[str, Any] | None = None,
        output_dir: str | Path | None = None,
        on_event: Listener | None = None,
        job: Job | None = None,
        memory: Memory | None = None,
    ) -> Outcome:
        """Run a workflow; several runs may go on at once.

        targets: the outputs wanted, as "node.output" or "node"; every output node where none.
        parameters: values for the workflow's parameters.
        on_event: called with every event, in the thread where it happens.
        job: to cancel the run or to read its events.
        memory: what earlier runs were like, to tell why a node runs.

        A failed node does not raise: the outcome says so. Raises WorkflowError where the workflow
        is wrong; then nothing has run.
        """
        start = clock.seconds()
        if self._lanes.closed:
            raise WeftError("the engine is closed")
        if parameters:
            workflow = workflow.with_parameters(parameters)
        job = job or Job()
        if on_event is not None:
            job.log.listen(on_event)
        for listener in self._plugin_listeners():
            job.log.listen(partial(listener, job.id))
        graph = self.graph(workflow)
        targets = tuple(targets)
        named = self._named(graph, targets)
        job.log.add(Queued(job.id))
        with _told_to_the_end(job, start):
            keys = self._keys()
            job.log.add(Started(job.id, self.device.name))
            if not await self._read_files(graph, targets, keys, job):
                seconds = clock.seconds() - start
                job.log.add(Finished("cancelled", seconds, {}, {}))
                return Outcome("cancelled", seconds)
            plan = self._plan(graph, named, keys, memory)
            job.log.add(Planned(plan.count("run"), plan.count("cached"), plan.count("unneeded")))
            host = RunHost(
                device=self.device.name,
                lanes=self._lanes,
                log=job.log,
                cancelled=job.cancelled,
                output_dir=Path(output_dir) if output_dir is not None else self.output_dir,
                workflow=partial(self._document, workflow),
                find_model=self.models.find,
                uploads=self.uploads,
            )
            executor = Executor(
                graph,
                plan,
                registry=self.registry,
                cache=self.cache,
                callees=self._callees,
                keys=keys,
                lanes=self._lanes,
                inflight=self._inflight,
                device=self.device,
                log=job.log,
                cancelled=job.cancelled,
                host=host,
            )
            job._executor = executor
            self._jobs.add(job)
            status: Status = "done"
            try:
                await executor.run()
            except Cancelled:
                status = "cancelled"
            finally:
                job._executor = None
                self._jobs.discard(job)
            if executor.errors:
                status = "failed"
            elif memory is not None and status == "done":
                memory.remember(plan)
            return _outcome(status, clock.seconds() - start, executor, host, plan, job)

    def _plugin_listeners(self) -> list[Callable[[str, Event], None]]:
        """What plugins have listen to every run; one that cannot be imported is told of once."""
        if self._listeners is None:
            self._listeners = []
            for offer in self.registry.offers["event_listeners"].values():
                try:
                    self._listeners.append(offer.function())
                except PluginError as error:
                    log.warning("%s", error)
        return self._listeners

    async def _read_files(
        self, graph: Graph, targets: tuple[str, ...], keys: KeyMaker, job: Job
    ) -> bool:
        """Have large files digested on a thread: planning asks for it, and other runs need the
        loop. False where the job was cancelled meanwhile."""
        if not keys.large_files(graph.nodes.values()):
            return True
        ends = [link.node for one in targets for link in graph.named(one).values()]
        needed = graph.upstream(ends or graph.roots)
        paths = keys.large_files(node for id, node in graph.nodes.items() if id in needed)

        def read() -> None:
            for path in paths:
                if job.cancelled.is_set():
                    return
                with contextlib.suppress(OSError):  # planning takes it for missing
                    file_identity(path)

        reading = asyncio.ensure_future(asyncio.to_thread(read))
        while not reading.done() and not job.cancelled.is_set():
            await asyncio.wait([reading], timeout=LOOK_EVERY)
        return not job.cancelled.is_set()

    def _document(self, workflow: Workflow) -> dict[str, Any]:
        """What ran, for outputs that carry it: every node at the version that did, and whence."""
        if outdated(workflow, self.registry):
            # A subgraph that nothing uses may hold what nobody can migrate.
            with contextlib.suppress(WorkflowError):
                workflow = up_to_date(workflow, self.registry)
        return with_requirements(workflow, self.registry).data()

    def _keys(self) -> KeyMaker:
        return KeyMaker(self.registry, self.device.name, self._find_model, self.uploads)

    def _find_model(self, folder: str, name: str) -> Path:
        return self.models.find(folder, name)

    def _named(self, graph: Graph, targets: Iterable[str]) -> dict[str, Link]:
        """The outputs that are wanted, by name. Raises WorkflowError where there is none."""
        named = {name: link for target in targets for name, link in graph.named(target).items()}
        if not named and not graph.roots:
            raise WorkflowError(
                [
                    Problem(
                        "nodes", "nothing to run: there is no output node and no target was named"
                    )
                ]
            )
        return named

    def _plan(
        self, graph: Graph, named: dict[str, Link], keys: KeyMaker, memory: Memory | None
    ) -> Plan:
        with paused_collection():
            links = dict.fromkeys(named.values())
            plan = make_plan(graph, self.registry, self.cache, keys, links, memory)
        plan.named = named
        return plan


@contextlib.contextmanager
def _told_to_the_end(job: Job, start: float) -> Iterator[None]:
    """Whoever listens to a job is told that it is over, also where the run raises."""
    try:
        yield
    except BaseException as error:
        stopped = isinstance(error, asyncio.CancelledError | KeyboardInterrupt)
        seconds = clock.seconds() - start
        job.log.add(Finished("cancelled" if stopped else "failed", seconds, {}, {}))
        raise


def default_cache(device: Device, *, disk: bool = True) -> Cache:
    """A cache with the configured budgets, and the configured backend as its last tier.

    Raises InputError where nobody offers that backend, and PluginError where it cannot be made.
    """
    budgets = Config.load().cache
    room = device.budget()
    if room is not None and budgets.device is not None:
        room = int(budgets.device * GIB)
    return Cache(
        host=int(budgets.host * GIB),
        device=room,
        backend=make_backend(budgets.backend, int(budgets.disk * GIB)) if disk else None,
    )


def run(workflow: Workflow | str | Path, targets: Iterable[str] = (), **parameters: Any) -> Outcome:
    """Run a workflow, or the workflow in a file, once, and wait for it.

    Raises WorkflowError where it is wrong, and NodeError where a node failed.
    """
    if not isinstance(workflow, Workflow):
        workflow = Workflow.load(workflow)
    with Engine() as engine:
        return engine.run(workflow, targets, parameters=parameters).check()


def _outcome(
    status: Status, seconds: float, executor: Executor, host: RunHost, plan: Plan, job: Job
) -> Outcome:
    values = {}
    for name, link in plan.named.items():
        try:
            values[name] = executor.value(link)
        except KeyError:
            continue
    nodes = {
        id: {"state": state, "seconds": round(took, 6)}
        for id, (state, took) in executor.states.items()
    }
    job.log.add(Finished(status, seconds, host.outputs, nodes))
    errors = tuple(one for one in executor.errors if isinstance(one, NodeError))
    return Outcome(status, seconds, values, host.outputs, nodes, errors)
