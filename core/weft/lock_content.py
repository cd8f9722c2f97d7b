"""What a workflow uses and says, as a lock holds it: distributions, code, digests of its parts."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from weft.lock_data import LockedWorkflow
from weft.workflow import SubgraphDocument, Workflow

if TYPE_CHECKING:
    from weft.registry import Registry


def distributions_of(workflow: Workflow, registry: Registry, *, reads_models: bool) -> list[str]:
    """Weft, and the distributions that the nodes and what they choose come from.

    reads_models: whether the plugins count that bring ways to read a model: which of them knows a
        file is only told by opening it.
    """
    from weft.requires import with_requirements

    named = with_requirements(workflow.model_copy(update={"requires": {}}), registry).requires
    readers = [
        offer.distribution
        for group in ("model_families", "file_readers")
        for offer in (registry.offers[group].values() if reads_models else ())
    ]
    return sorted({"weft", *named, *readers})


def code_of(workflow: Workflow, registry: Registry) -> dict[str, str]:
    """The fingerprints of the code behind the nodes and what they choose; as `Lock.code`."""
    found: dict[str, str] = {}
    for nodes in (workflow.nodes, *(one.nodes for one in workflow.subgraphs.values())):
        for node in nodes.values():
            spec = registry.get(node.type)
            if spec is None:
                continue
            found[spec.id] = spec.code
            for one in spec.inputs:
                group = one.schema.get("x-offered")
                name = node.values.get(one.name, one.default)
                offer = registry.offers[group].get(str(name)) if group else None
                if offer is not None:
                    found[f"{group}:{name}"] = offer.code
    return dict(sorted(found.items()))


def content_of(workflow: Workflow) -> LockedWorkflow:
    """The digests of what a workflow says, without its layout, titles and `requires`."""
    parts: dict[str, Any] = {"parameters": workflow.parameters} if workflow.parameters else {}
    parts |= _nodes("nodes", workflow)
    for name, one in workflow.subgraphs.items():
        parts[f"subgraphs.{name}"] = {"inputs": one.inputs, "outputs": one.outputs}
        parts |= _nodes(f"subgraphs.{name}.nodes", one)
    digests = {path: _digest(value) for path, value in sorted(parts.items())}
    return LockedWorkflow(sha256=digest_of_parts(digests), parts=digests)


def _nodes(path: str, graph: Workflow | SubgraphDocument) -> dict[str, Any]:
    return {f"{path}.{id}": one.model_dump(exclude={"title"}) for id, one in graph.nodes.items()}


def _digest(value: Any) -> str:
    text = json.dumps(_plain(value), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_parts(parts: dict[str, str]) -> str:
    """One digest of the digests of all parts."""
    lines = sorted(f"{digest}  {path}\n" for path, digest in parts.items())
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    """JSON data in which 1.0 is 1: a browser writes no other."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
