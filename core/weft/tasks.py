"""One run: the states of its nodes, what waits for what, and what may be let go.

Demand-driven: a node is asked for by whoever needs its outputs, starting from the targets. No
recursion anywhere; the depth of a graph is bounded by memory only.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from weft.graph import GraphNode
from weft.invoke import Outputs
from weft.values import SMALL
from weft.workflow import Link


class State(IntEnum):
    """Where a node stands."""

    IDLE = 0
    WAITING = 1
    READY = 2
    RUNNING = 3
    DONE = 4
    FAILED = 5
    SKIPPED = 6
    RELEASED = 7


@dataclass(slots=True, eq=False)
class Task:
    """A node in a run.

    waiting: how many parents are not done yet.
    uses: how many links into demanded nodes may still read the outputs.
    links: the links that this task reads; those of the node, or of what it expanded to.
    keep: whether someone outside wants the outputs.
    held: whether its links count among the uses of its parents; not where a cache had its outputs.
    decided, undecided: of a lazy node, whether it was asked what it needs, and whether what it may
        yet need is held for it.
    """

    node: GraphNode
    key: str
    state: State = State.IDLE
    waiting: int = 0
    uses: int = 0
    keep: bool = False
    held: bool = False
    decided: bool = False
    undecided: bool = False
    outputs: Outputs | None = None
    bytes: int = 0
    seconds: float = 0.0
    path_seconds: float = 0.0
    dependants: list[Task] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    collect: dict[str, Link | list[Link]] | None = None
    error: BaseException | None = None

    @property
    def id(self) -> str:
        """The node's id."""
        return self.node.id


