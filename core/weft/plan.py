"""The plan of a run: for every node whether it will run, is cached or is not needed, and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from weft.errors import InputError, WeftError
from weft.files import write_atomically
from weft.keys import KeyMaker
from weft.workflow import Link

if TYPE_CHECKING:
    from weft.cache import Cache
    from weft.graph import Graph, GraphNode
    from weft.registry import Registry

State = Literal["run", "cached", "unneeded"]


@dataclass(frozen=True, slots=True)
class Step:
    """What the plan says of one node.

    state: "run", "cached" or "unneeded".
    reason: why it runs, such as "value changed"; or the tier that holds it.
    key: its cache key; "" where it is not needed.
    """

    state: State
    reason: str
    key: str = ""


UNNEEDED = Step("unneeded", "nothing that runs needs it")


@dataclass(slots=True)
class Plan:
    """Steps by node id, in the graph's order."""

    steps: dict[str, Step]
    targets: tuple[Link, ...]
    roots: tuple[str, ...]
    # the targets by the names they were asked for by, which may be a subgraph's output
    named: dict[str, Link] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    on_disk: set[str] = field(default_factory=set)
    remembered: dict[str, list[str]] = field(default_factory=dict)

    def count(self, state: State) -> int:
        """How many nodes are in a state."""
        return sum(step.state == state for step in self.steps.values())

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON data."""
        return {id: {"state": step.state, "reason": step.reason} for id, step in self.steps.items()}


class Memory:
    """What earlier runs of one workflow file looked like, so that a plan can say what changed.

    path: a JSON file; None remembers nothing.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.seen: dict[str, list[str]] = {}
        if path is not None:
            try:
                data = json.loads(path.read_text("utf-8"))
                self.seen = {str(id): [str(one) for one in row] for id, row in data.items()}
            except (OSError, ValueError, TypeError, AttributeError):
                self.seen = {}

    @classmethod
    def of(cls, scope: str, folder: Path) -> Memory:
        """The memory of a scope, such as the absolute path of a workflow file."""
        name = hashlib.blake2b(scope.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
        return cls(folder / "plans" / f"{name}.json")

    def remember(self, plan: Plan) -> None:
        """Keep a plan that ran."""
        self.seen |= plan.remembered
        if self.path is not None:
            try:
                write_atomically(self.path, json.dumps(self.seen).encode())
            except InputError:
                return  # without it a later plan only says less

    def why(self, id: str, row: list[str]) -> str:
        """Why a node whose key is not cached has to run."""
        before = self.seen.get(id)
        if before is None or len(before) != 3:
            return "new"
        if before[0] == row[0]:
            return "not kept"
        if before[1] != row[1]:
            return "code changed"
        if before[2] != row[2]:
            return "value changed"
        return "upstream changed"


def make_plan(
    graph: Graph,
    registry: Registry,
    cache: Cache,
    keys: KeyMaker,
    targets: Iterable[Link] = (),
    memory: Memory | None = None,
) -> Plan:
    """Plan a run of the targets, or of every output node where none are named.

    Raises WeftError where a lazy node or a fingerprint cannot be asked.
    """
    wanted = tuple(targets)
    roots = () if wanted else tuple(graph.roots)
    ends = [*roots, *(link.node for link in wanted)]
    needed = graph.upstream(ends)
    plan = Plan({}, wanted, roots)
    found = plan.keys
    for id, node in graph.nodes.items():
        if id in needed:
            found[id] = keys.key(node, found)
    plan.on_disk = cache.on_disk(_missing(graph, found, cache, ends))
    reached = _reached(graph, plan, cache, registry, ends)
    for id, node in graph.nodes.items():
        plan.steps[id] = _step(id, node, plan, cache, keys, reached, memory)
    return plan


def memory_of(graph: Graph, keys: KeyMaker) -> Memory:
    """What would be remembered if all of a graph had run."""
    memory = Memory()
    found: dict[str, str] = {}
    for id, node in graph.nodes.items():
        found[id] = keys.key(node, found)
        memory.seen[id] = _row(node, found[id], keys)
    return memory


def _row(node: GraphNode, key: str, keys: KeyMaker) -> list[str]:
    """What is remembered of a node: its key, its code's fingerprint, and one of its own values."""
    own = keys.own(node).encode("utf-8", "surrogatepass")
    return [key, node.spec.code, hashlib.blake2b(own, digest_size=10).hexdigest()]


def _missing(graph: Graph, found: dict[str, str], cache: Cache, ends: Iterable[str]) -> list[str]:
    """The keys worth asking the disk for: reachable without passing a value held in memory."""
    asked, stack, seen = [], list(ends), set()
    while stack:
        id = stack.pop()
        if id in seen:
            continue
        seen.add(id)
        node = graph.nodes[id]
        if not node.spec.is_output:
            if cache.where(found[id]) is not None:
                continue
            asked.append(found[id])
        stack.extend(link.node for link in node.links.values())
    return asked


def _reached(
    graph: Graph, plan: Plan, cache: Cache, registry: Registry, ends: Iterable[str]
) -> set[str]:
    """The nodes a run would touch: from the ends upstream, not past what is cached."""
    reached: set[str] = set()
    stack = list(ends)
    while stack:
        id = stack.pop()
        if id in reached:
            continue
        reached.add(id)
        node = graph.nodes[id]
        key = plan.keys[id]
        if not node.spec.is_output and (cache.where(key) is not None or key in plan.on_disk):
            continue
        stack.extend(node.links[name].node for name in _needed_links(node, registry))
    return reached


def _needed_links(node: GraphNode, registry: Registry) -> Iterable[str]:
    """The links a node follows: all, or where it is lazy and has decided, those it needs."""
    eager = node.spec.eager
    if eager is None or any(name in node.links for name in eager):
        return node.links
    ask = registry.load(node.spec).asks_needs
    if ask is None:
        return node.links
    try:
        chosen = set(ask(**{name: node.values[name] for name in eager}))
    except Exception as error:
        raise WeftError(f"nodes.{node.id}: its needs cannot be told: {error}") from error
    return [name for name in node.links if name in chosen]


def _step(
    id: str,
    node: GraphNode,
    plan: Plan,
    cache: Cache,
    keys: KeyMaker,
    reached: set[str],
    memory: Memory | None,
) -> Step:
    if id not in reached:
        return UNNEEDED
    key = plan.keys[id]
    tier = None if node.spec.is_output else cache.where(key)
    if memory is not None:
        plan.remembered[id] = _row(node, key, keys)
    if tier is not None:
        return Step("cached", tier, key)
    if key in plan.on_disk and not node.spec.is_output:
        return Step("cached", "disk", key)
    if node.spec.is_output:
        return Step("run", "output", key)
    reason = memory.why(id, plan.remembered[id]) if memory is not None else "not cached"
    return Step("run", reason, key)
