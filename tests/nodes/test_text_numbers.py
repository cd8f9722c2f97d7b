"""The primitive, text, number and list nodes."""

from __future__ import annotations

from typing import Any

import pytest

from weft import Builder, Engine, InputError, NodeError, WorkflowError
from weft_nodes.nodes import lists, number, primitive, text


def test_primitives_give_their_value() -> None:
    flow = Builder()
    values: dict[str, Any] = {
        "primitive.int": -3,
        "primitive.float": 0.25,
        "primitive.text": "a\nb",
        "primitive.bool": True,
        "primitive.seed": 2**64 - 1,
        "primitive.list_int": [1, 2],
        "primitive.list_float": [1, 2.5],
        "primitive.list_text": ["a", ""],
    }
    for name, value in values.items():
        field = "values" if isinstance(value, list) else "value"
        flow.add(name, id=name[10:], **{field: value})
    with Engine(device="cpu") as engine:
        outcome = engine.run(flow.workflow(), [f"{name[10:]}.value" for name in values])
    assert {name: outcome[f"{name[10:]}.value"] for name in values} == values
    assert type(outcome["list_float.value"][0]) is float


@pytest.mark.parametrize("value", [-1, 2**64, 0.5, True, "1"])
def test_a_seed_is_a_whole_number_of_64_bits(value: Any) -> None:
    flow = Builder()
    flow.add("primitive.seed", id="seed", value=value)
    with Engine(device="cpu") as engine, pytest.raises(WorkflowError, match=r"nodes\.seed\.value"):
        engine.run(flow.workflow(), ["seed.value"])


def test_ranges() -> None:
    assert primitive.list_range(0, 1, 5) == [0, 0.25, 0.5, 0.75, 1]
    assert primitive.list_range(1, 0.1, 4)[-1] == 0.1
    assert primitive.list_range(3, 9, 1) == [3]
    assert primitive.list_count(7, 3) == [7, 8, 9]
    assert primitive.list_count(2**64 - 1, 2, -1) == [2**64 - 1, 2**64 - 2]
    with pytest.raises(InputError, match="must not be 0"):
        primitive.list_count(step=0)


# Text


def test_joining_replacing_splitting() -> None:
    assert text.join(["a cat", " ", "on a mat"]) == "a cat, on a mat"
    assert text.join(["a", "", "b"], "-", skip_empty=False) == "a--b"
    assert text.replace("a.b.c", ".", "+") == "a+b+c"
    assert text.split_lines(" one \n\n two\r\nthree") == ["one", "two", "three"]
    with pytest.raises(InputError, match="find must not be empty"):
        text.replace("a", "")


