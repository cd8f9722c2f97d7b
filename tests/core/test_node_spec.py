"""The signature is the spec: annotation = kind, `Annotated` = constraint, default = default."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import pytest

from weft import (
    Advanced,
    Choices,
    Context,
    DuplicateNodeError,
    Expansion,
    Image,
    InputSpec,
    Kind,
    Mask,
    Node,
    NodeSpec,
    Range,
    Registry,
    Seed,
    Slider,
    SpecError,
    Subgraph,
    Tensor,
    Text,
    Widget,
    kind,
    node,
)
from weft.literals import literal_problem

T = TypeVar("T")


def spec_of(function: Callable[..., Any], **settings: Any) -> NodeSpec:
    return node("t:a.b", **settings)(function).spec


def input_of(annotation: Any, *default: Any) -> InputSpec:
    """The spec of an input that is annotated so."""

    def function(x: Any) -> int:
        return 0

    function.__annotations__["x"] = annotation
    if default:
        function.__defaults__ = default
    return spec_of(function).inputs[0]


def test_everything_comes_from_the_signature() -> None:
    @node("t:image.blend", version=2, lane="io", title="Mix")
    def blend(
        base: Image,
        over: Image,
        amount: Annotated[float, Slider(0, 1)] = 0.5,
        mode: Literal["normal", "screen"] = "normal",
        mask: Mask | None = None,
    ) -> Image:
        """Blend one image over another.

        amount: how much of it,
            from nothing to all.
        """
        return base

    spec = blend.spec
    assert (spec.id, spec.version, spec.lane, spec.title) == ("t:image.blend", 2, "io", "Mix")
    assert spec.group == "image"
    assert spec.help.startswith("Blend one image over another.")
    assert [one.name for one in spec.inputs] == ["base", "over", "amount", "mode", "mask"]
    assert [one.kind for one in spec.inputs] == ["image", "image", "float", "str", "mask"]
    assert [one.required for one in spec.inputs] == [True, True, False, False, False]
    assert [one.literal for one in spec.inputs] == [False, False, True, True, False]
    amount, mode, mask = spec.inputs[2:]
    assert (amount.schema["minimum"], amount.schema["maximum"]) == (0, 1)
    assert amount.schema["x-widget"] == "slider"
    assert amount.help == "how much of it, from nothing to all."
    assert mode.schema["enum"] == ["normal", "screen"]
    assert (mask.default, mask.nullable) == (None, True)
    assert [(one.name, one.kind) for one in spec.outputs] == [("image", "image")]
    assert not spec.is_output


def test_a_built_in_namespace_may_be_left_out() -> None:
    @node("image.flip")
    def flip(image: Image) -> Image:
        return image

    assert flip.spec.id == "weft:image.flip"
    registry = Registry([flip])
    assert registry.get("image.flip") is not None
    assert registry.get("image.flip") is registry.get("weft:image.flip")
    assert registry.get("acme:image.flip") is None


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, "int"),
        (float, "float"),
        (bool, "bool"),
        (str, "str"),
        (dict[str, Any], "json"),
        (Any, "any"),
        (list[int], "list[int]"),
        (list[Image], "list[image]"),
        (list[list[str]], "list[list[str]]"),
        (int | float, "int|float"),
        (Image | Mask, "image|mask"),
        (T, "$T"),
        (list[T], "list[$T]"),  # type: ignore[valid-type]
        (Subgraph[Any], "subgraph"),
        (Literal[1, 2], "int"),
        (Annotated[Tensor, Kind("acme:noise")], "acme:noise"),
    ],
)
def test_kinds(annotation: Any, expected: str) -> None:
    assert input_of(annotation).kind == expected


def test_a_dataclass_is_its_own_kind() -> None:
    @kind("acme:palette", colour="#cc8844", shape="diamond")
    @dataclass(frozen=True)
    class Palette:
        """A few colours."""

        colours: tuple[str, ...]

    @node("acme:palette.invert")
    def invert(palette: Palette) -> Palette:
        return palette

    assert invert.spec.inputs[0].kind == "acme:palette"
    # The output is named after the kind, without the namespace.
    assert [(one.name, one.kind) for one in invert.spec.outputs] == [("palette", "acme:palette")]


def test_a_named_tuple_is_several_outputs() -> None:
    class Split(NamedTuple):
        image: Image
        alpha: Mask

    @node("t:image.split")
    def split(image: Image) -> Split:
        raise NotImplementedError

    assert [(one.name, one.kind) for one in split.spec.outputs] == [
        ("image", "image"),
        ("alpha", "mask"),
    ]


def test_returning_nothing_makes_an_output_node() -> None:
    @node("t:image.save")
    def save(image: Image, ctx: Context, prefix: str = "weft") -> None: ...

    assert save.spec.is_output
    assert [one.name for one in save.spec.inputs] == ["image", "prefix"]
    assert save.spec.context == "ctx"


def test_an_expansion_is_no_kind_of_its_own() -> None:
    @node("t:flow.each")
    def each(items: list[T], body: Subgraph[T]) -> list[T] | Expansion:
        return items

    assert [one.kind for one in each.spec.outputs] == ["list[$T]"]


def test_an_async_function_and_its_lane() -> None:
    @node("t:net.fetch", lane="inline")
    async def fetch(url: str) -> str:
        return url

    assert fetch.spec.is_async
    assert fetch.spec.lane == "inline"


def test_inputs_under_any_name() -> None:
    @node("t:text.format")
    def form(template: str, **values: str) -> str:
        return template.format(**values)

    assert form.spec.extra == "str"
    assert [one.name for one in form.spec.inputs] == ["template"]
    assert form("a{b}", b="c") == "ac"


# Constraints


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (int, [0, -3, 2**70], [True, 1.0, "1", None, [1], {}]),
        (float, [0, 0.5, -3, 1e300], [True, "0.5", None, float("nan"), float("inf")]),
        (bool, [True, False], [0, 1, "true", "false", None]),
        (str, ["", "1", "ü"], [1, None, True, ["a"]]),
        (dict[str, Any], [{}, {"a": [1]}], [[], "x", None]),
        (list[int], [[], [1, 2]], [[1.0], [True], "12", 1, (1,)]),
        (list[float], [[1, 0.5]], [["1"], [float("nan")]]),
        (int | str, [1, "a"], [1.5, True, None]),
        (int | None, [None, 3], [False, "3"]),
        (Literal["a", "b"], ["a", "b"], ["A", "", 1, None]),
        (Literal[1, 2], [1, 2], [True, 1.0, 3, "1"]),
        (Annotated[int, Range(1, 10)], [1, 10], [0, 11, 5.0]),
        (Annotated[float, Slider(0, 1)], [0, 1, 0.5], [-0.001, 1.001]),
        (Annotated[int, Seed()], [0, 2**64 - 1], [-1, 2**64]),
        (Annotated[str, Text(max_length=3)], ["abc"], ["abcd"]),
    ],
)
def test_a_literal_is_checked_and_only_int_becomes_float(
    annotation: Any, good: list[Any], bad: list[Any]
) -> None:
    spec = input_of(annotation)
    assert [one for one in good if literal_problem(spec, one) is not None] == []
    assert [one for one in bad if literal_problem(spec, one) is None] == []


def test_a_link_only_input_takes_no_literal() -> None:
    assert literal_problem(input_of(Image), 3) == "a link to an image output"


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (int, "1"),
        (int, True),
        (int, None),
        (Annotated[int, Range(1, 10)], 0),
        (Literal["a"], "b"),
        (Image, 0),
    ],
)
def test_a_default_is_checked_when_the_node_is_declared(annotation: Any, default: Any) -> None:
    with pytest.raises(SpecError, match=r"t:a\.b\.x"):
        input_of(annotation, default)


def test_choices_of_files_are_data() -> None:
    schema = input_of(Annotated[str, Choices.files("checkpoints")]).schema
    assert schema["x-folder"] == "checkpoints"
    json.dumps(schema)


# What is no spec


def test_every_refusal_names_the_node_and_the_parameter() -> None:
    def bare(x) -> int:  # type: ignore[no-untyped-def]
        return 0

    def no_answer(x: int):  # type: ignore[no-untyped-def]
        return 0

    def positional(x: int, /) -> int:
        return x

    def many(*x: int) -> int:
        return 0

    def foreign(x: complex) -> int:
        return 0

    for function in (bare, positional, many, foreign):
        with pytest.raises(SpecError, match=r"t:a\.b\.x"):
            spec_of(function)
    with pytest.raises(SpecError, match=r'double: @node needs a type id, as in @node\("'):

        @node  # type: ignore[arg-type]
        def double(number: int) -> int:
            return number * 2

    with pytest.raises(SpecError, match="return"):
        spec_of(no_answer)


@pytest.mark.parametrize("bad", ["blend", "Image.blend", "image.", "a:b:c.d", "image.blend.more"])
def test_a_type_id_has_a_group_and_a_name(bad: str) -> None:
    with pytest.raises(SpecError, match="type id"):
        node(bad)(lambda: None)


def test_versions_start_at_one() -> None:
    with pytest.raises(SpecError, match="version"):
        node("t:a.b", version=0)(lambda: None)


def test_hooks_may_only_ask_for_inputs_of_the_node() -> None:
    @node("t:flow.pick", version=2)
    def pick(condition: bool, one: int | None = None) -> int:
        return one or 0

    with pytest.raises(SpecError, match="conditoin"):
        pick.needs(lambda conditoin: ())
    with pytest.raises(SpecError, match="file"):
        pick.fingerprint(lambda file: "")
    for version in (0, 2, 3):
        with pytest.raises(SpecError, match="version"):
            pick.migrate(version)


def test_a_duplicate_id_is_an_error() -> None:
    def make() -> Node[..., Any]:
        @node("t:number.one")
        def one() -> int:
            return 1

        return one

    with pytest.raises(DuplicateNodeError, match=r"t:number\.one"):
        Registry([make(), make()])


def test_a_spec_is_data() -> None:
    """What the catalogue stores is what it reads."""

    @node("t:image.blend", version=3)
    def blend(
        base: Image,
        amount: Annotated[float, Range(0, 1, step=0.1)] = 0.5,
        mode: Literal["a", "b"] = "a",
    ) -> Image:
        return base

    @blend.needs
    def _(mode: str) -> set[str]:
        return {"base"}

    assert NodeSpec.from_dict(json.loads(json.dumps(blend.spec.as_dict()))) == blend.spec


def test_a_widget_of_a_plugin_is_named_and_bounds_stay() -> None:
    colour = Widget("acme/colour")
    assert input_of(Annotated[str, colour]).schema == {"type": "string", "x-widget": "acme/colour"}
    for order in ((Range(0, 1), colour), (colour, Range(0, 1))):
        dial = input_of(Annotated[float, *order], 0.5)
        assert dial.schema == {
            "type": "number", "minimum": 0, "maximum": 1, "x-widget": "acme/colour",
        }  # fmt: skip
        assert literal_problem(dial, 2.0) is not None
    curve = input_of(Annotated[list[Annotated[float, Range(0, 1)]], colour])
    assert curve.schema["items"]["maximum"] == 1
    assert curve.schema["x-widget"] == "acme/colour"
    maybe = input_of(Annotated[str, colour] | None, None)
    assert (maybe.schema["x-widget"], maybe.nullable) == ("acme/colour", True)


def test_what_few_people_set_is_marked() -> None:
    schema = input_of(Annotated[float, Range(0, 1), Advanced()] | None, None).schema
    assert schema["x-advanced"] is True
    assert (schema["maximum"], schema["x-widget"]) == (1, "number")


@pytest.mark.parametrize("name", ["colour", "acme/", "/colour", "Acme/colour", "a/b/c", "a b/c"])
def test_a_name_that_is_no_widgets_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match="namespace/name"):
        Widget(name)


def test_a_widget_needs_a_value_to_edit() -> None:
    with pytest.raises(SpecError, match="image is only linked"):
        input_of(Annotated[Image, Widget("acme/colour")])


def test_a_chart_names_inputs_and_is_said_in_the_spec() -> None:
    @node("t:a.b")
    def function(steps: int = 3, other: str = "x") -> int:
        return steps

    assert not function.spec.chart

    @function.chart
    def draw(steps: int | None) -> dict[str, list[float]] | None:
        return None if steps is None else {"y": [0.0] * steps}

    assert function.spec.chart
    assert function.spec.as_dict()["chart"] is True
    assert draw(2) == {"y": [0.0, 0.0]}
    with pytest.raises(SpecError, match="its chart function asks for unknown 'stps'"):

        @function.chart
        def _(stps: int | None) -> None: ...
