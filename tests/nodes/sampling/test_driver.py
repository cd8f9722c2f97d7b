"""The driver: the same numbers as a bare loop, and everything it owns around them."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import torch
from torch import Tensor

from nodes.builtin import SAMPLERS
from nodes.sampling.fakes import Recorder, model, network, prompt
from nodes.sampling.oracles import run
from weft import Cancelled, Context, InputError
from weft_nodes.kinds import Guider, Model, Sampler
from weft_nodes.sampling.driver import latent_to_rgb, sample
from weft_nodes.sampling.evaluate import Evaluate
from weft_nodes.sampling.forward import add_noise
from weft_nodes.sampling.guiders import BasicGuider, CfgGuider
from weft_nodes.sampling.noise import draw, noise_source
from weft_nodes.sampling.prediction import denoise, noise_levels
from weft_nodes.sampling.samplers import bind
from weft_nodes.sampling.schedules import make_schedule

STEPS = 6


def sigmas_of(which: Model, steps: int = STEPS) -> Tensor:
    flow = which.prediction == "flow"
    return make_schedule("karras", which.training_sigmas, steps, flow=flow)


def start(which: Model, seed: int = 0, batch: int = 2) -> Tensor:
    shape = (batch, 4, 3, 5)
    flow = which.prediction == "flow"
    sigma = noise_levels(which).sigma_max
    return add_noise(torch.zeros(shape), draw(seed, shape), sigma, flow=flow)


def drive(
    guider: Guider, name: str = "euler", ctx: Context | None = None, batch: int = 2, **more: Any
) -> Tensor:
    x = start(guider.model, batch=batch)
    sigmas = sigmas_of(guider.model)
    context = ctx or Context.null()
    sampler = Sampler(name, more.pop("options", {}))
    return asyncio.run(sample(context, guider, sampler, sigmas, x, noise_source(0, x), **more))


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("prediction", ["epsilon", "flow"])
def test_driven_equals_bare(name: str, prediction: Any) -> None:
    exact = model(prediction)
    driven = drive(BasicGuider(exact, prompt(0.5)), name)
    x = start(exact)
    bare, _ = run(
        bind(Sampler(name), flow=prediction == "flow"),
        lambda x, sigma: denoise(exact, x, sigma, prompt(0.5, batch=2)),
        x,
        sigmas_of(exact).tolist(),
        noise_source(0, x),
    )
    assert torch.equal(driven, bare)
    assert driven.dtype == torch.float32
    assert float(driven.mean()) == pytest.approx(0.5, abs=0.25)


@pytest.mark.parametrize("name", ["euler", "euler_ancestral", "pndm"])
def test_a_sample_of_a_batch_is_the_single_picture_of_its_seed(name: str) -> None:
    together = drive(BasicGuider(model(), prompt(0.5)), name, batch=3)
    alone_model = model()
    x = start(alone_model, seed=2, batch=1)
    guider = BasicGuider(alone_model, prompt(0.5))
    noise = noise_source(2, x)
    alone = asyncio.run(
        sample(Context.null(), guider, Sampler(name), sigmas_of(alone_model), x, noise)
    )
    torch.testing.assert_close(together[2:], alone, rtol=1e-5, atol=1e-5)


def test_guidance_combines_and_batches_both_halves() -> None:
    exact = model()
    guider = CfgGuider(exact, prompt(1.0), prompt(-0.5), 3.0)
    result = drive(guider)
    assert network(exact).batches == [4] * STEPS
    single = model()
    positive, negative = prompt(1.0, batch=2), prompt(-0.5, batch=2)

    def guided(x: Tensor, sigma: float) -> Tensor:
        pushed = denoise(single, x, sigma, positive)
        plain = denoise(single, x, sigma, negative)
        return plain + 3.0 * (pushed - plain)

    bare, _ = run(bind(Sampler("euler")), guided, start(single), sigmas_of(single).tolist())
    torch.testing.assert_close(result, bare, rtol=1e-4, atol=1e-4)


def test_guidance_of_scale_one_skips_the_negative_prompt() -> None:
    exact = model()
    result = drive(CfgGuider(exact, prompt(1.0), prompt(-0.5), 1.0))
    assert network(exact).batches == [2] * STEPS
    assert torch.equal(result, drive(BasicGuider(model(), prompt(1.0))))


def test_prompts_of_different_length_are_answered_one_after_the_other() -> None:
    exact = model()
    result = drive(CfgGuider(exact, prompt(1.0, tokens=3), prompt(-0.5, tokens=7), 3.0))
    assert network(exact).batches == [2] * (2 * STEPS)
    same = drive(CfgGuider(model(), prompt(1.0), prompt(-0.5), 3.0))
    torch.testing.assert_close(result, same, rtol=1e-5, atol=1e-5)


def test_calls_at_different_levels_share_a_batch_too() -> None:
    class TwoLevels(BasicGuider):
        def calls(self, x: Tensor, sigma: float) -> Any:
            (one,) = super().calls(x, sigma)
            return (one, type(one)(one.model, x * 0.5, sigma * 0.5, one.conditioning))

        def combine(self, x: Tensor, sigma: float, answers: Any) -> Tensor:
            assert len(answers) == 2
            expected = denoise(self.model, x * 0.5, sigma * 0.5, prompt(0.5, batch=2))
            torch.testing.assert_close(answers[1], expected, rtol=1e-5, atol=1e-5)
            first: Tensor = answers[0]
            return first

    result = drive(TwoLevels(model(), prompt(0.5, pooled=True)))
    torch.testing.assert_close(result, drive(BasicGuider(model(), prompt(0.5))))


@pytest.mark.parametrize("name", SAMPLERS)
def test_progress_rises_to_the_number_of_steps(name: str) -> None:
    host = Recorder()
    exact = model()
    drive(BasicGuider(exact, prompt(0.5)), name, Context(host=host))
    done = [d for d, _ in host.done]
    assert done[0] == 0
    assert done[-1] == STEPS
    assert done == sorted(done)
    assert set(done) == set(range(STEPS + 1))
    assert {total for _, total in host.done} == {STEPS}
    assert host.lanes == ["device"] * len(network(exact).batches)


def test_previews_are_rendered_only_on_demand() -> None:
    host = Recorder()
    drive(BasicGuider(model(), prompt(0.5)), ctx=Context(host=host))
    assert len(host.previews) == STEPS - 1
    picture = host.previews[-1]()
    assert picture.shape == (3, 10, 3)
    assert picture.dtype == torch.float32
    assert float(picture.min()) >= 0
    assert float(picture.max()) <= 1
    exact = model()
    flat = latent_to_rgb(torch.ones(1, 4, 2, 2), exact.latent_format)
    torch.testing.assert_close(flat, torch.full((2, 2, 3), 0.9))


def test_cancel_takes_effect_within_one_evaluation() -> None:
    exact = model()
    cancelled = threading.Event()
    network(exact).before = lambda count: cancelled.set() if count == 3 else None
    with pytest.raises(Cancelled):
        drive(BasicGuider(exact, prompt(0.5)), ctx=Context(cancelled=cancelled))
    assert len(network(exact).batches) == 3


def test_values_that_are_not_finite_are_reported_with_their_step() -> None:
    exact = model()
    network(exact).broken_from = 3
    with pytest.raises(InputError, match=f"not finite in step 3 of {STEPS}, at sigma"):
        drive(BasicGuider(exact, prompt(0.5)))


def test_bad_input_is_refused_before_any_evaluation() -> None:
    exact = model()
    guider = BasicGuider(exact, prompt(0.5))
    for change, message in (
        ({"name": "magic"}, "no sampler is called 'magic'"),
        ({"options": {"eta": 1.0}}, "has no option 'eta'"),
        ({"name": "ddim", "options": {"eta": 1.5}}, "from 0 to 1"),
        ({"name": "pndm", "options": {"runge_kutta_start": 1}}, "switch"),
    ):
        with pytest.raises(InputError, match=message):
            drive(guider, **change)
    x = torch.zeros(1, 3, 4, 4)
    with pytest.raises(InputError, match="denoises"):
        asyncio.run(
            sample(
                Context.null(), guider, Sampler("euler"), sigmas_of(exact), x, noise_source(0, x)
            )
        )
    flow = BasicGuider(model("flow"), prompt(0.5))
    x = torch.zeros(1, 4, 4, 4)
    job = sample(Context.null(), flow, Sampler("euler"), sigmas_of(exact), x, noise_source(0, x))
    with pytest.raises(InputError, match="flow"):
        asyncio.run(job)
    assert network(exact).batches == []


def test_prompts_must_fit_the_batch() -> None:
    with pytest.raises(InputError, match="3 prompts for a batch of 2"):
        drive(BasicGuider(model(), prompt(0.5, batch=3)))


def test_runs_that_share_the_lane_do_not_disturb_each_other() -> None:
    exact = model()
    order: list[str] = []

    async def one(name: str) -> Tensor:
        host = Recorder()
        x = start(exact)
        watched: list[int] = []

        def watch(done: int, request: Evaluate, denoised: Tensor) -> None:
            watched.append(done)
            order.append(name)

        result = await sample(
            Context(host=host),
            BasicGuider(exact, prompt(0.5)),
            Sampler(name),
            sigmas_of(exact),
            x,
            noise_source(0, x),
            watch=watch,
        )
        assert watched == sorted(watched)
        return result

    async def both() -> tuple[Tensor, Tensor]:
        return await asyncio.gather(one("euler"), one("euler_ancestral"))

    first, second = asyncio.run(both())
    assert order[:4] == ["euler", "euler_ancestral"] * 2
    assert torch.equal(first, drive(BasicGuider(model(), prompt(0.5)), "euler"))
    assert torch.equal(second, drive(BasicGuider(model(), prompt(0.5)), "euler_ancestral"))


def test_no_global_random_numbers_are_used() -> None:
    before = torch.get_rng_state()
    drive(BasicGuider(model(), prompt(0.5)), "dpm_2_ancestral")
    assert torch.equal(torch.get_rng_state(), before)