def test_formatting_fills_in_values() -> None:
    filled = text.format("{n} {x} {on} {{n}} {word}", n=7, x=0.1, on=True, word="{n}")
    assert filled == "7 0.1 true {n} {n}"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{other}", "asks for 'other', which is not given; given: value"),
        ("{value.__class__}", "a single '{' stands at 0"),
        ("{value[0]}", "single"),
        ("{value!r}", "single"),
        ("{value:>1000000000}", "single"),
        ("{}", "single"),
        ("a } b", "a single '}' stands at 2"),
    ],
)
def test_a_template_can_only_name_values(template: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        text.format(template, value="x")


def test_a_template_takes_no_objects() -> None:
    with pytest.raises(InputError, match="'value' must be a text or a number, got a list"):
        text.format("{value}", value=[1])


@pytest.mark.parametrize(
    ("operation", "answers"),
    [
        ("equals", [True, False, False]),
        ("differs from", [False, True, True]),
        ("contains", [True, True, False]),
        ("starts with", [True, False, False]),
    ],
)
def test_comparing_texts(operation: Any, answers: list[bool]) -> None:
    assert [text.compare(one, "ab", operation) for one in ("ab", "cab", "AB")] == answers


# Numbers


@pytest.mark.parametrize(
    ("operation", "a", "b", "result"),
    [
        ("add", 2**64 - 2, 1, 2**64 - 1),  # floats would lose the seed
        ("add", 1, 0.5, 1.5),
        ("subtract", 3, 5, -2),
        ("multiply", 3, 4, 12),
        ("multiply", 3, 0.5, 1.5),
        ("divide", 12, 4, 3),
        ("divide", 1, 4, 0.25),
        ("divide", 2**70, 2**6, 2**64),
        ("remainder", -1, 8, 7),
        ("power", 2, 10, 1024),
        ("power", 2, -1, 0.5),
        ("power", 4, 0.5, 2.0),
        ("smaller", 3, 2.5, 2.5),
        ("larger", 3, 2.5, 3),
    ],
)
def test_calculating(operation: Any, a: float, b: float, result: float) -> None:
    answer = number.calculate(a, b, operation)
    assert answer == result
    assert type(answer) is type(result)


@pytest.mark.parametrize(
    ("operation", "a", "b", "message"),
    [
        ("divide", 1, 0, "1 cannot be divided by 0"),
        ("divide", 1.0, 0.0, "cannot be divided by 0"),
        ("remainder", 5, 0, "cannot be divided by 0"),
        ("power", 0, -1, "division by 0"),
        ("power", -2, 0.5, "no real power"),
        ("power", 10, 10**9, "too large"),
        ("power", 1e200, 2, "too large"),
        ("multiply", 1e200, 1e200, "too large"),
        ("add", 10**400, 0.5, "too large"),
    ],
)
def test_what_cannot_be_calculated(operation: Any, a: float, b: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        number.calculate(a, b, operation)


def test_rounding() -> None:
    assert [number.round_to_integer(one) for one in (2.5, 3.5, -0.4, 2**64 - 1)] == [
        *(2, 4, 0),
        2**64 - 1,
    ]
    assert number.round_to_integer(2.1, "up") == 3
    assert number.round_to_integer(-2.1, "down") == -3


def test_comparing_numbers() -> None:
    signs: list[Any] = ["<", "<=", "==", "!=", ">=", ">"]
    assert [number.compare(1, 2, sign) for sign in signs] == [True, True, False, True, False, False]
    assert [number.compare(2, 2.0, sign) for sign in signs] == [
        *(False, True, True),
        *(False, True, False),
    ]
    assert not number.compare(2**64, 2**64 - 1)


def test_a_result_becomes_an_integer_input() -> None:
    """
    6 / 2 ── round ── count of a list

    What is calculated may be no whole number, so a link without rounding is refused.
    """
    flow = Builder()
    half = flow.add("number.calculate", id="half", a=6, b=2, operation="divide")
    whole = flow.add("number.round", id="whole", number=half.value)
    flow.add("primitive.list_count", id="numbers", count=whole.value)
    flow.add("primitive.list_count", id="refused", count=half.value)
    with Engine(device="cpu") as engine:
        with pytest.raises(WorkflowError, match=r"refused\.count: wrong kind from half\.value"):
            engine.graph(flow.workflow())
        kept = flow.workflow().nodes
        workflow = flow.workflow().model_copy(
            update={"nodes": {id: one for id, one in kept.items() if id != "refused"}}
        )
        assert engine.run(workflow, ["numbers.value"])["numbers.value"] == [0, 1, 2]


# Lists


def test_lists_are_made_in_the_order_of_their_names() -> None:
    assert lists.make(item10="c", item2="b", item1="a") == ["a", "b", "c"]
    assert lists.make(**{"2": 20, "1": 10, "b1c": 30, "b1": 25}) == [10, 20, 25, 30]
    assert lists.make() == []


def test_taking_from_lists() -> None:
    assert lists.item([1, 2, 3], -1) == 3
    assert lists.length([1, 2, 3]) == 3
    with pytest.raises(InputError, match="there is no place 3 in a list of 3"):
        lists.item([1, 2, 3], 3)


def test_a_list_knows_what_it_holds() -> None:
    """
    1 ─┐
       ├─ list ── item ── round      2.5 beside "a" is refused
    2 ─┘
    """
    flow = Builder()
    one = flow.add("primitive.int", id="one", value=1)
    word = flow.add("primitive.text", id="word", value="a")
    made = flow.add("list.make", id="made", a=one.value, b=one.value)
    taken = flow.add("list.item", id="taken", items=made.value, index=1)
    flow.add("number.round", id="rounded", number=taken.value)
    with Engine(device="cpu") as engine:
        assert engine.graph(flow.workflow()).nodes["made"].kinds == {"value": "list[int]"}
        assert engine.run(flow.workflow(), ["rounded.value"])["rounded.value"] == 1
        flow.add("list.make", id="mixed", a=one.value, b=word.value)
        with pytest.raises(WorkflowError, match=r"mixed\.b: wrong kind from word\.value"):
            engine.graph(flow.workflow())


def test_formatting_and_joining_in_a_workflow() -> None:
    flow = Builder()
    seed = flow.add("primitive.seed", id="seed", value=7)
    label = flow.add("text.format", id="label", template="seed {seed}, {word}", seed=seed.value)
    lines = flow.add("text.split_lines", id="lines", text="a\nb")
    both = flow.add("text.join", id="both", texts=lines.value, separator="+")
    flow.add("text.join", id="all", texts=flow.add("list.make", a=both.value, b=label.value).value)
    workflow = flow.workflow()
    with Engine(device="cpu") as engine:
        with pytest.raises(NodeError, match="given: seed"):
            engine.run(workflow, ["all.value"]).check()
        outcome = engine.run(workflow.with_values({"label.word": "dark"}), ["all.value"])
    assert outcome["all.value"] == "a+b, seed 7, dark"
