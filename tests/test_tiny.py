"""The tour: one file from a constant to a picture. Read it from the top.

Every test defines the nodes it needs, three lines each, and draws its graph.
"""

from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import pytest

from weft import (
    Builder,
    Cache,
    Call,
    Context,
    Engine,
    Expansion,
    Gather,
    NodeError,
    Range,
    Registry,
    Subgraph,
    Workflow,
    WorkflowError,
    node,
)

T = TypeVar("T")


def test_a_node_is_a_typed_function() -> None:
    """The signature is the spec, and the function stays a function."""

    @node("tour:number.double")
    def double(number: Annotated[int, Range(0, 100)] = 21) -> int:
        """Twice the number."""
        return 2 * number

    assert double(4) == 8
    (number,) = double.spec.inputs
    assert (number.name, number.kind, number.default) == ("number", "int", 21)
    assert number.schema["maximum"] == 100
    assert double.spec.help == "Twice the number."


def test_a_constant() -> None:
    """
    answer
    """

    @node("tour:number.answer")
    def answer() -> int:
        return 42

    flow = Builder()
    flow.add("tour:number.answer", id="answer")
    with Engine(registry=Registry([answer]), device="cpu") as engine:
        assert engine.run(flow.workflow(), ["answer.value"])["answer.value"] == 42


def test_a_link() -> None:
    """
    three ─┐
           ├─ sum
    four ──┘
    """

    @node("tour:number.constant")
    def constant(value: int) -> int:
        return value

    @node("tour:number.add")
    def add(a: int, b: int) -> int:
        return a + b

    flow = Builder()
    three = flow.add("tour:number.constant", id="three", value=3)
    four = flow.add("tour:number.constant", id="four", value=4)
    flow.add("tour:number.add", id="sum", a=three.value, b=four.value)
    with Engine(registry=Registry([constant, add]), device="cpu") as engine:
        assert engine.run(flow.workflow(), ["sum.value"])["sum.value"] == 7


def test_several_outputs_go_by_name() -> None:
    """
    divide ┬ quotient ── twice
           └ remainder
    """

    class Parts(NamedTuple):
        quotient: int
        remainder: int

    @node("tour:number.divide")
    def divide(number: int, by: int) -> Parts:
        return Parts(*divmod(number, by))

    @node("tour:number.double")
    def double(number: int) -> int:
        return 2 * number

    flow = Builder()
    parts = flow.add("tour:number.divide", id="divide", number=17, by=5)
    flow.add("tour:number.double", id="twice", number=parts.quotient)
    with Engine(registry=Registry([divide, double]), device="cpu") as engine:
        outcome = engine.run(flow.workflow(), ["twice.value", "divide.remainder"])
    assert outcome.values == {"twice.value": 6, "divide.remainder": 2}


def test_only_what_changed_runs_again() -> None:
    """
    slow ── add 1        then:  slow ── add 2
    """
    ran = []

    @node("tour:number.slow")
    def slow() -> int:
        ran.append("slow")
        return 40

    @node("tour:number.add")
    def add(a: int, b: int) -> int:
        ran.append("add")
        return a + b

    flow = Builder()
    flow.add("tour:number.add", id="sum", a=flow.add("tour:number.slow", id="slow").value, b=1)
    workflow = flow.workflow()
    with Engine(registry=Registry([slow, add]), device="cpu", cache=Cache()) as engine:
        engine.run(workflow, ["sum.value"])
        engine.run(workflow, ["sum.value"])
        assert ran == ["slow", "add"]
        changed = engine.run(workflow.with_values({"sum.b": 2}), ["sum.value"])
    assert changed["sum.value"] == 42
    assert ran == ["slow", "add", "add"]
    assert changed.nodes["slow"]["state"] == "cached"


def test_a_subgraph_is_a_graph_with_a_name() -> None:
    """
    twice(twice(5)), where twice = n ── double
    """

    @node("tour:number.double")
    def double(number: int) -> int:
        return 2 * number

    inner = Builder()
    doubled = inner.add("tour:number.double", id="double")
    flow = Builder()
    flow.subgraph("twice", inner, {"n": "double.number"}, {"result": doubled.value})
    once = flow.add("subgraph:twice", id="once", n=5)
    flow.add("subgraph:twice", id="again", n=once.result)
    with Engine(registry=Registry([double]), device="cpu") as engine:
        outcome = engine.run(flow.workflow(), ["again.result"])
    assert outcome["again.result"] == 20


def test_a_lazy_switch_runs_one_side() -> None:
    """
    cheap ──┐
            ├─ switch
    costly ─┘
    """

    @node("tour:number.cheap")
    def cheap() -> int:
        return 1

    @node("tour:number.costly")
    def costly() -> int:
        raise AssertionError("nobody asked for this")

    @node("tour:flow.switch")
    def switch(condition: bool, on_true: T | None = None, on_false: T | None = None) -> T | None:
        return on_true if condition else on_false

    @switch.needs
    def _(condition: bool) -> set[str]:
        return {"on_true"} if condition else {"on_false"}

    flow = Builder()
    left = flow.add("tour:number.cheap")
    right = flow.add("tour:number.costly")
    flow.add(
        "tour:flow.switch", id="switch", condition=True, on_true=left.value, on_false=right.value
    )
    with Engine(registry=Registry([cheap, costly, switch]), device="cpu") as engine:
        assert engine.run(flow.workflow(), ["switch.value"])["switch.value"] == 1


