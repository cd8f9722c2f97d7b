"""Whole runs: through the engine, and with a real network next to diffusers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import torch
from diffusers import EulerDiscreteScheduler, UNet2DConditionModel
from torch import Tensor

from nodes.sampling.fakes import FORMAT, SD_SIGMAS, model, prompt
from weft import Builder, Context, Engine, Node, Registry, node
from weft_nodes.kinds import Conditioning, Latent, Model
from weft_nodes.nodes import latent_sampling, sampling
from weft_nodes.sampling.noise import draw

GUIDANCE = 4.0


@node("test:fake.model")
def fake_model() -> Model:
    """A model with an exact answer."""
    return model()


@node("test:fake.prompt")
def fake_prompt(value: float) -> Conditioning:
    """A prompt for pictures about a value."""
    return prompt(value)


@node("test:fake.empty")
def fake_empty() -> Latent:
    """Nothing yet."""
    return Latent(torch.zeros(1, 4, 3, 5), FORMAT)


def test_the_engine_runs_both_wirings_to_the_same_latent() -> None:
    declared = [
        value
        for module in (sampling, latent_sampling)
        for value in vars(module).values()
        if isinstance(value, Node) and value.__module__ == module.__name__
    ]
    build = Builder()
    denoiser = build.add("test:fake.model")
    positive = build.add("test:fake.prompt", id="positive", value=1.0)
    negative = build.add("test:fake.prompt", id="negative", value=-0.2)
    latent = build.add("test:fake.empty").latent
    prompts: dict[str, Any] = {"positive": positive.conditioning, "negative": negative.conditioning}
    parts: dict[str, Any] = {
        "guider": build.add(
            "sampling.cfg_guider", model=denoiser.model, scale=3.0, **prompts
        ).guider,
        "noise": build.add("sampling.noise", seed=7).noise,
        "sigmas": build.add("sampling.schedule", model=denoiser.model, steps=5).sigmas,
        "sampler": build.add("sampling.sampler", sampler="dpm_2_ancestral").sampler,
        "latent": latent,
    }
    build.add("sampling.sample", id="apart", **parts)
    build.add("sampling.sample_states", id="strip", count=3, **parts)
    build.add(
        "latent.sample",
        id="together",
        model=denoiser.model,
        latent=latent,
        seed=7,
        steps=5,
        guidance=3.0,
        sampler="dpm_2_ancestral",
        **prompts,
    )
    registry = Registry([*declared, fake_model, fake_prompt, fake_empty])
    with Engine(registry=registry) as engine:
        targets = ["apart.latent", "together.latent", "strip.states"]
        outcome = engine.run(build.workflow(), targets).check()
    apart = outcome["apart.latent"].samples
    assert torch.equal(apart, outcome["together.latent"].samples)
    assert torch.equal(apart, outcome["strip.states"].samples[-1:])


def tiny_unet() -> UNet2DConditionModel:
    """A U-Net in miniature, whose random weights answer to text and timestep."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        unet = UNet2DConditionModel(
            sample_size=8,
            block_out_channels=(8, 16),
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            layers_per_block=1,
            cross_attention_dim=8,
            attention_head_dim=2,
            norm_num_groups=4,
        )
    return unet.eval()


# numpy 2 dislikes how schedulers of diffusers turn tensors into arrays.
@pytest.mark.filterwarnings("ignore:__array_:DeprecationWarning")
@torch.no_grad()
def test_a_real_network_gives_what_diffusers_gives() -> None:
    """Input scale, timestep, guidance and update at once, as a pipeline of diffusers does them."""
    unet = tiny_unet()

    def network(x: Tensor, timestep: Tensor, conditioning: Conditioning) -> Tensor:
        predicted: Tensor = unet(x, timestep, conditioning.embeddings, return_dict=False)[0]
        return predicted

    which = Model(network, "tiny", "epsilon", SD_SIGMAS, FORMAT, (64, 64))
    positive, negative = (Conditioning(draw(seed, (1, 6, 8))) for seed in (1, 2))
    latent = Latent(torch.zeros(1, 4, 8, 8), FORMAT)
    run = latent_sampling.sample(
        which,
        positive,
        latent,
        Context.null(),
        negative,
        seed=5,
        steps=4,  # 3 divides 999, so that both tools agree on the sigmas
        guidance=GUIDANCE,
        schedule="linear",
    )
    result = asyncio.run(run).samples

    scheduler = EulerDiscreteScheduler(
        beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012
    )
    scheduler.set_timesteps(4)
    x = draw(5, (1, 4, 8, 8)) * scheduler.init_noise_sigma
    text = torch.cat([negative.embeddings, positive.embeddings])
    for t in scheduler.timesteps:
        scaled = scheduler.scale_model_input(torch.cat([x, x]), t)
        plain, steered = unet(scaled, t, text, return_dict=False)[0].chunk(2)
        x = scheduler.step(plain + GUIDANCE * (steered - plain), t, x).prev_sample
    assert float((x - draw(5, (1, 4, 8, 8))).abs().mean()) > 0.1
    torch.testing.assert_close(result, x, rtol=1e-4, atol=1e-3)
