"""What flows along the links of a run: the arguments of a node, and what it still needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from weft.context import Context
from weft.invoke import Callee, Callees, Outputs, check_argument
from weft.keys import derived_key
from weft.tasks import State, Task, Tasks
from weft.workflow import Link


class Wiring:
    """Reads the outputs of done tasks for those that need them."""

    def __init__(self, tasks: Tasks, callees: Callees, context: Callable[[str], Context]) -> None:
        self._tasks = tasks
        self._callees = callees
        self._context = context

    def arguments(self, task: Task, callee: Callee) -> dict[str, Any]:
        """The arguments of a node whose parents are done. Raises NodeError for a wrong kind."""
        node = task.node
        arguments = {name: handed_over(one) for name, one in node.values.items()}
        if node.spec.eager is None:
            arguments |= self._linked(task, node.links)
        else:
            # Of a lazy node's links, those that nobody needed have no value: the default stands in.
            have = [
                name
                for name, link in node.links.items()
                if self._tasks.by_id[link.node].outputs is not None
            ]
            arguments |= self._linked(task, have)
            for one in node.spec.inputs:
                arguments.setdefault(one.name, one.default)
        for name in node.links:
            if name in arguments and self._is_unknown(node.links[name]):
                check_argument(callee, node.id, name, arguments[name])
        if node.spec.context is not None:
            arguments[node.spec.context] = self._context(node.id)
        return arguments

    def undecided(self, task: Task, callee: Callee) -> list[Link]:
        """Ask a lazy node which inputs it needs; the links among them that it must wait for."""
        node = task.node
        ask = callee.node.asks_needs
        if ask is None:
            return []
        eager = node.spec.eager or ()
        known = {**node.values, **self._linked(task, eager)}
        chosen = set(ask(**{name: known[name] for name in eager}))
        links = [link for name, link in node.links.items() if name in chosen]
        return [one for one in links if self._tasks.by_id[one.node].state is not State.DONE]

    def collected(self, task: Task) -> Outputs:
        """The outputs of a node that expanded, from the nodes it expanded to."""
        assert task.collect is not None
        return tuple(
            [self.read(one) for one in wanted] if isinstance(wanted, list) else self.read(wanted)
            for wanted in (task.collect[output.name] for output in task.node.spec.outputs)
        )

    def sources(self, task: Task) -> dict[int, str]:
        """The keys of the values that a task reads, and of what is in its lists, by `id`."""
        found: dict[int, str] = {}
        for link in task.node.links.values():
            if self._tasks.by_id[link.node].outputs is None:
                continue
            value = self.read(link)
            key = derived_key(self._tasks.by_id[link.node].key, link.output)
            found[id(value)] = key
            if isinstance(value, list):
                for index, one in enumerate(value):
                    found.setdefault(id(one), derived_key(key, str(index)))
        return found

    def read(self, link: Link) -> Any:
        """The value at a link whose node is done."""
        parent = self._tasks.by_id[link.node]
        assert parent.outputs is not None
        if len(parent.outputs) == 1:
            return parent.outputs[0]
        return parent.outputs[self._callees.of(parent.node.spec).positions[link.output]]

    def _linked(self, task: Task, names: Iterable[str]) -> dict[str, Any]:
        links = task.node.links
        return {name: handed_over(self.read(links[name])) for name in names if name in links}

    def _is_unknown(self, link: Link) -> bool:
        """Whether only the value tells what flows: `any`, or a list of it."""
        kind = self._tasks.by_id[link.node].node.kinds.get(link.output, "any")
        return kind == "any" or "[any]" in kind


def handed_over(value: Any) -> Any:
    """The value as a node gets it: lists and dicts are copies, what they hold is shared.

    A node may keep and edit its list; the document and the cached value must not change with it.
    """
    if type(value) is list:
        return [handed_over(one) for one in value]
    if type(value) is dict:
        return {key: handed_over(one) for key, one in value.items()}
    return value