class ReadyQueue:
    """Ready tasks; the one whose run lets go of the most bytes comes first, then the newest.

    Newest first walks the graph in depth, so that a value is used soon after it was made.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Task]] = []
        self._count = itertools.count()

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, task: Task, frees: int) -> None:
        """Add a task that would let go of `frees` bytes."""
        heapq.heappush(self._heap, (-frees, -next(self._count), task))

    def pop(self) -> Task:
        """Take the best task."""
        return heapq.heappop(self._heap)[2]


class Tasks:
    """The tasks of a run and the rules by which they become ready and are let go.

    on_ready: called with each task that may run now.
    cached: asked for a task's outputs; answers True if it gave or will give them.
    """

    def __init__(
        self,
        on_ready: Callable[[Task], None],
        cached: Callable[[Task], bool],
        on_skip: Callable[[Task], None],
    ) -> None:
        self.nodes: dict[str, GraphNode] = {}
        self.keys: dict[str, str] = {}
        self.by_id: dict[str, Task] = {}
        self._on_ready = on_ready
        self._cached = cached
        self._on_skip = on_skip
        # While lazy nodes are undecided: the links of nodes that they may yet ask for, by node.
        self._undecided = 0
        self._possible: dict[str, list[Link]] = {}

    def add(self, nodes: Mapping[str, GraphNode], keys: Mapping[str, str]) -> None:
        """Add nodes that nobody has asked for yet."""
        self.nodes.update(nodes)
        self.keys.update(keys)

    def get(self, id: str) -> Task:
        """The task of a node, made when it is first asked for: most of a cached graph never is."""
        task = self.by_id.get(id)
        if task is None:
            node = self.nodes[id]
            task = self.by_id[id] = Task(node, self.keys[id], links=list(node.links.values()))
        return task

    def demand(self, ids: Iterable[str]) -> None:
        """Ask for nodes and for all they need."""
        stack = [self.get(id) for id in ids]
        while stack:
            task = stack.pop()
            if task.state is State.RELEASED:
                task.state = State.IDLE
            if task.state is not State.IDLE:
                continue
            if self._cached(task):
                continue
            task.state = State.WAITING
            self._hold(task)
            self._release(self._possible.pop(task.id, []))
            eager = task.node.spec.eager
            wanted: Iterable[Link] = task.links
            if eager is not None:
                self._hold_possible(task)
                wanted = [task.node.links[name] for name in eager if name in task.node.links]
            self.wait_for(task, wanted, stack)

    def wait_for(self, task: Task, links: Iterable[Link], stack: list[Task]) -> None:
        """Let a task wait for links; parents that nobody asked for yet go on the stack."""
        doomed = False
        for link in links:
            parent = self.get(link.node)
            if parent.state is State.DONE:
                continue
            if parent.state in (State.FAILED, State.SKIPPED):
                doomed = True
                continue
            task.waiting += 1
            parent.dependants.append(task)
            if parent.state in (State.IDLE, State.RELEASED):
                stack.append(parent)
        if doomed:
            self.skip(task)
        elif task.waiting == 0:
            self._ready(task)

    def also_needs(self, task: Task, links: list[Link]) -> None:
        """Let a task that was ready wait for more."""
        task.state = State.WAITING
        stack: list[Task] = []
        self.wait_for(task, links, stack)
        self.demand([one.id for one in stack])
        self._is_decided(task)

    def done(self, task: Task, outputs: Outputs) -> None:
        """Record a task's outputs, wake what waits for them and let go of what it read."""
        task.state = State.DONE
        task.outputs = outputs
        dependants, task.dependants = task.dependants, []
        for dependant in dependants:
            dependant.waiting -= 1
            if dependant.waiting == 0 and dependant.state is State.WAITING:
                self._ready(dependant)
        self.let_go(task)

    def failed(self, task: Task) -> None:
        """Record a failure and skip everything that depends on it, and nothing else."""
        task.state = State.FAILED
        self.let_go(task)
        for dependant in task.dependants:
            self.skip(dependant)
        task.dependants = []

    def skip(self, task: Task) -> None:
        """Skip a task and everything that depends on it."""
        stack = [task]
        while stack:
            one = stack.pop()
            if one.state in (State.SKIPPED, State.FAILED, State.DONE):
                continue
            one.state = State.SKIPPED
            self._on_skip(one)
            self.let_go(one)
            stack.extend(one.dependants)
            one.dependants = []

    def _ready(self, task: Task) -> None:
        task.state = State.READY
        self._on_ready(task)

    def _hold(self, task: Task) -> None:
        # Lazy inputs count too: a value that may yet be chosen must not be let go.
        task.held = True
        for link in task.links:
            self.get(link.node).uses += 1

    def _hold_possible(self, task: Task) -> None:
        """Hold what a lazy node may come to need further up, so that nothing runs twice for it."""
        task.undecided = True
        self._undecided += 1
        stack = [link.node for link in task.links]
        while stack:
            id = stack.pop()
            one = self.get(id)
            if id in self._possible or one.state not in (State.IDLE, State.RELEASED):
                continue
            self._possible[id] = one.links
            for link in one.links:
                self.get(link.node).uses += 1
                stack.append(link.node)

    def _is_decided(self, task: Task) -> None:
        """Let go of what nobody asked for once every lazy node has decided."""
        if not task.undecided:
            return
        task.undecided = False
        self._undecided -= 1
        if self._undecided == 0:
            possible, self._possible = self._possible, {}
            for links in possible.values():
                self._release(links)

    def hold_more(self, task: Task, links: list[Link]) -> None:
        """Let a task read other links from now on, in place of those it read."""
        for link in links:
            self.get(link.node).uses += 1
        self._release(task.links)
        task.links = links

    def let_go(self, task: Task) -> None:
        """Release what a task read, if it was the last to read it."""
        if not task.held:
            return
        task.held = False
        self._is_decided(task)
        self._release(task.links)
        if task.collect is not None:
            # Were it asked for again, it would expand again, from its own inputs.
            task.collect = None
            task.decided = False
            task.links = list(task.node.links.values())

    def _release(self, links: list[Link]) -> None:
        for link in links:
            parent = self.by_id[link.node]
            parent.uses -= 1
            if parent.uses == 0 and not parent.keep and parent.state is State.DONE:
                parent.outputs = None
                parent.state = State.RELEASED

    def frees(self, task: Task) -> int:
        """The bytes of values that would be let go once the task has run."""
        total = 0
        for link in task.links:
            parent = self.by_id[link.node]
            if parent.uses == 1 and not parent.keep and parent.bytes > SMALL.bytes:
                total += parent.bytes
        return total
