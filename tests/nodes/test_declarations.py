"""Every built-in node explains itself and is in use."""

from __future__ import annotations

import inspect
import re
from functools import lru_cache
from pathlib import Path

import pytest

from weft import NodeSpec, Registry, Workflow
from weft_nodes.plugin import weft_node_modules

TESTS = Path(__file__).parent.parent
SHIPPED = TESTS.parent / "workflows"
SPECS = [one for one in Registry.installed().specs() if one.id.startswith("weft:")]
NAMES = [one.id.removeprefix("weft:") for one in SPECS]
every_node = pytest.mark.parametrize("spec", SPECS, ids=NAMES)


def test_every_module_of_nodes_is_registered() -> None:
    import weft_nodes.nodes

    folder = Path(next(iter(weft_nodes.nodes.__path__)))
    there = {f"weft_nodes.nodes.{path.stem}" for path in folder.glob("*.py")}
    assert sorted(there - {"weft_nodes.nodes.__init__"}) == sorted(weft_node_modules())
    assert {one.module for one in SPECS} == set(weft_node_modules())


@every_node
def test_it_says_what_it_does(spec: NodeSpec) -> None:
    first, *_ = spec.help.splitlines()
    assert re.fullmatch(r"[A-Z].*[.]", first), first
    assert spec.title


@every_node
def test_it_says_what_each_input_means(spec: NodeSpec) -> None:
    assert [one.name for one in spec.inputs if not one.help] == []
    # A line that explains no input was left behind when one was renamed.
    known = {one.name for one in spec.inputs} | {spec.context}
    explained = re.findall(r"(?m)^([a-z_]+): ", inspect.cleandoc(spec.help))
    assert [name for name in explained if name not in known] == []


@every_node
def test_it_stands_in_a_shipped_workflow_or_in_a_test(spec: NodeSpec) -> None:
    name = spec.id.removeprefix("weft:")
    if name in shipped_types():
        return
    module = spec.module.rpartition(".")[2]
    # As a type in a workflow, or called as the function it is.
    use = rf'"{re.escape(name)}"|\b\w*{module}\w*\.{spec.attribute}\('
    assert re.search(use, all_tests())


@lru_cache
def shipped_types() -> frozenset[str]:
    flows = [Workflow.load(path) for path in SHIPPED.glob("*.json")]
    graphs = [flow.nodes for flow in flows]
    graphs += [one.nodes for flow in flows for one in flow.subgraphs.values()]
    return frozenset(node.type for graph in graphs for node in graph.values())


@lru_cache
def all_tests() -> str:
    return "\n".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