def test_a_for_each_grows_the_graph_while_it_runs() -> None:
    """
    each [1, 2, 3]  becomes   square(1) ─┐
                              square(2) ─┼─ [1, 4, 9]
                              square(3) ─┘
    """

    @node("tour:number.square")
    def square(number: int) -> int:
        return number * number

    @node("tour:flow.each")
    def each(numbers: list[int], body: Subgraph[Any]) -> list[int] | Expansion:
        calls = {f"call{index}": Call(body, {"n": one}) for index, one in enumerate(numbers)}
        return Expansion(calls, {"value": Gather(tuple(calls), "result")})

    inner = Builder()
    squared = inner.add("tour:number.square", id="square")
    flow = Builder()
    flow.subgraph("body", inner, {"n": "square.number"}, {"result": squared.value})
    flow.add("tour:flow.each", id="each", numbers=[1, 2, 3], body="body")
    with Engine(registry=Registry([square, each]), device="cpu") as engine:
        assert engine.run(flow.workflow(), ["each.value"])["each.value"] == [1, 4, 9]


def test_a_wrong_workflow_does_not_start() -> None:
    """
    sum (a = "three", c = 4)
    """

    @node("tour:number.add")
    def add(a: int, b: int) -> int:
        return a + b

    flow = Builder()
    flow.add("tour:number.add", id="sum", a="three", c=4)
    with (
        Engine(registry=Registry([add]), device="cpu") as engine,
        pytest.raises(WorkflowError) as caught,
    ):
        engine.run(flow.workflow(), ["sum.value"])
    assert sorted(map(str, caught.value.problems)) == [
        'nodes.sum.a: wrong value; expected an integer, got "three"',
        "nodes.sum.b: is missing; expected an integer",
        "nodes.sum.c: tour:number.add has no such input; expected one of a, b",
    ]


def test_a_failure_takes_its_dependants_and_nothing_else() -> None:
    """
    broken ── after
    sound
    """

    @node("tour:number.broken")
    def broken() -> int:
        return 1 // 0

    @node("tour:number.same")
    def same(number: int) -> int:
        return number

    flow = Builder()
    flow.add("tour:number.same", id="after", number=flow.add("tour:number.broken").value)
    flow.add("tour:number.same", id="sound", number=7)
    with Engine(registry=Registry([broken, same]), device="cpu") as engine:
        outcome = engine.run(flow.workflow(), ["after.value", "sound.value"])
    assert outcome.status == "failed"
    assert outcome.values == {"sound.value": 7}
    assert outcome.nodes["after"]["state"] == "skipped"
    with pytest.raises(NodeError, match="ZeroDivisionError"):
        outcome.check()


def test_a_file_keeps_everything(tmp_path: Path) -> None:
    """
    count ── say        parameters: count
    """

    @node("tour:number.constant")
    def constant(value: int) -> int:
        return value

    @node("tour:text.say")
    def say(number: int, ctx: Context) -> None:
        ctx.output({"text": f"there are {number}"})

    flow = Builder()
    count = flow.add("tour:number.constant", id="count", value=5)
    flow.add("tour:text.say", id="say", number=count.value)
    flow.parameter("count", "count.value")
    flow.workflow().save(tmp_path / "flow.json")

    workflow = Workflow.load(tmp_path / "flow.json")
    assert workflow == flow.workflow()
    with Engine(registry=Registry([constant, say]), device="cpu") as engine:
        outcome = engine.run(workflow, parameters={"count": 9})
    assert outcome.outputs == {"say": [{"text": "there are 9"}]}


def test_a_model_draws_a_picture(tmp_path: Path) -> None:
    """
    checkpoint ─┬─ text_encoder ── prompt ─┐
                ├─ model ─── empty ────────┼─ sample ── decode ── save
                └─ vae ────────────────────┴──────────────┘
    """
    flow = Builder()
    starter = flow.add("model.load_checkpoint", file="starter-unet.safetensors")
    prompt = flow.add(
        "text.encode",
        text="a large red circle on a white background",
        text_encoder=starter.text_encoder,
    )
    empty = flow.add("latent.empty", model=starter.model)
    sample = flow.add(
        "latent.sample",
        model=starter.model,
        positive=prompt.conditioning,
        latent=empty.latent,
        steps=8,
        guidance=1.0,
        seed=7,
    )
    image = flow.add("latent.decode", id="decode", latent=sample.latent, vae=starter.vae)
    flow.add("image.save", id="save", image=image.image, prefix="tour")

    with Engine(device="cpu", output_dir=tmp_path) as engine:
        outcome = engine.run(flow.workflow(), ["decode", "save"]).check()
    red, green, blue = outcome["decode.image"][0].unbind(-1)
    assert ((red > 0.6) & (green < 0.4) & (blue < 0.4)).float().mean() > 0.05
    (saved,) = outcome.outputs["save"]
    # The picture carries what made it, and where the nodes came from.
    carried = Workflow.load(saved["path"])
    assert list(carried.requires) == ["weft"]
    assert carried.model_copy(update={"requires": {}}) == flow.workflow()
