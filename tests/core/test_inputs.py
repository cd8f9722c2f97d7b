"""Changing the paths in a workflow, wherever they stand."""

from __future__ import annotations

from typing import Annotated, Any

from weft import Choices, Registry, Workflow, node


@node("acme:file.read")
def read(file: Annotated[str, Choices.uploads()] = "", name: str = "") -> str:
    """Reads a file."""
    return file + name


def flow(**nodes: dict[str, Any]) -> dict[str, Any]:
    return {"weft": 1, "nodes": nodes}


def test_paths_are_changed_in_nodes_subgraphs_and_uses_of_subgraphs() -> None:
    workflow = Workflow.from_data(
        flow(
            a={"type": "acme:file.read", "values": {"file": "a.png", "name": "a.png"}},
            empty={"type": "acme:file.read", "values": {"file": ""}},
            number={"type": "acme:file.read", "values": {"file": 3}},
            unknown={"type": "acme:no.such", "values": {"file": "b.png"}},
            use={"type": "subgraph:inner", "values": {"picture": "c.png", "title": "c.png"}},
        )
        | {
            "subgraphs": {
                "inner": {
                    "nodes": {
                        "x": {"type": "acme:file.read", "values": {"file": "d.png"}},
                        "y": {"type": "acme:file.read"},
                    },
                    "inputs": {"picture": ["y.file"], "title": "y.name"},
                    "outputs": {"text": "x.value"},
                }
            }
        }
    )
    seen = []

    def change(path: str) -> str:
        seen.append(path)
        return path.upper()

    changed = workflow.with_paths(Registry([read]), change)
    assert sorted(seen) == ["a.png", "c.png", "d.png"]
    values = {id: dict(one.values) for id, one in changed.nodes.items()}
    assert values == {
        "a": {"file": "A.PNG", "name": "a.png"},
        "empty": {"file": ""},
        "number": {"file": 3},
        "unknown": {"file": "b.png"},
        "use": {"picture": "C.PNG", "title": "c.png"},
    }
    assert changed.subgraphs["inner"].nodes["x"].values == {"file": "D.PNG"}
    assert workflow.nodes["a"].values["file"] == "a.png"


def test_without_paths_nothing_changes() -> None:
    workflow = Workflow.from_data(flow(a={"type": "acme:file.read", "values": {"name": "x"}}))
    assert workflow.with_paths(Registry([read]), str.upper) == workflow
