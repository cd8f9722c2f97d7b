"""Whole runs on latents: where they start, and the states they pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from weft import Context, InputError
from weft_nodes.kinds import Guider, Latent, Model, Noise, Sampler
from weft_nodes.sampling.driver import sample
from weft_nodes.sampling.evaluate import Evaluate
from weft_nodes.sampling.forward import add_noise, scale_to_variance_preserving
from weft_nodes.sampling.noise import draw, noise_source
from weft_nodes.sampling.prediction import noise_levels
from weft_nodes.sampling.schedules import check_sigmas

Shown = Literal["denoised", "noisy"]


def start_state(model: Model, latent: Latent, noise: Noise, sigma: float) -> Latent:
    """The latent under noise of level sigma, on the model's device: where a run begins."""
    check_latent(model, latent)
    unit = draw(noise.seed, latent.samples.shape).to(model.device)
    samples = latent.samples.to(model.device)
    noisy = add_noise(samples, unit, sigma, flow=model.prediction == "flow")
    return Latent(noisy, latent.format)


def check_latent(model: Model, latent: Latent) -> None:
    """Raise InputError unless the model works in the latent's space."""
    if latent.format.name != model.latent_format.name:
        raise InputError(
            f"model {model.family!r} works on {model.latent_format.name!r} latents, "
            f"got {latent.format.name!r}"
        )


async def sample_latent(
    ctx: Context,
    guider: Guider,
    sampler: Sampler,
    sigmas: Tensor,
    noise: Noise,
    latent: Latent,
    *,
    from_noise: bool = True,
    first_step: int = 0,
    watch: Callable[[int, Evaluate, Tensor], None] | None = None,
) -> Latent:
    """One run over the sigmas.

    from_noise: put noise of level sigmas[0] on the latent first; otherwise it is such a state.
    first_step: number of steps that led to the state, where a run is continued.
    """
    sigma = check_sigmas(sigmas)[0]
    check_latent(guider.model, latent)
    if from_noise:
        latent = await ctx.call(start_state, guider.model, latent, noise, sigma)
    source = noise_source(noise.seed, latent.samples, guider.model.device, first_step)
    x = await sample(ctx, guider, sampler, sigmas, latent.samples, source, watch=watch)
    return Latent(x, latent.format)


async def sample_with_states(
    ctx: Context,
    guider: Guider,
    sampler: Sampler,
    sigmas: Tensor,
    noise: Noise,
    latent: Latent,
    count: int,
    shown: Shown,
) -> tuple[Latent, Latent]:
    """One run, and `count` of its states from the first to the finished one, evenly chosen.

    Noisy states are scaled to unit variance, so that they decode as pictures. The states of each
    sample of a batch follow one another.
    """
    levels = check_sigmas(sigmas)
    steps = len(levels) - 1
    if not 2 <= count <= steps + 1:
        raise InputError(f"a run of {steps} steps has 2 to {steps + 1} states, asked for {count}")
    step_at = {levels[step]: step for step in _evenly(steps, count)}
    flow = guider.model.prediction == "flow"
    states: dict[int, Tensor] = {}

    def watch(done: int, request: Evaluate, denoised: Tensor) -> None:
        step = step_at.get(request.sigma)
        if step is not None:  # a level asked for twice is kept as it was asked for last
            x = denoised if shown == "denoised" else _as_picture(request.x, request.sigma, flow)
            states[step] = x

    result = await sample_latent(ctx, guider, sampler, sigmas, noise, latent, watch=watch)
    final = result.samples
    states[steps] = final if shown == "denoised" else _as_picture(final, levels[-1], flow)
    ordered = [states[step] for step in sorted(states)]
    return result, Latent(strip(ordered), latent.format)


def noise_strip(model: Model, latent: Latent, noise: Noise, count: int) -> Latent:
    """The forward process in `count` pictures, from clean to pure noise, evenly in the timestep."""
    amounts = [index / (count - 1) for index in range(count)]
    states = [forward(model, latent, noise, amount, as_picture=True) for amount in amounts]
    return Latent(strip([state.samples for state in states]), latent.format)


def forward(
    model: Model, latent: Latent, noise: Noise, amount: float, *, as_picture: bool
) -> Latent:
    """The latent after a share of the model's training timesteps: 0 is clean, 1 is all noise.

    as_picture: scale the state to unit variance, so that it decodes as a picture.
    """
    levels = noise_levels(model)
    sigma = levels.sigma(amount * levels.last_timestep) if amount > 0 else 0.0
    state = start_state(model, latent, noise, sigma)
    if not as_picture:
        return state
    return Latent(_as_picture(state.samples, sigma, model.prediction == "flow"), state.format)


def strip(states: list[Tensor]) -> Tensor:
    """States [B, ...] in order, regrouped so that those of one sample follow one another."""
    return torch.stack(states, dim=1).flatten(0, 1)


def _as_picture(x: Tensor, sigma: float, flow: bool) -> Tensor:
    """Flow states have about unit variance as they are."""
    return x if flow else scale_to_variance_preserving(x, sigma)


def _evenly(last: int, count: int) -> list[int]:
    """`count` different whole numbers from 0 to last, as evenly spread as they can be."""
    return [round(index * last / (count - 1)) for index in range(count)]
