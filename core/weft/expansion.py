"""Nodes that come into being during a run, and the reusable graphs they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from weft.workflow import SubgraphDocument

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Subgraph(Generic[R]):
    """A subgraph of the workflow, handed to a node that has an input annotated `Subgraph`.

    In the file the value is the subgraph's name. The subgraph's content, not its name, is part of
    the cache key. `library` holds the workflow's other subgraphs, which this one may use.
    """

    name: str
    document: SubgraphDocument
    library: Mapping[str, SubgraphDocument] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a subgraph in a fragment.

    inputs: the subgraph's input names mapped to values, which may be tensors or any other kind.
    """

    subgraph: Subgraph[Any]
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gather:
    """The list of one output of several calls, in order: an output value of an Expansion."""

    calls: tuple[str, ...]
    output: str


@dataclass(frozen=True, slots=True)
class Expansion:
    """Returned by a node in place of its outputs: work that only now is known.

    fragment: calls of subgraphs, by a name that is unique in the expansion. They run like any
        other nodes: in parallel where they can, cached, and with progress.
    outputs: for each output of the node, where it comes from: "call.output" or a `Gather`.
    """

    fragment: Mapping[str, Call]
    outputs: Mapping[str, str | Gather]
