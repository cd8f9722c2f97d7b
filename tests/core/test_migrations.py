"""Old nodes are brought up to date, version by version, when their workflow is used."""

from typing import Any

import pytest

from core.helpers import MakeEngine, flow, problems, use
from weft import Node, WorkflowError, node


def blend() -> Node[..., Any]:
    """Version 1 said `factor` in percent, version 2 `factor` as a fraction, version 3 `amount`."""

    @node("t:image.blend", version=3)
    def blend(base: float, amount: float = 0.5) -> float:
        return base * amount

    @blend.migrate(1)
    def _(old: dict[str, Any]) -> dict[str, Any]:
        return {**old, "factor": old["factor"] / 100}

    @blend.migrate(2)
    def _(old: dict[str, Any]) -> dict[str, Any]:
        return {**old, "amount": old.pop("factor")}

    return blend


@pytest.mark.parametrize(
    ("version", "values"),
    [(1, {"factor": 25}), (2, {"factor": 0.25}), (3, {"amount": 0.25})],
)
def test_migrations_are_chained(engine: MakeEngine, version: int, values: dict[str, Any]) -> None:
    workflow = flow({"n": use("t:image.blend", base=8, **values) | {"version": version}})
    before = workflow.dumps()
    assert engine(blend()).run(workflow, ["n"])["n.value"] == 2
    assert workflow.dumps() == before  # the file keeps what it says


def test_a_migration_moves_links_too(engine: MakeEngine) -> None:
    """
    half ── n (as `factor`, now `amount`)
    """

    @node("t:number.half")
    def half() -> float:
        return 0.5

    old = use("t:image.blend", base=8, links={"factor": "half.value"}) | {"version": 2}
    workflow = flow({"half": use("t:number.half"), "n": old})
    assert engine(blend(), half).run(workflow, ["n"])["n.value"] == 4


def test_old_and_new_have_the_same_key(engine: MakeEngine) -> None:
    made = engine(blend())
    new = flow({"n": use("t:image.blend", base=8, amount=0.25) | {"version": 3}})
    old = flow({"n": use("t:image.blend", base=8, factor=25) | {"version": 1}})
    assert made.plan(new, ["n"]).keys == made.plan(old, ["n"]).keys


def test_a_parameter_may_name_an_input_by_its_old_name(engine: MakeEngine) -> None:
    old = use("t:image.blend", base=8, factor=0.25) | {"version": 2}
    workflow = flow({"n": old}, parameters={"strength": "n.factor"})
    run = engine(blend()).run
    assert run(workflow, ["n"])["n.value"] == 2
    assert run(workflow, ["n"], parameters={"strength": 1})["n.value"] == 8


def test_a_subgraph_may_name_an_input_by_its_old_name(engine: MakeEngine) -> None:
    inner = {
        "nodes": {"blend": use("t:image.blend", base=8) | {"version": 2}},
        "inputs": {"strength": "blend.factor"},
        "outputs": {"result": "blend.value"},
    }
    workflow = flow({"s": use("subgraph:faded", strength=0.5)}, subgraphs={"faded": inner})
    assert engine(blend()).run(workflow, ["s/blend.value"])["s/blend.value"] == 4


def test_a_newer_node_is_refused(engine: MakeEngine) -> None:
    workflow = flow({"n": use("t:image.blend", base=8) | {"version": 4}})
    with pytest.raises(WorkflowError) as caught:
        engine(blend()).run(workflow, ["n"])
    (problem,) = problems(caught.value).values()
    assert (problem.path, problem.expected, problem.got) == ("nodes.n.version", "at most 3", "4")


def test_a_gap_in_the_chain_is_told(engine: MakeEngine) -> None:
    @node("t:image.blur", version=3)
    def blur(radius: int) -> int:
        return radius

    @blur.migrate(2)
    def _(old: dict[str, Any]) -> dict[str, Any]:
        return old

    workflow = flow({"n": use("t:image.blur", radius=1) | {"version": 1}})
    with pytest.raises(WorkflowError, match="from version 1 to 2"):
        engine(blur).run(workflow, ["n"])


def test_a_migration_that_fails_is_told_with_its_error(engine: MakeEngine) -> None:
    workflow = flow({"n": use("t:image.blend", base=8) | {"version": 1}})
    with pytest.raises(WorkflowError, match="KeyError: 'factor'") as caught:
        engine(blend()).run(workflow, ["n"])
    assert "nodes.n.version" in problems(caught.value)


def swap() -> Node[..., Any]:
    @node("t:text.swap", version=2)
    def swap(width: int = 1, height: int = 2, half: int = 3, loud: bool = True, on: int = 4) -> str:
        return f"{width} {height} {half} {loud} {on}"

    @swap.migrate(1)
    def _(old: dict[str, Any]) -> dict[str, Any]:
        return {
            **old,
            "width": old.pop("height"),
            "height": old.pop("width"),
            "half": old.pop("half") // 2,
            "loud": bool(old.pop("loud")),
            "on": old.pop("off") if "off" in old else old.get("on", 0),
        }

    return swap


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # What is set again stays, also where it is what it was.
        ({"width": 64, "height": 64, "half": 0, "loud": False, "off": 7}, "64 64 0 False 7"),
        ({"width": 65, "height": 64, "half": 8, "loud": True, "on": 5}, "64 65 4 True 5"),
    ],
)
def test_a_migration_may_set_what_it_popped(
    engine: MakeEngine, old: dict[str, Any], new: str
) -> None:
    made = engine(swap())
    workflow = flow({"n": use("t:text.swap", **old) | {"version": 1}})
    assert made.run(workflow, ["n"])["n.value"] == new


def test_a_migration_that_returns_nothing_is_told_what_to_return(engine: MakeEngine) -> None:
    @node("t:text.forgets", version=2)
    def forgets(text: str = "") -> str:
        return text

    @forgets.migrate(1)
    def _(old: dict[str, Any]) -> dict[str, Any]:
        old["text"] = "new"
        return None  # type: ignore[return-value]

    workflow = flow({"n": use("t:text.forgets", text="old") | {"version": 1}})
    with pytest.raises(WorkflowError, match="to return the inputs as a dict, got NoneType"):
        engine(forgets).run(workflow, ["n"])
