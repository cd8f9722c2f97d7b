"""Everything that is wrong is told at once, with a path and a suggestion, before anything runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

import pytest

from core.helpers import MakeEngine, flow, paths, problems, use
from weft import (
    Choices,
    Engine,
    Image,
    Mask,
    Node,
    Problem,
    Range,
    Registry,
    Workflow,
    WorkflowError,
    kind,
    node,
)

T = TypeVar("T")


def refused(engine: Engine, workflow: Workflow, *targets: str) -> dict[str, Problem]:
    with pytest.raises(WorkflowError) as caught:
        engine.run(workflow, targets)
    return problems(caught.value)


def numbers() -> list[Node[..., Any]]:
    """Nodes that fail the test if they run."""

    @node("t:number.constant")
    def constant(value: Annotated[int, Range(0, 100)]) -> int:
        raise AssertionError("a wrong workflow ran")

    @node("t:number.add")
    def add(a: int, b: int, mode: Literal["plain", "clamped"] = "plain") -> int:
        raise AssertionError("a wrong workflow ran")

    @node("t:text.show")
    def show(text: str) -> None:
        raise AssertionError("a wrong workflow ran")

    return [constant, add, show]


def test_every_problem_at_once_and_nothing_runs(engine: MakeEngine) -> None:
    workflow = flow(
        {
            "good": use("t:number.constant", value=1),
            "range": use("t:number.constant", value=101),
            "kind": use("t:number.constant", value="1"),
            "missing": use("t:number.constant"),
            "typo": use("t:number.constant", vlaue=1, value=1),
            "unknown": use("t:number.constnt", value=1),
            "link": use("t:number.add", links={"a": "god.value", "b": "good.valeu"}),
            "text": use("t:text.show", links={"text": "good.value"}),
            "choice": use("t:number.add", a=1, b=2, mode="clampd"),
            "loop": use("t:number.add", b=1, links={"a": "pool.value"}),
            "pool": use("t:number.add", b=1, links={"a": "loop.value"}),
            "both": use("t:number.add", a=1, b=2, links={"a": "good.value"}),
            "bare": use("t:number.add", a=1, links={"b": "good"}),
        },
        parameters={"seed": "good.sede", "gone": "godo.value"},
        requires={"acme-nodes": ">=1.2"},
    )
    found = refused(engine(*numbers()), workflow)
    assert set(found) == {
        "nodes.range.value",
        "nodes.kind.value",
        "nodes.missing.value",
        "nodes.typo.vlaue",
        "nodes.unknown.type",
        "nodes.link.a",
        "nodes.link.b",
        "nodes.text.text",
        "nodes.choice.mode",
        "nodes.loop",
        "nodes.both.a",
        "nodes.bare.b",
        "parameters.seed",
        "parameters.gone",
        "requires.acme-nodes",
    }
    assert found["nodes.range.value"].expected == "an integer from 0 to 100"
    assert found["nodes.range.value"].got == "101"
    assert found["nodes.typo.vlaue"].suggestion == "value"
    assert found["nodes.unknown.type"].suggestion == "t:number.constant"
    assert found["nodes.link.a"].suggestion == "good"
    assert found["nodes.link.b"].suggestion == "value"
    assert (found["nodes.text.text"].expected, found["nodes.text.text"].got) == ("str", "int")
    assert found["nodes.choice.mode"].suggestion == "clamped"
    assert "loop -> pool -> loop" in found["nodes.loop"].message
    assert "pip install 'acme-nodes>=1.2'" in found["requires.acme-nodes"].message


@pytest.mark.parametrize("value", [True, 1.0, "1", None, [1], {"a": 1}, float("nan")])
def test_nothing_is_coerced_to_an_integer(engine: MakeEngine, value: Any) -> None:
    workflow = flow({"n": use("t:number.constant", value=value)})
    assert set(refused(engine(*numbers()), workflow, "n")) == {"nodes.n.value"}


def test_an_integer_becomes_a_float_and_stays_exact_otherwise(engine: MakeEngine) -> None:
    @node("t:number.same")
    def same(value: float) -> float:
        assert type(value) is float
        return value

    run = engine(same).run
    assert run(flow({"n": use("t:number.same", value=3)}), ["n"])["n.value"] == 3.0
    for value in (float("inf"), float("nan"), 10**400):
        workflow = flow({"n": use("t:number.same", value=value)})
        assert set(refused(engine(same), workflow, "n")) == {"nodes.n.value"}


def test_a_text_false_is_not_a_truth_value(engine: MakeEngine) -> None:
    @node("t:flow.negate")
    def negate(condition: bool) -> bool:
        return not condition

    for value in ("false", 0, 1, None):
        workflow = flow({"n": use("t:flow.negate", condition=value)})
        assert set(refused(engine(negate), workflow, "n")) == {"nodes.n.condition"}


# Kinds


@kind("t:apple")
@dataclass(frozen=True)
class Apple:
    """One kind."""


@kind("t:pear")
@dataclass(frozen=True)
class Pear:
    """Another."""


def fruit() -> list[Node[..., Any]]:
    @node("t:fruit.apple")
    def apple() -> Apple:
        return Apple()

    @node("t:fruit.pear")
    def pear() -> Pear:
        return Pear()

    @node("t:fruit.eat")
    def eat(apple: Apple) -> int:
        return 1

    @node("t:fruit.either")
    def either(fruit: Apple | Pear) -> Apple | Pear:
        return fruit

    @node("t:list.of")
    def of(first: T, second: T) -> list[T]:
        return [first, second]

    @node("t:list.first")
    def first(items: list[T]) -> T:
        return items[0]

    @node("t:any.hide")
    def hide(value: T) -> Any:
        return value

    @node("t:number.half")
    def half(number: float) -> float:
        return number / 2

    @node("t:number.three")
    def three() -> int:
        return 3

    return [apple, pear, eat, either, of, first, hide, half, three]


@pytest.mark.parametrize(
    ("source", "good"),
    [("apple", True), ("pear", False), ("either", False)],
)
def test_a_link_joins_the_same_kind(engine: MakeEngine, source: str, good: bool) -> None:
    """
    apple ─┬───────── eat
           └─ either ─┘
    """
    workflow = flow(
        {
            "apple": use("t:fruit.apple"),
            "pear": use("t:fruit.pear"),
            "either": use("t:fruit.either", links={"fruit": "apple.apple"}),
            "eat": use("t:fruit.eat", links={"apple": f"{source}.{source}"}),
        }
    )
    if source == "either":
        workflow = workflow.model_validate(
            workflow.data()
            | {
                "nodes": workflow.data()["nodes"]
                | {"eat": use("t:fruit.eat", links={"apple": "either.value"})}
            }
        )
    if good:
        assert engine(*fruit()).run(workflow, ["eat"])["eat.value"] == 1
    else:
        assert set(refused(engine(*fruit()), workflow, "eat")) == {"nodes.eat.apple"}


def test_a_type_variable_is_the_same_kind_everywhere(engine: MakeEngine) -> None:
    """
    apple ─┐
           ├─ of ── first ── eat         pear in place of the second apple is refused
    apple ─┘
    """

    def workflow(second: str, taste: str = "t:fruit.eat") -> Workflow:
        return flow(
            {
                "a": use("t:fruit.apple"),
                "b": use(f"t:fruit.{second}"),
                "of": use("t:list.of", links={"first": "a.apple", "second": f"b.{second}"}),
                "first": use("t:list.first", links={"items": "of.value"}),
                "eat": use(taste, links={"apple": "first.value"}),
            }
        )

    assert engine(*fruit()).run(workflow("apple"), ["eat"])["eat.value"] == 1
    assert set(refused(engine(*fruit()), workflow("pear"), "eat")) == {"nodes.of.second"}


def test_a_type_variable_carries_its_kind_on(engine: MakeEngine) -> None:
    """
    pear, pear ── of ── first ── eat     an apple was expected: found without a run
    """
    workflow = flow(
        {
            "a": use("t:fruit.pear"),
            "of": use("t:list.of", links={"first": "a.pear", "second": "a.pear"}),
            "first": use("t:list.first", links={"items": "of.value"}),
            "eat": use("t:fruit.eat", links={"apple": "first.value"}),
        }
    )
    found = refused(engine(*fruit()), workflow, "eat")
    assert found["nodes.eat.apple"].got == "t:pear"


def test_what_nobody_knows_is_checked_when_it_is_there(engine: MakeEngine) -> None:
    """
    pear ── hide ── eat
    """
    workflow = flow(
        {
            "pear": use("t:fruit.pear"),
            "hide": use("t:any.hide", links={"value": "pear.pear"}),
            "eat": use("t:fruit.eat", links={"apple": "hide.value"}),
        }
    )
    outcome = engine(*fruit()).run(workflow, ["eat"])
    assert [one.node for one in outcome.errors] == ["eat"]
    assert "'apple': expected a Apple, got a Pear" in str(outcome.errors[0])


def test_an_integer_flows_into_a_float_and_not_back(engine: MakeEngine) -> None:
    """
    three ── half ── half
    """
    workflow = flow(
        {
            "three": use("t:number.three"),
            "half": use("t:number.half", links={"number": "three.value"}),
        }
    )
    assert engine(*fruit()).run(workflow, ["half"])["half.value"] == 1.5

    @node("t:number.whole")
    def whole(number: int) -> int:
        return number

    back = flow(
        {
            "half": use("t:number.half", number=3),
            "whole": use("t:number.whole", links={"number": "half.value"}),
        }
    )
    assert set(refused(engine(*fruit(), whole), back, "whole")) == {"nodes.whole.number"}


def test_a_single_value_is_no_list(engine: MakeEngine) -> None:
    workflow = flow(
        {
            "a": use("t:fruit.apple"),
            "first": use("t:list.first", links={"items": "a.apple"}),
        }
    )
    assert set(refused(engine(*fruit()), workflow, "first")) == {"nodes.first.items"}


def test_an_image_is_no_mask(engine: MakeEngine) -> None:
    @node("t:image.make")
    def make() -> Image:
        raise NotImplementedError

    @node("t:mask.grow")
    def grow(mask: Mask) -> Mask:
        raise NotImplementedError

    workflow = flow(
        {"make": use("t:image.make"), "grow": use("t:mask.grow", links={"mask": "make.image"})}
    )
    found = refused(engine(make, grow), workflow, "grow")
    assert (found["nodes.grow.mask"].expected, found["nodes.grow.mask"].got) == ("mask", "image")


# Choices, targets, cycles, size


def test_choices_are_checked_when_a_workflow_is_submitted(engine: MakeEngine) -> None:
    def flavours() -> Sequence[str]:
        return ["sweet", "sour"]

    @node("t:fruit.season")
    def season(flavour: Annotated[str, Choices(flavours)]) -> str:
        return flavour

    run = engine(season).run
    good = flow({"s": use("t:fruit.season", flavour="sour")})
    assert run(good, ["s"])["s.value"] == "sour"
    found = refused(engine(season), flow({"s": use("t:fruit.season", flavour="swet")}), "s")
    assert found["nodes.s.flavour"].suggestion == "sweet"


@pytest.mark.parametrize("target", ["n", "n.value"])
def test_a_target_is_a_node_or_an_output(engine: MakeEngine, target: str) -> None:
    @node("t:number.one")
    def one() -> int:
        return 1

    run = engine(one).run
    assert run(flow({"n": use("t:number.one")}), [target])["n.value"] == 1


def test_a_wrong_target_is_refused(engine: MakeEngine) -> None:
    made = engine(*numbers())
    workflow = flow({"number": use("t:number.constant", value=1)})
    assert refused(made, workflow, "numbr")["numbr"].suggestion == "number"
    assert refused(made, workflow, "number.valeu")["number.valeu"].suggestion == "value"
    assert "nothing to run" in str(refused(made, workflow)["nodes"])


def test_a_node_that_needs_itself(engine: MakeEngine) -> None:
    workflow = flow({"n": use("t:number.add", b=1, links={"a": "n.value"})})
    assert "n -> n" in refused(engine(*numbers()), workflow, "n")["nodes.n"].message


def test_two_cycles_are_two_problems(engine: MakeEngine) -> None:
    def loop(one: str, other: str) -> dict[str, Any]:
        return {
            one: use("t:number.add", b=1, links={"a": f"{other}.value"}),
            other: use("t:number.add", b=1, links={"a": f"{one}.value"}),
        }

    found = refused(engine(*numbers()), flow(loop("a", "b") | loop("c", "d")), "a")
    assert set(found) == {"nodes.a", "nodes.c"}


def test_a_cycle_of_20_000_nodes(engine: MakeEngine) -> None:
    count = 20_000
    ring = {
        f"n{index}": use("t:number.add", b=1, links={"a": f"n{(index + 1) % count}.value"})
        for index in range(count)
    }
    (problem,) = refused(engine(*numbers()), flow(ring), "n0").values()
    assert "cycle" in problem.message
    assert len(problem.message) < 500


def test_a_file_of_50_000_nodes_is_checked(engine: MakeEngine) -> None:
    nodes = {"n0": use("t:number.constant", value=1)}
    for index in range(1, 50_000):
        nodes[f"n{index}"] = use("t:number.add", b=1, links={"a": f"n{index - 1}.value"})
    nodes["n49999"]["values"]["b"] = "one"
    assert set(refused(engine(*numbers()), flow(nodes), "n49999")) == {"nodes.n49999.b"}


def test_fifty_thousand_problems_are_not_all_told(engine: MakeEngine) -> None:
    nodes = {f"n{index}": use("t:number.constnt") for index in range(50_000)}
    assert 100 <= len(refused(engine(*numbers()), flow(nodes), "n0")) <= 1001


# What is required


@pytest.mark.parametrize(
    ("version", "specifier", "good"),
    [
        ("1.2", ">=1.2", True),
        ("1.1", ">=1.2", False),
        ("2.0b1", ">=1.2", True),
        ("1.2", "recent", False),
        (None, ">=1", False),
    ],
)
def test_requirements(engine: MakeEngine, version: str | None, specifier: str, good: bool) -> None:
    @node("t:number.one")
    def one() -> int:
        return 1

    made = engine(one)
    if version is not None:
        made.registry.versions["acme"] = version
    workflow = flow({"n": use("t:number.one")}, requires={"acme": specifier})
    if good:
        assert made.run(workflow, ["n"])["n.value"] == 1
    else:
        assert paths(refused(made, workflow, "n").values()) == ["requires.acme"]


def test_a_name_that_is_spelt_otherwise_is_the_same_distribution(engine: MakeEngine) -> None:
    @node("t:number.one")
    def one() -> int:
        return 1

    made = engine(one)
    made.registry.versions["acme-nodes"] = "1.4"
    workflow = flow({"n": use("t:number.one")}, requires={"Acme__Nodes": ">=1"})
    assert made.run(workflow, ["n"])["n.value"] == 1
    newer = flow({"n": use("t:number.one")}, requires={"acme.nodes": ">=2"})
    (problem,) = refused(made, newer, "n").values()
    assert (problem.path, problem.got) == ("requires.acme.nodes", "1.4")


@pytest.mark.parametrize(
    ("name", "specifier"),
    [
        ("x'; reboot; '", ">=1"), ("x\nreboot\n", ">=1"), ("`reboot`", ">=1"), ("$(reboot)", ">=1"),
        ("--index-url=evil", ">=1"), ("x", "===1'&&reboot"), ("x&calc", ">=1"), ("", ">=1"),
    ],
)  # fmt: skip
def test_no_line_to_paste_that_does_more_than_install(
    engine: MakeEngine, name: str, specifier: str
) -> None:
    @node("t:number.one")
    def one() -> int:
        return 1

    workflow = flow({"n": use("t:number.one")}, requires={name: specifier})
    (problem,) = refused(engine(one), workflow, "n").values()
    assert problem.message == "is not installed"


def test_a_registry_of_none_refuses_with_the_name(engine: MakeEngine) -> None:
    made = Engine(registry=Registry(), device="cpu")
    try:
        found = refused(made, flow({"n": use("gone:plugin.node", x=1)}), "n")
        assert "gone:plugin.node" in found["nodes.n.type"].message
    finally:
        made.close()
