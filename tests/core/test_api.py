"""The public surface: what is exported, what importing it costs, and the page's own examples."""

import doctest
import inspect
import subprocess
import sys
import types
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Literal, NamedTuple, TypeVar

import pytest
import torch

import weft
from core.helpers import MakeEngine, flow, use
from weft import Builder, Context, Image, InPlaceEditError, Mask, NodeError, Slider, Workflow, node

T = TypeVar("T")


def test_all_is_sorted_and_equals_the_public_names() -> None:
    assert weft.__all__ == sorted(weft.__all__)
    assert len(set(weft.__all__)) == len(weft.__all__)
    for name in weft.__all__:
        assert getattr(weft, name) is not None
    assert set(weft._LAZY) <= set(weft.__all__)
    public = {
        name
        for name, value in vars(weft).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert public - {"annotations", "TYPE_CHECKING", "import_module"} <= set(weft.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'Enigne'"):
        weft.Enigne  # noqa: B018


def test_every_public_name_has_a_docstring() -> None:
    undocumented = [
        name
        for name in weft.__all__
        if isinstance(value := getattr(weft, name), (type, types.FunctionType))
        and not inspect.getdoc(value)
    ]
    assert undocumented == []


def imported_by(code: str) -> set[str]:
    """The top-level modules that a fresh process holds after running the code."""
    code += "; import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def test_importing_weft_is_light() -> None:
    heavy = {"torch", "numpy", "PIL", "diffusers", "transformers", "pydantic", "networkx"}
    assert imported_by("import weft") & heavy == set()


def test_declaring_a_node_needs_no_torch() -> None:
    code = (
        "import weft\n"
        "@weft.node('t:image.flip')\n"
        "def flip(image: weft.Image, mask: weft.Mask | None = None) -> weft.Image: return image\n"
        "assert flip.spec.inputs[0].kind == 'image'\nNone"
    )
    assert "torch" not in imported_by(code)


def test_running_numbers_needs_no_torch() -> None:
    code = (
        "import weft\n"
        "@weft.node('t:number.one')\n"
        "def one() -> int: return 1\n"
        "flow = weft.Builder(); flow.add('t:number.one', id='n', version=1)\n"
        "engine = weft.Engine(registry=weft.Registry([one]), device='cpu', cache=weft.Cache())\n"
        "assert engine.run(flow.workflow(), ['n'])['n.value'] == 1\n"
        "engine.close()"
    )
    assert "torch" not in imported_by(code)


MODULES = [one.name for one in iter_modules(weft.__path__, "weft.") if not one.ispkg]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_true(name: str) -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for one in finder.find(import_module(name), name):
        runner.run(one)
    assert runner.failures == 0


def test_the_examples_of_the_node_api(engine: MakeEngine) -> None:
    """
    make ── split ┬ image ── blend        a version 1 blend called its amount "factor"
                  └ alpha ──┘
    """

    @node("t:image.blend", version=2)
    def blend(
        base: Image,
        over: Image,
        amount: Annotated[float, Slider(0, 1)] = 0.5,
        mode: Literal["normal", "multiply", "screen"] = "normal",
        mask: Mask | None = None,
    ) -> Image:
        """Blend one image over another."""
        weight = amount if mask is None else amount * mask[..., None]
        return base + (over - base) * weight

    @blend.migrate(1)
    def _(old: dict[str, object]) -> dict[str, object]:
        return {**old, "amount": old.pop("factor")}

    class Split(NamedTuple):
        image: Image
        alpha: Mask

    @node("t:image.split")
    def split(image: Image) -> Split:
        return Split(image[..., :3], image[..., 3])

    @node("t:image.make")
    def make(value: float) -> Image:
        return torch.full((1, 2, 2, 4), value)

    @node("t:image.save")
    def save(image: Image, ctx: Context, prefix: str = "weft") -> None:
        ctx.output({"text": f"{prefix} {image.mean():.4f}"})

    workflow = flow(
        {
            "white": use("t:image.make", value=1),
            "grey": use("t:image.make", value=0.5),
            "over": use("t:image.split", links={"image": "white.image"}),
            "base": use("t:image.split", links={"image": "grey.image"}),
            "blend": use(
                "t:image.blend",
                factor=0.25,
                links={"base": "base.image", "over": "over.image", "mask": "base.alpha"},
            ),
            "save": use("t:image.save", links={"image": "blend.image"}),
        },
        parameters={"amount": "blend.amount"},
    )
    run = engine(blend, split, make, save).run
    # 0.5 + 0.5 * 0.25 * 0.5
    assert run(workflow).check().outputs == {"save": [{"text": "weft 0.5625"}]}
    zero = torch.zeros(1, 2, 2, 3)
    assert torch.equal(blend(zero, zero + 1, amount=1.0), zero + 1)  # it stays callable


def test_errors_are_a_tree() -> None:
    assert issubclass(InPlaceEditError, NodeError)
    for name in weft.__all__:
        value = getattr(weft, name)
        if isinstance(value, type) and issubclass(value, Exception):
            assert issubclass(value, weft.WeftError)
    assert not issubclass(weft.Cancelled, Exception)


def test_the_builder_refuses_what_cannot_be(engine: MakeEngine) -> None:
    builder = Builder()
    builder.add("t:a.a", id="a", x=1)
    with pytest.raises(weft.WorkflowError, match="already"):
        builder.add("t:a.a", id="a")
    with pytest.raises(weft.WorkflowError, match="names no node"):
        builder.parameter("p", "b.x")
    second = builder.add("t:a.a", x=builder.add("t:a.a").value)
    assert list(builder.workflow().nodes) == ["a", "a_2", "a_3"]
    assert isinstance(second.value, weft.Link)


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(weft.InputError, match="'gpu' is no device"):
        weft.Engine(registry=weft.Registry(), device="gpu")
    if not torch.cuda.is_available():
        with pytest.raises(weft.InputError, match="no device 'cuda:7'"):
            weft.Engine(registry=weft.Registry(), device="cuda:7")


def test_an_engine_that_was_closed_says_so(engine: MakeEngine) -> None:
    @node("t:number.one")
    def one() -> int:
        return 1

    made = engine(one)
    made.close()
    with pytest.raises(weft.WeftError, match="closed"):
        made.run(Workflow.from_data({"weft": 1, "nodes": {"n": use("t:number.one")}}), ["n"])
