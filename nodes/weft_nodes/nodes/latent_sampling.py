"""The convenient sampling nodes: one node for a whole run, and the forward process."""

from __future__ import annotations

from typing import Annotated, Literal

from weft import Advanced, Context, Seed, Slider, node
from weft_nodes.kinds import Conditioning, Latent, Model, Noise, Sampler
from weft_nodes.nodes.sampling import (
    Count,
    Denoise,
    Guidance,
    GuiderName,
    SamplerName,
    ScheduleName,
    States,
    Steps,
    schedule_chart,
)
from weft_nodes.nodes.sampling import (
    schedule as make_sigmas,
)


@node("latent.sample")
async def sample(
    model: Model,
    positive: Conditioning,
    latent: Latent,
    ctx: Context,
    negative: Conditioning | None = None,
    seed: Annotated[int, Seed()] = 0,
    steps: Steps = 20,
    guidance: Guidance = 7.5,
    sampler: SamplerName = "euler",
    schedule: ScheduleName = "karras",
    denoise: Denoise = 1.0,
    guider: Annotated[GuiderName, Advanced()] = "cfg",
) -> Latent:
    """Denoise a latent: noise, schedule, sampler and guidance in one node.

    model: the model that denoises.
    positive: what the picture should show.
    latent: the picture to start from; an empty one to start from nothing.
    negative: what the picture should not show; needed where guidance is above 1.
    seed: which noise; sample i of a batch gets the noise of seed + i.
    steps: number of steps.
    guidance: how strongly the prompt counts; 1 is no guidance.
    sampler: how noise is removed.
    schedule: how the noise levels are spaced.
    denoise: how much of the picture to remake; 1 remakes all of it.
    guider: how the two prompts are weighed against each other.
    """
    from weft_nodes.sampling.guiders import make_guider
    from weft_nodes.sampling.runs import sample_latent

    sigmas = make_sigmas(model, steps, schedule, denoise)
    follow = make_guider(guider, model, positive, negative, guidance)
    return await sample_latent(ctx, follow, Sampler(sampler), sigmas, Noise(seed), latent)


@sample.chart
def _(
    steps: int | None, schedule: str | None, denoise: float | None
) -> dict[str, list[float]] | None:
    return schedule_chart(steps, schedule, denoise)


@node("latent.sample_states")
async def sample_states(
    model: Model,
    positive: Conditioning,
    latent: Latent,
    ctx: Context,
    negative: Conditioning | None = None,
    seed: Annotated[int, Seed()] = 0,
    steps: Steps = 20,
    guidance: Guidance = 7.5,
    sampler: SamplerName = "euler",
    schedule: ScheduleName = "karras",
    denoise: Denoise = 1.0,
    count: Count = 8,
    show: Literal["denoised", "noisy"] = "noisy",
    guider: Annotated[GuiderName, Advanced()] = "cfg",
) -> States:
    """Denoise a latent and keep states on the way: the reverse process as a strip of pictures.

    model: the model that denoises.
    positive: what the picture should show.
    latent: the picture to start from; an empty one to start from nothing.
    negative: what the picture should not show; needed where guidance is above 1.
    seed: which noise; sample i of a batch gets the noise of seed + i.
    steps: number of steps.
    guidance: how strongly the prompt counts; 1 is no guidance.
    sampler: how noise is removed.
    schedule: how the noise levels are spaced.
    denoise: how much of the picture to remake; 1 remakes all of it.
    count: number of states, the first and the finished one among them; at most steps + 1.
    show: the noisy states themselves, or what the model took the finished picture to be.
    guider: how the two prompts are weighed against each other.
    """
    from weft_nodes.sampling.guiders import make_guider
    from weft_nodes.sampling.runs import sample_with_states

    sigmas = make_sigmas(model, steps, schedule, denoise)
    follow = make_guider(guider, model, positive, negative, guidance)
    states = await sample_with_states(
        ctx, follow, Sampler(sampler), sigmas, Noise(seed), latent, count=count, shown=show
    )
    return States(*states)


@sample_states.chart
def _(
    steps: int | None, schedule: str | None, denoise: float | None
) -> dict[str, list[float]] | None:
    return schedule_chart(steps, schedule, denoise)


@node("latent.add_noise")
def add_noise(
    model: Model,
    latent: Latent,
    noise: Noise,
    amount: Annotated[float, Slider(0, 1, 0.01)] = 0.5,
    scale: Literal["picture", "sampling"] = "picture",
) -> Latent:
    """The forward process: a latent after a share of the model's training timesteps.

    model: the model whose noise levels are used.
    latent: the clean picture.
    noise: the noise to add.
    amount: 0 leaves the picture clean, 1 leaves nothing but noise.
    scale: picture keeps about unit variance, so that it decodes as a noisy picture; sampling is
        the state a sampler works on.
    """
    from weft_nodes.sampling.runs import forward

    return forward(model, latent, noise, amount, as_picture=scale == "picture")


@node("latent.noise_strip")
def noise_strip(model: Model, latent: Latent, noise: Noise, count: Count = 8) -> Latent:
    """The forward process as a strip of pictures, from clean to pure noise.

    model: the model whose noise levels are used.
    latent: the clean picture.
    noise: the noise to add, the same in every picture.
    count: number of pictures, evenly spaced in the timestep.
    """
    from weft_nodes.sampling.runs import noise_strip as make_strip

    return make_strip(model, latent, noise, count)
