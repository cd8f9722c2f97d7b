"""A node never changes its inputs: an edit in place is an error that names node and input."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import torch

from core.helpers import MakeEngine, flow, use
from weft import InPlaceEditError, Kind, Node, Tensor, node

Noise = Annotated[Tensor, Kind("t:noise")]


@dataclass(frozen=True)
class Latent:
    samples: Tensor
    extras: dict[str, list[Tensor]]


@node("t:noise.make")
def make() -> Noise:
    return torch.zeros(4)


@node("t:noise.wrap")
def wrap() -> Any:
    return Latent(torch.zeros(4), {"masks": [torch.zeros(4), torch.ones(4)]})


def edited(engine: MakeEngine, edit: Callable[[Any], object], source: Node[..., Any]) -> str | None:
    """
    source ── edit
    """

    @node("t:noise.edit")
    def editing(noise: Any) -> int:
        edit(noise)
        return 1

    output = source.spec.outputs[0].name
    workflow = flow(
        {
            "source": use(source.spec.id),
            "edit": use("t:noise.edit", links={"noise": f"source.{output}"}),
        }
    )
    outcome = engine(source, editing).run(workflow, ["edit"])
    if outcome.status == "done":
        return None
    (error,) = outcome.errors
    assert isinstance(error, InPlaceEditError)
    assert error.node == "edit"
    return error.message


@pytest.mark.parametrize(
    "edit",
    [
        lambda noise: noise.add_(1),
        lambda noise: noise.__setitem__(0, 1),
        lambda noise: noise[1:].mul_(2),
        lambda noise: noise.view(2, 2).t().zero_(),
        lambda noise: noise.detach().clamp_(0, 1),
        lambda noise: torch.add(noise, 1, out=noise),
        lambda noise: noise.copy_(torch.ones(4)),
    ],
)
def test_every_way_to_edit_in_place_is_caught(
    engine: MakeEngine, edit: Callable[[Any], object]
) -> None:
    message = edited(engine, edit, make)
    assert message is not None
    assert "'noise'" in message


@pytest.mark.parametrize(
    "edit",
    [
        lambda noise: noise + 1,
        lambda noise: noise.clone().add_(1),
        lambda noise: noise.view(2, 2),
        lambda noise: noise.numpy().sum(),
    ],
)
def test_reading_and_cloning_are_no_edits(
    engine: MakeEngine, edit: Callable[[Any], object]
) -> None:
    assert edited(engine, edit, make) is None


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        (lambda latent: latent.samples.add_(1), "noise.samples"),
        (lambda latent: latent.extras["masks"][1].add_(1), "noise.extras['masks'][1]"),
    ],
)
def test_an_edit_inside_a_dataclass_is_named(
    engine: MakeEngine, edit: Callable[[Any], object], path: str
) -> None:
    message = edited(engine, edit, wrap)
    assert message is not None
    assert path in message


def test_an_async_node_is_watched_too(engine: MakeEngine) -> None:
    @node("t:noise.edit")
    async def editing(noise: Noise, ctx: Any | None = None) -> int:
        noise.add_(1)
        return 1

    workflow = flow(
        {"make": use("t:noise.make"), "edit": use("t:noise.edit", links={"noise": "make.noise"})}
    )
    outcome = engine(make, editing).run(workflow, ["edit"])
    assert isinstance(outcome.errors[0], InPlaceEditError)


def test_inputs_under_any_name_are_watched_too(engine: MakeEngine) -> None:
    @node("t:noise.mix")
    def mix(**noises: Noise) -> int:
        noises["second"].add_(1)
        return 1

    workflow = flow(
        {
            "make": use("t:noise.make"),
            "mix": use("t:noise.mix", links={"first": "make.noise", "second": "other.noise"}),
            "other": use("t:noise.other"),
        }
    )

    @node("t:noise.other")
    def other() -> Noise:
        return torch.ones(4)

    outcome = engine(make, other, mix).run(workflow, ["mix"])
    assert "'second'" in str(outcome.errors[0])


def test_a_node_that_returns_its_input_is_fine(engine: MakeEngine) -> None:
    @node("t:noise.same")
    def same(noise: Noise) -> Noise:
        return noise

    workflow = flow(
        {"make": use("t:noise.make"), "same": use("t:noise.same", links={"noise": "make.noise"})}
    )
    outcome = engine(make, same).run(workflow, ["same", "make"]).check()
    assert outcome["same.noise"] is outcome["make.noise"]  # by reference, never copied


def test_literals_of_the_document_cannot_be_edited(engine: MakeEngine) -> None:
    """A node that edits the object it was given edits a copy: the next run sees the file's."""

    @node("t:value.pop")
    def pop(value: dict[str, Any], items: list[int]) -> int:
        items.append(0)
        value["inner"].clear()
        return len(value) + len(items)

    made = engine(pop)
    workflow = flow({"n": use("t:value.pop", value={"inner": {"a": 1}}, items=[1])})
    before = workflow.dumps()
    made.run(workflow, ["n"]).check()
    assert workflow.dumps() == before
    assert made.plan(workflow, ["n"]).steps["n"].state == "cached"


# Autograd


@pytest.mark.parametrize("lane", ["device", "io", "inline"])
def test_nodes_run_without_grad_and_not_in_inference_mode(engine: MakeEngine, lane: Any) -> None:
    @node("t:grad.modes", lane=lane)
    def modes() -> list[bool]:
        return [torch.is_grad_enabled(), torch.is_inference_mode_enabled()]

    made = engine(modes)
    assert made.run(flow({"n": use("t:grad.modes")}), ["n"])["n.value"] == [False, False]
    assert torch.is_grad_enabled()


def test_async_nodes_run_without_grad_in_every_step(engine: MakeEngine) -> None:
    import asyncio

    @node("t:grad.steps")
    async def steps() -> list[bool]:
        found = []
        for _ in range(3):
            found.append(torch.is_grad_enabled())
            await asyncio.sleep(0)
        return found

    made = engine(steps)

    async def beside() -> tuple[list[bool], Any]:
        """Another task on the same loop keeps autograd on, while the node is suspended."""
        run = asyncio.create_task(made.run_async(flow({"n": use("t:grad.steps")}), ["n"]))
        seen = []
        while not run.done():
            seen.append(torch.is_grad_enabled())
            await asyncio.sleep(0)
        return seen, (await run)["n.value"]

    seen, inside = asyncio.run(beside())
    assert all(seen)
    assert inside == [False, False, False]


def test_a_node_that_wants_gradients_may_have_them(engine: MakeEngine) -> None:
    @node("t:grad.slope")
    def slope() -> float:
        with torch.enable_grad():
            x = torch.tensor(3.0, requires_grad=True)
            (x * x).backward()  # type: ignore[no-untyped-call]
        assert x.grad is not None
        return float(x.grad)

    assert engine(slope).run(flow({"n": use("t:grad.slope")}), ["n"])["n.value"] == 6.0
    assert torch.is_grad_enabled()


def test_a_failed_node_leaves_grad_mode_alone(engine: MakeEngine) -> None:
    @node("t:grad.broken", lane="inline")
    def broken() -> int:
        raise ValueError

    engine(broken).run(flow({"n": use("t:grad.broken")}), ["n"])
    assert torch.is_grad_enabled()
