"""Nodes and workflows run by one call, as the engine runs them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from weft import (
    Context,
    DuplicateNodeError,
    Image,
    InPlaceEditError,
    InputError,
    Mask,
    NodeError,
    WorkflowError,
    WrongOutputError,
    node,
)
from weft.testing import RecordedContext, node_registry, picture, run_node, run_workflow


@node("t:image.fade")
def fade(image: Image, amount: float = 0.5) -> Image:
    """Fade towards grey."""
    return image + (0.5 - image) * amount


class Parts(NamedTuple):
    image: Image
    alpha: Mask


@node("t:image.split")
def split(image: Image) -> Parts:
    """Split."""
    return Parts(image, image[..., 0])


@node("t:image.careless")
def careless(image: Image) -> Image:
    """Edit in place."""
    return image.mul_(2)


@node("t:number.later")
async def later(number: float, ctx: Context) -> float:
    """Double, after a while."""
    await asyncio.sleep(0)
    return await ctx.call(lambda: number * 2)


@node("t:text.write", lane="io")
def write(text: str, ctx: Context) -> None:
    """Write a text."""
    for _ in ctx.track(text):
        ctx.check_cancelled()
    ctx.preview(lambda: text)
    path = ctx.output_dir / "text.txt"
    path.write_text(text, "utf-8")
    ctx.output({"path": str(path)})


@node("t:list.extend", lane="inline")
def extend(numbers: list[int]) -> list[int]:
    """Append to the list it was given, which is its own."""
    numbers.append(9)
    return numbers


@node("t:number.names", lane="inline")
def names(**inputs: int) -> str:
    """The names of the inputs."""
    return ",".join(inputs)


@node("t:number.wrong", lane="inline")
def wrong() -> int:
    """Return what it does not declare."""
    return "one"  # type: ignore[return-value]


def test_a_node_in_three_lines() -> None:
    made = run_node(fade, image=torch.ones(1, 2, 2, 3), amount=1)
    assert torch.equal(made, torch.full((1, 2, 2, 3), 0.5))


def test_defaults_are_filled_in_and_whole_numbers_become_floats() -> None:
    assert run_node(fade, image=torch.ones(1, 1, 1, 3)).tolist() == [[[[0.75] * 3]]]
    doubled = run_node(later, number=2)
    assert (doubled, type(doubled)) == (4.0, float)


def test_several_outputs_come_as_they_are_declared() -> None:
    made = run_node(split, image=picture())
    assert isinstance(made, Parts)
    assert made.alpha.shape == (1, 12, 16)


def test_an_edit_in_place_is_found() -> None:
    with pytest.raises(InPlaceEditError, match="'image'"):
        run_node(careless, image=picture())


def test_a_wrong_output_is_found() -> None:
    with pytest.raises(WrongOutputError, match="expected a int, got str 'one'"):
        run_node(wrong)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "t:image.fade.image: expected a link to an image output, got nothing"),
        ({"image": torch.ones(2, 2)}, r"'image': expected image .*got a Tensor of float32"),
        ({"image": torch.ones(1, 2, 2, 3).double()}, "got a Tensor of float64"),
        ({"image": torch.ones(1, 2, 2, 3), "amount": "much"}, "amount: expected a number"),
        ({"image": torch.ones(1, 2, 2, 3), "amont": 1.0}, "did you mean 'amount'"),
    ],
)
def test_inputs_are_checked_as_a_workflows_are(inputs: Mapping[str, Any], said: str) -> None:
    with pytest.raises((InputError, NodeError), match=said):
        run_node(fade, **inputs)


def test_what_a_node_raises_comes_as_it_is() -> None:
    @node("t:number.broken", lane="inline")
    def broken(divisor: int) -> int:
        return 1 // divisor

    with pytest.raises(ZeroDivisionError):
        run_node(broken, divisor=0)


def test_lists_are_copies_as_in_a_run() -> None:
    given = [1, 2]
    assert run_node(extend, numbers=given) == [1, 2, 9]
    assert given == [1, 2]


def test_inputs_under_any_name() -> None:
    assert run_node(names, a=1, b=2) == "a,b"


def test_installed_nodes_go_by_their_type_id() -> None:
    assert run_node("number.calculate", a=2, b=3.5) == 5.5
    with pytest.raises(InputError, match=r"did you mean 'number\.calculate'"):
        run_node("number.calculat", a=1, b=2)
    with pytest.raises(InputError, match="decorated with @node"):
        run_node(len, numbers=[])  # type: ignore[call-overload]


def test_a_recorded_context_tells_what_the_node_reported(tmp_path: Path) -> None:
    context = RecordedContext(output_dir=tmp_path)
    run_node(write, text="abc", ctx=context)
    assert context.reports == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert context.previews == ["abc"]
    assert context.outputs == [{"path": str(tmp_path / "text.txt")}]


def test_a_recorded_context_is_cancelled_after_so_many_reports(tmp_path: Path) -> None:
    from weft import Cancelled

    context = RecordedContext(output_dir=tmp_path, cancel_after=2)
    with pytest.raises(Cancelled):
        run_node(write, text="abc", ctx=context)
    assert context.reports == [(0, 3), (1, 3)]
    assert context.outputs == []


def test_an_output_outside_the_folder_is_refused_as_in_a_run(tmp_path: Path) -> None:
    @node("t:text.stray", lane="io")
    def stray(ctx: Context) -> None:
        ctx.output({"path": str(tmp_path / "elsewhere.txt")})

    with pytest.raises(InputError, match="outside the output folder"):
        run_node(stray)


DOCUMENT = {
    "weft": 1,
    "nodes": {
        "start": {"type": "primitive.float", "values": {"value": 3.0}},
        "later": {"type": "t:number.later", "links": {"number": "start.value"}},
    },
    "parameters": {"start": "start.value"},
}


def test_a_workflow_in_three_lines() -> None:
    outcome = run_workflow(DOCUMENT, targets=["later.value"], nodes=[later])
    assert outcome["later.value"] == 6.0


def test_parameters_files_and_outputs(tmp_path: Path) -> None:
    import json

    nodes = {"write": {"type": "t:text.write", "values": {"text": "x"}}}
    path = tmp_path / "flow.json"
    path.write_text(json.dumps({"weft": 1, "nodes": nodes, "parameters": {"text": "write.text"}}))
    outcome = run_workflow(path, parameters={"text": "hello"}, nodes=[write])
    (item,) = outcome.outputs["write"]
    assert Path(item["path"]).read_text("utf-8") == "hello"


def test_a_failed_node_fails_the_test_unless_it_is_asked_for() -> None:
    flow = {"weft": 1, "nodes": {"wrong": {"type": "t:number.wrong"}}}
    with pytest.raises(WrongOutputError):
        run_workflow(flow, targets=["wrong"], nodes=[wrong])
    outcome = run_workflow(flow, targets=["wrong"], nodes=[wrong], check=False)
    assert outcome.status == "failed"


def test_nodes_given_stand_in_for_installed_ones() -> None:
    @node("number.calculate", lane="inline")
    def calculate(a: float, b: float) -> float:
        return a - b

    flow = {"weft": 1, "nodes": {"n": {"type": "number.calculate", "values": {"a": 1.0, "b": 2.0}}}}
    assert run_workflow(flow, targets=["n"])["n.value"] == 3.0
    assert run_workflow(flow, targets=["n"], nodes=[calculate])["n.value"] == -1.0


def test_without_the_nodes_the_workflow_is_refused() -> None:
    with pytest.raises(WorkflowError, match=r"t:number\.later"):
        run_workflow(DOCUMENT, targets=["later.value"])


def test_a_registry_of_modules_and_nodes() -> None:
    registry = node_registry("weft_nodes.nodes.number", fade)
    assert registry.get("number.calculate") is not None
    assert registry.get("t:image.fade") is not None
    assert registry.get("image.blend") is None
    with pytest.raises(DuplicateNodeError):
        node_registry(fade, fade)
    with pytest.raises(InputError, match="declares no node"):
        node_registry("weft.testing")


def test_importing_it_imports_no_torch_and_no_pytest() -> None:
    code = "import sys, weft.testing; print([m for m in ('torch', 'pytest') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert said.stdout == "[]\n"


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module with the hooks of a plugin that is not installed."""
    folder = tmp_path / "acme_testing"
    folder.mkdir()
    (folder / "nodes.py").write_text(
        "from weft import node\n"
        "@node('acme:number.half', lane='inline')\n"
        "def half(number: float) -> float:\n"
        "    '''Half.'''\n"
        "    return number / 2\n"
    )
    hooks = folder / "plugin.py"
    hooks.write_text(
        "from weft import hookimpl\n"
        "@hookimpl\n"
        "def weft_node_modules():\n"
        "    return ['acme_testing.nodes']\n"
        "@hookimpl\n"
        "def weft_schedules():\n"
        "    return {'acme/flat': 'acme_testing.nodes:half'}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("acme_testing")]:
        monkeypatch.delitem(sys.modules, name)
    return hooks


def test_all_that_a_plugin_brings_without_installing_it(plugin: Path) -> None:
    from weft import offered

    flow: dict[str, Any] = {
        "weft": 1,
        "nodes": {"n": {"type": "acme:number.half", "values": {"number": 3.0}}},
    }
    plugins = {"acme-testing": "acme_testing.plugin"}
    flow["requires"] = {"acme-testing": ">=2"}
    assert run_workflow(flow, targets=["n"], plugins=plugins)["n.value"] == 1.5
    project = plugin.parent.parent / "pyproject.toml"
    project.write_text('[project]\nname = "acme-testing"\nversion = "2.1"\n')
    assert run_workflow(flow, targets=["n"], plugins=plugins)["n.value"] == 1.5
    project.write_text('[project]\nname = "acme-testing"\nversion = "1.9"\n')
    with pytest.raises(WorkflowError, match=r"expected >=2, got 1\.9"):
        run_workflow(flow, targets=["n"], plugins=plugins)
    assert "acme/flat" not in offered("schedules")


def test_a_plugin_that_cannot_be_described_is_told(plugin: Path) -> None:
    from weft import PluginError

    plugin.write_text("raise RuntimeError('no way')\n")
    with pytest.raises(PluginError, match=r"(?s)acme-testing .*no way"):
        run_workflow(DOCUMENT, plugins={"acme-testing": "acme_testing.plugin"})
