"""The sampling nodes: thin, complete, and the same numbers whichever way a run is wired."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
import torch

from nodes.builtin import SAMPLERS, SCHEDULES
from nodes.sampling.fakes import FORMAT, model, prompt
from weft import Context, InputError, Node, Registry
from weft_nodes.kinds import Latent, LatentFormat, Model, Noise, Sampler
from weft_nodes.models.families.sd1 import SCHEDULER
from weft_nodes.models.noise_schedule import training_sigmas
from weft_nodes.nodes import latent_sampling, sampling
from weft_nodes.sampling.noise import draw
from weft_nodes.sampling.prediction import noise_levels

CTX = Context.null()
NODES = {
    value.spec.id: value
    for module in (sampling, latent_sampling)
    for value in vars(module).values()
    if isinstance(value, Node)
}


def empty(batch: int = 1) -> Latent:
    return Latent(torch.zeros(batch, 4, 3, 5), FORMAT)


def parts(which: Model, steps: int = 5, name: str = "euler_ancestral") -> dict[str, Any]:
    return {
        "guider": sampling.cfg_guider(which, prompt(1.0), prompt(-0.2), 3.0),
        "sampler": sampling.sampler(name),
        "sigmas": sampling.schedule(which, steps),
        "noise": sampling.noise(7),
    }


def convenient(which: Model, latent: Latent, **more: Any) -> Latent:
    inputs: dict[str, Any] = {"negative": prompt(-0.2), "seed": 7, "steps": 5, "guidance": 3.0}
    return asyncio.run(latent_sampling.sample(which, prompt(1.0), latent, CTX, **(inputs | more)))


@pytest.mark.parametrize("prediction", ["epsilon", "v", "x0", "flow"])
@pytest.mark.parametrize("name", SAMPLERS)
def test_the_separate_nodes_and_the_convenient_one_agree(name: str, prediction: Any) -> None:
    which = model(prediction)
    latent = Latent(draw(1, (2, 4, 3, 5)), FORMAT)
    apart = asyncio.run(sampling.sample(latent=latent, ctx=CTX, **parts(which, name=name)))
    together = convenient(which, latent, sampler=name)
    assert torch.equal(apart.samples, together.samples)
    assert apart.samples.dtype == torch.float32


@pytest.mark.parametrize("name", ["euler", "euler_ancestral", "dpm_2_ancestral"])
def test_a_run_split_between_two_nodes_is_the_whole_run(name: str) -> None:
    which = model()
    inputs = parts(which, name=name)
    whole = asyncio.run(sampling.sample(latent=empty(2), ctx=CTX, **inputs))
    high, low = sampling.split_sigmas(inputs.pop("sigmas"), 2)
    first = asyncio.run(sampling.sample(latent=empty(2), ctx=CTX, sigmas=high, **inputs))
    second = asyncio.run(
        sampling.sample(latent=first, ctx=CTX, sigmas=low, add_noise=False, first_step=2, **inputs)
    )
    assert torch.equal(whole.samples, second.samples)
    with pytest.raises(InputError, match="both sides"):
        sampling.split_sigmas(high, 2)


def test_an_explicit_start_is_the_built_in_one() -> None:
    which = model()
    inputs = parts(which)
    whole = asyncio.run(sampling.sample(latent=empty(), ctx=CTX, **inputs))
    state = sampling.start(which, empty(), inputs["noise"], inputs["sigmas"])
    assert torch.equal(state.samples, noise_levels(which).sigma_max * draw(7, (1, 4, 3, 5)))
    again = asyncio.run(sampling.sample(latent=state, ctx=CTX, add_noise=False, **inputs))
    assert torch.equal(whole.samples, again.samples)


def test_a_little_denoising_keeps_the_picture() -> None:
    latent = Latent(torch.full((1, 4, 3, 5), 2.0), FORMAT)
    little = convenient(model(), latent, denoise=0.2)
    much = convenient(model(), latent)
    assert float((little.samples - 2).abs().mean()) < float((much.samples - 2).abs().mean()) / 2


@pytest.mark.parametrize("name", SAMPLERS)
def test_states_of_the_reverse_process(name: str) -> None:
    which = model()
    inputs = parts(which, name=name)
    plain = asyncio.run(sampling.sample(latent=empty(2), ctx=CTX, **inputs))
    kept = asyncio.run(
        sampling.sample_states(latent=empty(2), ctx=CTX, count=4, show="noisy", **inputs)
    )
    assert torch.equal(kept.latent.samples, plain.samples)
    assert kept.states.samples.shape == (8, 4, 3, 5)
    by_sample = kept.states.samples.reshape(2, 4, 4, 3, 5)
    assert torch.equal(by_sample[:, -1], plain.samples)
    sigma = noise_levels(which).sigma_max
    pure = sigma * draw(7, (2, 4, 3, 5)) / (1 + sigma**2) ** 0.5
    torch.testing.assert_close(by_sample[:, 0], pure)
    convenient_states = asyncio.run(
        latent_sampling.sample_states(
            which,
            prompt(1.0),
            empty(2),
            CTX,
            prompt(-0.2),
            seed=7,
            steps=5,
            guidance=3.0,
            sampler=name,
            count=6,
            show="denoised",
        )
    )
    assert torch.equal(convenient_states.latent.samples, plain.samples)
    assert convenient_states.states.samples.shape == (12, 4, 3, 5)
    assert torch.equal(convenient_states.states.samples[5], plain.samples[0])
    with pytest.raises(InputError, match="2 to 6 states"):
        asyncio.run(sampling.sample_states(latent=empty(), ctx=CTX, count=7, **inputs))


@pytest.mark.parametrize("prediction", ["epsilon", "flow"])
def test_the_forward_process_goes_from_clean_to_noise(prediction: Any) -> None:
    which = model(prediction)
    latent = Latent(torch.full((2, 4, 8, 8), 1.5), FORMAT)
    strip = latent_sampling.noise_strip(which, latent, Noise(3), 5).samples.reshape(2, 5, 4, 8, 8)
    assert torch.equal(strip[:, 0], latent.samples)
    unit = draw(3, (2, 4, 8, 8))
    torch.testing.assert_close(strip[:, -1], unit, atol=0.12, rtol=0)
    closeness = [
        torch.corrcoef(torch.stack([s.flatten(), unit.flatten()]))[0, 1]
        for s in strip.unbind(1)[1:]
    ]
    assert min(closeness) > 0.99
    middle = latent_sampling.add_noise(which, latent, Noise(3), 0.5)
    torch.testing.assert_close(middle.samples, strip[:, 2])
    raw = latent_sampling.add_noise(which, latent, Noise(3), 1.0, "sampling").samples
    sigma = noise_levels(which).sigma_max
    alpha = 0.0 if prediction == "flow" else 1.0
    torch.testing.assert_close(raw, alpha * latent.samples + sigma * unit)
    assert torch.equal(latent.samples, torch.full((2, 4, 8, 8), 1.5))


def test_guidance_without_a_negative_prompt_is_an_error() -> None:
    with pytest.raises(InputError, match="needs a negative prompt"):
        convenient(model(), empty(), negative=None)
    free = convenient(model(), empty(), negative=None, guidance=1.0)
    basic = parts(model()) | {"guider": sampling.guider(model(), prompt(1.0))}
    basic["sampler"] = Sampler("euler")
    apart = asyncio.run(sampling.sample(latent=empty(), ctx=CTX, **basic))
    assert torch.equal(free.samples, apart.samples)


def test_latents_of_another_space_are_refused() -> None:
    other = LatentFormat("other", 4, 8, FORMAT.rgb_factors)
    alien = Latent(empty().samples, other)
    with pytest.raises(InputError, match="works on 'tiny' latents, got 'other'"):
        convenient(model(), alien)
    with pytest.raises(InputError, match="got 'other'"):
        latent_sampling.noise_strip(model(), alien, Noise(0))


def test_sampler_options_reach_the_sampler() -> None:
    assert sampling.sampler("ddim", eta=0.5) == Sampler("ddim", {"eta": 0.5})
    assert sampling.sampler("pndm", runge_kutta_start=True).options == {"runge_kutta_start": True}
    assert sampling.sampler("euler_ancestral", s_noise=1.1).options == {"s_noise": 1.1}
    inputs = parts(model()) | {"sampler": sampling.sampler("euler", eta=0.5)}
    with pytest.raises(InputError, match="'euler' has no option 'eta'"):
        asyncio.run(sampling.sample(latent=empty(), ctx=CTX, **inputs))
    with pytest.raises(InputError, match="'linear' has no option 'rho'"):
        sampling.schedule(model(), schedule="linear", rho=3.0)
    curved = sampling.schedule(model(), schedule="karras", rho=3.0)
    assert not torch.equal(curved, sampling.schedule(model()))


def test_the_choices_are_the_registered_names() -> None:
    registry = Registry.installed()
    for type_id in ("weft:latent.sample", "weft:sampling.sampler"):
        spec = registry.get(type_id)
        assert spec is not None
        chosen = spec.input("sampler")
        assert chosen is not None
        assert chosen.schema["enum"][: len(SAMPLERS)] == list(SAMPLERS)
    assert [info.name for info in SAMPLERS.values()] == list(SAMPLERS)
    assert [info.name for info in SCHEDULES.values()] == list(SCHEDULES)


@pytest.mark.parametrize("type_id", NODES)
def test_every_input_is_explained(type_id: str) -> None:
    spec = NODES[type_id].spec
    assert spec.help
    assert [one.name for one in spec.inputs if not one.help] == []


def test_declarations_import_no_torch() -> None:
    modules = "weft_nodes.nodes.sampling, weft_nodes.nodes.latent_sampling"
    code = f"import sys, {modules}; assert 'torch' not in sys.modules"
    path = ":".join(path for path in sys.path if path)
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": path})


def test_declarations_stay_callable() -> None:
    assert inspect.iscoroutinefunction(sampling.sample.function)
    assert sampling.sample.spec.is_async
    assert [one.name for one in sampling.sample.spec.outputs] == ["latent"]
    assert [one.kind for one in sampling.sample_states.spec.outputs] == ["latent", "latent"]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("denoise", [1.0, 0.4])
def test_the_chart_of_a_schedule_is_what_an_sd_model_gets(schedule: Any, denoise: float) -> None:
    which = replace(model(), training_sigmas=training_sigmas(SCHEDULER, "test"))
    sigmas = sampling.schedule(which, 12, schedule, denoise).tolist()
    wanted = {"x": list(range(13)), "y": sigmas}
    assert sampling.schedule_chart(12, schedule, denoise) == wanted
    for one in (sampling.schedule, latent_sampling.sample, latent_sampling.sample_states):
        assert one.asks_chart is not None
        assert one.asks_chart(steps=12, schedule=schedule, denoise=denoise) == wanted
        # Of what is linked nothing is known.
        for name in ("steps", "schedule", "denoise"):
            given = {"steps": 12, "schedule": schedule, "denoise": denoise, name: None}
            assert one.asks_chart(**given) is None


def test_a_chart_has_the_options_of_its_schedule() -> None:
    customary = sampling.schedule_chart(5, "karras", 1.0)
    assert sampling.schedule_chart(5, "karras", 1.0, 7.0) == customary
    assert sampling.schedule_chart(5, "karras", 1.0, 1.0) != customary
    with pytest.raises(InputError):
        sampling.schedule_chart(5, "linear", 1.0, 2.0)
