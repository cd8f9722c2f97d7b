"""Pictures on a CUDA device: like the processor's, always the same, and never off the device."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from nodes.builtin import SAMPLERS
from weft import (
    Engine,
    Event,
    InPlaceEditError,
    InputError,
    Job,
    NodePreview,
    NodeProgress,
    Outcome,
    Workflow,
    describe_system,
    node,
)
from weft.devices import choose_device
from weft_nodes.images.resize import resized
from weft_nodes.kinds import Conditioning, Latent, Model, Noise
from weft_nodes.nodes import image as image_nodes
from weft_nodes.sampling.noise import draw, noise_source
from weft_nodes.sampling.runs import start_state

GPU = "cuda:0"
MakeEngine = Callable[..., Engine]
# What 20 steps make of another order of additions in float32, in a picture of 0..1: up to 3e-5 was
# seen. Half a level of 8 bits is 2e-3; with convolutions in TF32 it would be 5e-4 to 3e-3.
TOLERANCE = 2e-4


def picture(outcome: Outcome) -> Tensor:
    image: Tensor = outcome.check()["decode.image"]
    return image


def states(outcome: Outcome) -> dict[str, str]:
    return {id: one["state"] for id, one in outcome.nodes.items()}


# The device


def test_a_device_is_chosen_by_name() -> None:
    assert choose_device("auto").name == GPU
    assert choose_device("cuda").name == GPU
    with pytest.raises(InputError, match="no device 'cuda:99'; CUDA devices here: cuda:0"):
        choose_device("cuda:99")
    total = torch.cuda.get_device_properties(0).total_memory
    assert choose_device(GPU).budget() == total // 2


def test_the_system_tells_what_it_computes_on() -> None:
    told = describe_system(choose_device(GPU))
    (used,) = [one for one in told["devices"] if one["used"]]
    assert used["name"] == GPU
    assert used["title"] == torch.cuda.get_device_name(0)
    assert 0 < used["free"] <= used["total"]
    assert told["versions"]["cuda"] == torch.version.cuda


# Pictures


def test_noise_is_the_processors_to_the_bit() -> None:
    like = torch.zeros(2, 4, 16, 16)
    for place in (GPU, None):
        there = like if place else like.to(GPU)
        source, other = noise_source(2**64 - 1, there, place), noise_source(2**64 - 1, like)
        for step in range(4):
            drawn = source(step)
            assert str(drawn.device) == GPU
            assert torch.equal(drawn.cpu(), other(step))


def test_a_run_starts_from_the_same_state_to_the_bit(engine: MakeEngine, flow: Workflow) -> None:
    found = []
    for device in ("cpu", GPU):
        loaded = engine(device=device).run(flow, ["checkpoint.model", "empty.latent"]).check()
        model, latent = loaded["checkpoint.model"], loaded["empty.latent"]
        state = start_state(model, latent, Noise(7), 14.6)
        assert str(state.samples.device) == device
        found.append(state.samples.cpu())
    assert torch.equal(*found)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_picture_is_the_processors(engine: MakeEngine, flow: Workflow, sampler: str) -> None:
    """And to the bit the same when it is made again from nothing."""
    values = {"sampler": sampler, "seed": 7, "batch": 2}
    there, again, here = (
        picture(engine(device=device).run(flow, ["decode.image"], parameters=values))
        for device in (GPU, GPU, "cpu")
    )
    assert str(there.device) == str(again.device) == GPU
    assert torch.equal(there, again)
    difference = (there.cpu() - here).abs()
    print(f"{sampler}: most {float(difference.max()):.2e}, mean {float(difference.mean()):.2e}")
    assert float(difference.max()) < TOLERANCE


@pytest.mark.parametrize(("precision", "tolerance"), [("float16", 5e-4), ("bfloat16", 3e-3)])
def test_half_precision_makes_nearly_the_same_picture(
    engine: MakeEngine, flow: Workflow, precision: str, tolerance: float
) -> None:
    """On average; where an edge lies may differ. float16 rounds to 11 bits, bfloat16 to 8."""
    made = engine()
    whole = picture(made.run(flow, ["decode.image"]))
    half = flow.with_values({"checkpoint.precision": precision})
    outcome = made.run(half, ["decode.image", "checkpoint.model"])
    model = outcome.check()["checkpoint.model"]
    assert model.dtype == precision
    assert all(str(one.dtype) == f"torch.{precision}" for one in model.modules[0].parameters())
    difference = float((picture(outcome) - whole).abs().mean())
    print(f"{precision}: mean {difference:.2e}")
    assert difference < tolerance


# Where values are


def test_every_value_stays_on_the_device(engine: MakeEngine, flow: Workflow) -> None:
    loaded = ["checkpoint.model", "checkpoint.text_encoder", "checkpoint.vae"]
    values = ["positive.conditioning", "empty.latent", "sample.latent", "decode.image"]
    outcome = engine().run(flow, [*loaded, *values]).check()
    for name in loaded:
        (module,) = outcome[name].modules
        places = {str(one.device) for one in [*module.parameters(), *module.buffers()]}
        assert places == {GPU}, name
    conditioning: Conditioning = outcome["positive.conditioning"]
    latents: list[Latent] = [outcome["empty.latent"], outcome["sample.latent"]]
    tensors = [conditioning.embeddings, *(one.samples for one in latents), outcome["decode.image"]]
    assert {str(one.device) for one in tensors} == {GPU}


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("sampler", ["euler", "dpmpp_2m", "dpm_2_ancestral"])
@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_no_step_waits_for_the_device(
    engine: MakeEngine, flow: Workflow, sampler: str, guidance: float
) -> None:
    """torch warns of each operation that waits: as many in a long run as in a short one."""
    made = engine()
    made.run(flow, ["sample.latent"], parameters={"sampler": sampler, "steps": 2}).check()

    def waits(steps: int) -> int:
        values = {"sampler": sampler, "steps": steps, "guidance": guidance, "seed": steps}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                made.run(flow, ["sample.latent"], parameters=values).check()
            finally:
                torch.cuda.set_sync_debug_mode("default")
        found = [str(one.message) for one in caught]
        return sum("synchronizing CUDA operation" in one for one in found)

    few = waits(3)
    assert 0 < few < 10  # the noise it starts from, and the look at the end
    assert waits(9) == few


def test_a_second_run_has_the_very_same_tensors(engine: MakeEngine, flow: Workflow) -> None:
    made = engine()
    first = picture(made.run(flow, ["decode.image"]))
    again = made.run(flow, ["decode.image"])
    assert states(again) == {"decode": "cached"}
    assert picture(again) is first
    report = made.cache.report()["device"]
    assert report is not None
    # The weights are the most of it: 12.5 million numbers in float32.
    assert 50e6 < report["bytes"] < 60e6


# Steps


class Marked:
    """A network that takes a while on the device, and marks the end of each call there."""

    def __init__(self, model: Model) -> None:
        self.network = model.network
        self.marks: list[torch.cuda.Event] = []

    def __call__(self, x: Tensor, timestep: Tensor, conditioning: Conditioning) -> Tensor:
        answer = self.network(x, timestep, conditioning)
        torch.cuda._sleep(30_000_000)  # type: ignore[no-untyped-call]  # cycles: some 15 ms
        self.marks.append(torch.cuda.current_stream(x.device).record_event())
        return answer


@node("test:model.marked")
def marked(model: Model) -> Model:
    """The same model with marks."""
    return replace(model, network=Marked(model))


def slow_flow(flow: Workflow, **values: Any) -> Workflow:
    """The workflow with a marked model."""
    data = flow.data()
    data["nodes"]["marked"] = {
        "type": "test:model.marked",
        "version": 1,
        "links": {"model": "checkpoint.model"},
    }
    data["nodes"]["sample"]["links"]["model"] = "marked.model"
    return Workflow.from_data(data).with_parameters(values)


def test_progress_tells_of_work_that_is_done(engine: MakeEngine, flow: Workflow) -> None:
    """At most one step ahead: when step k is reported, all before it have been computed."""
    made, slow = engine(marked), slow_flow(flow, steps=8, sampler="euler")
    network: Marked = made.run(slow, ["marked.model"]).check()["marked.model"].network
    behind: list[int] = []

    def heard(event: Event) -> None:
        if isinstance(event, NodeProgress) and event.node == "sample" and event.done >= 2:
            behind.append(sum(not mark.query() for mark in network.marks))  # type: ignore[no-untyped-call]

    made.run(slow, ["sample.latent"], on_event=heard).check()
    assert len(behind) >= 6
    assert max(behind) <= 1
    assert behind[0] == 1  # and it does run ahead


def test_a_run_is_cancelled_within_a_step(engine: MakeEngine, flow: Workflow) -> None:
    made, slow = engine(marked), slow_flow(flow, steps=50, sampler="euler")
    network: Marked = made.run(slow, ["marked.model"]).check()["marked.model"].network
    job = Job()

    def heard(event: Event) -> None:
        if isinstance(event, NodeProgress) and event.done == 3:
            job.cancel()

    outcome = made.run(slow, ["sample.latent"], job=job, on_event=heard)
    assert outcome.status == "cancelled"
    assert len(network.marks) == 3
    # And the engine goes on.
    done = made.run(slow, ["sample.latent"], parameters={"steps": 2})
    assert done.check().status == "done"


def test_several_jobs_at_once_make_what_each_makes_alone(
    engine: MakeEngine, flow: Workflow
) -> None:
    seeds = range(6)
    made = engine()

    async def together() -> list[Outcome]:
        runs = [
            made.run_async(flow, ["decode.image"], parameters={"seed": seed, "sampler": "ddpm"})
            for seed in seeds
        ]
        return await asyncio.gather(*runs)

    found = [picture(one) for one in asyncio.run(together())]
    other = engine()
    for seed, one in zip(seeds, found, strict=True):
        values = {"seed": seed, "sampler": "ddpm"}
        assert torch.equal(one, picture(other.run(flow, ["decode.image"], parameters=values)))


def test_previews_are_shown_by_another_thread(engine: MakeEngine, flow: Workflow) -> None:
    shown: list[Tensor] = []
    threads: list[threading.Thread] = []

    def heard(event: Event) -> None:
        if isinstance(event, NodePreview):
            render = event.render
            threads.append(threading.Thread(target=lambda: shown.append(render())))
            threads[-1].start()

    engine().run(flow, ["sample.latent"], on_event=heard).check()
    for thread in threads:
        thread.join()
    rendered = [one for one in shown if one is not None]
    assert len(shown) == 19
    assert rendered
    for one in rendered:
        assert (one.device.type, one.dtype, one.shape[2]) == ("cpu", torch.float32, 3)
        assert 0 <= float(one.min()) <= float(one.max()) <= 1


# Nodes


def test_an_edit_in_place_is_found(engine: MakeEngine, flow: Workflow) -> None:
    @node("test:latent.edit")
    def edit(latent: Latent) -> Latent:
        """Change the input."""
        latent.samples.add_(1)
        return latent

    data = flow.data()
    data["nodes"]["edit"] = {
        "type": "test:latent.edit",
        "version": 1,
        "links": {"latent": "empty.latent"},
    }
    outcome = engine(edit).run(Workflow.from_data(data), ["edit.latent"])
    assert isinstance(outcome.errors[0], InPlaceEditError)


@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic", "lanczos", "area"])
@pytest.mark.parametrize(("old", "new"), [((96, 80), (48, 40)), ((30, 20), (64, 96)),
                                          ((2048, 4096), (16, 8))])  # fmt: skip
def test_pictures_are_resized_as_on_the_processor(
    method: Any, old: tuple[int, int], new: tuple[int, int]
) -> None:
    image = draw(0, (1, *old, 3)).abs().clamp(0, 1)
    here = resized(image, new[1], new[0], method, "stretch")
    there = resized(image.to(GPU), new[1], new[0], method, "stretch")
    assert str(there.device) == GPU
    # Weights of filters are computed in float32 on both, in another order.
    torch.testing.assert_close(there.cpu(), here, rtol=0, atol=1e-5)


def test_values_of_both_memories_meet() -> None:
    """A picture from a file is in host memory, a decoded one on the device."""
    here, there = torch.full((1, 4, 4, 3), 0.25), torch.full((1, 4, 4, 3), 0.75, device=GPU)
    mask = torch.ones(1, 4, 4)
    for base, over in ((here, there), (there, here)):
        for one in (None, mask, mask.to(GPU)):
            blended = image_nodes.blend(base, over, one, 0.5)
            assert blended.device == base.device
            assert torch.equal(blended.cpu(), torch.full((1, 4, 4, 3), 0.5))
        batch = image_nodes.batch([base, over])
        assert (batch.device, len(batch)) == (base.device, 2)
        assert image_nodes.grid([base, over], labels=["one", "other"]).ndim == 4
