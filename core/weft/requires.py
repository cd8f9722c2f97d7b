"""What a workflow requires: the distributions its nodes come from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from weft.errors import Problem

if TYPE_CHECKING:
    from weft.registry import Registry
    from weft.spec import NodeSpec
    from weft.workflow import NodeDocument, Workflow

# People paste it into a shell: nothing in it may end the quotes, or begin like an option.
_QUOTABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._*+!=<>~, -]*")


def requirement_problems(workflow: Workflow, registry: Registry) -> list[Problem]:
    """Distributions that are missing or too old, each with the line that brings it."""
    problems = []
    for name, text in workflow.requires.items():
        path = f"requires.{name}"
        try:
            wanted = SpecifierSet(text)
        except InvalidSpecifier:
            problems.append(Problem(path, "is no version specifier", expected=">=1.2", got=text))
            continue
        have = _installed(name, registry)
        if have is None:
            absent = registry.absence(name)
            missing = f"is not installed{_bringing(name + text)}"
            problems.append(Problem(path, f"is installed, but {absent}" if absent else missing))
        elif not wanted.contains(have, prereleases=True):
            message = f"another version is needed{_bringing(name + text)}"
            problems.append(Problem(path, message, expected=text, got=have))
    return problems


def _installed(name: str, registry: Registry) -> str | None:
    """The version of a distribution; Acme_Nodes is acme-nodes, as pip has it."""
    if name in registry.versions:
        return registry.versions[name]
    wanted = canonicalize_name(name)
    versions = registry.versions.items()
    return next((have for one, have in versions if canonicalize_name(one) == wanted), None)


def _bringing(requirement: str) -> str:
    """The line that brings it; nothing where a file tries to make more than that of it."""
    if _QUOTABLE.fullmatch(requirement) is None:
        return ""
    return f"; `pip install '{requirement}'` brings it"


def with_requirements(workflow: Workflow, registry: Registry) -> Workflow:
    """The workflow with `requires` written from the distributions its nodes come from.

    What it already requires is kept: it may be of nodes that are not installed here.
    """
    requires = dict(workflow.requires)
    named = {canonicalize_name(name) for name in requires}
    graphs = [workflow.nodes, *(one.nodes for one in workflow.subgraphs.values())]
    for node in (node for nodes in graphs for node in nodes.values()):
        spec = registry.get(node.type)
        if spec is None:
            continue
        for distribution in (spec.distribution, *_chosen(node, spec, registry)):
            if distribution in registry.versions and canonicalize_name(distribution) not in named:
                requires.setdefault(distribution, f">={registry.versions[distribution]}")
    return workflow.model_copy(update={"requires": requires})


def _chosen(node: NodeDocument, spec: NodeSpec, registry: Registry) -> list[str]:
    """The distributions of what a node's values choose by name, such as a plugin's sampler."""
    found = []
    for one in spec.inputs:
        group = one.schema.get("x-offered")
        offer = registry.offers[group].get(str(node.values.get(one.name))) if group else None
        if offer is not None:
            found.append(offer.distribution)
    return found
