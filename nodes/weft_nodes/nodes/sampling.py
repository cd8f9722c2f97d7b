"""Nodes that turn noise into pictures, and pictures into noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from weft import Advanced, Choices, Context, InputError, Range, Seed, Slider, node
from weft_nodes.kinds import Conditioning, Guider, Latent, Model, Noise, Sampler, Sigmas

if TYPE_CHECKING:
    from weft_nodes.sampling.options import OptionValue

SamplerName = Annotated[str, Choices.offered("samplers")]
ScheduleName = Annotated[str, Choices.offered("schedules")]
GuiderName = Annotated[str, Choices.offered("guiders")]
Steps = Annotated[int, Range(1, 1000)]
Guidance = Annotated[float, Slider(1, 30, 0.5)]
Denoise = Annotated[float, Slider(0.01, 1, 0.01)]
Count = Annotated[int, Range(2, 64)]


class States(NamedTuple):
    """A finished latent and the states that led to it."""

    latent: Latent
    states: Latent


class SplitSigmas(NamedTuple):
    """Two schedules that follow one another."""

    high: Sigmas
    low: Sigmas


@node("sampling.noise", lane="inline")
def noise(seed: Annotated[int, Seed()] = 0) -> Noise:
    """A source of noise. Equal seeds give equal noise, on any device and in any batch.

    seed: which noise; sample i of a batch gets the noise of seed + i.
    """
    return Noise(seed)


@node("sampling.schedule")
def schedule(
    model: Model,
    steps: Steps = 20,
    schedule: ScheduleName = "karras",
    denoise: Denoise = 1.0,
    rho: Annotated[float, Range(1, 100), Advanced()] | None = None,
    options: Annotated[dict[str, float | bool], Advanced()] | None = None,
) -> Sigmas:
    """The noise levels a run visits, falling to 0. Any sampler takes any schedule.

    Linear means equal timesteps. Exponential means sigma falls by one factor each step.
    Logarithmic means equal distances in log signal-to-noise ratio: the same as exponential for
    SD-like models, different for flow models. Karras spends more steps at low noise.

    model: the model whose noise levels are used.
    steps: number of steps; the result has one level more.
    schedule: how the levels are spaced.
    denoise: how much of the way from noise to picture to cover; 1 starts from pure noise.
    rho: curvature of the karras schedule, 7 if empty; no other schedule takes it.
    options: more options by name, for the schedules of plugins.
    """
    from weft_nodes.sampling.schedules import make_schedule

    return make_schedule(
        schedule,
        model.training_sigmas,
        steps,
        denoise=denoise,
        flow=model.prediction == "flow",
        options=dict(options or {}) | ({} if rho is None else {"rho": rho}),
    )


@schedule.chart
def schedule_chart(
    steps: int | None, schedule: str | None, denoise: float | None, rho: float | None = None
) -> dict[str, list[float]] | None:
    """The noise levels step by step, on the range of SD-like models."""
    from weft_nodes.models.families.sd1 import SCHEDULER
    from weft_nodes.models.noise_schedule import training_sigmas
    from weft_nodes.sampling.schedules import make_schedule

    if steps is None or schedule is None or denoise is None:
        return None
    sigmas = make_schedule(
        schedule,
        training_sigmas(SCHEDULER, "the standard schedule"),
        steps,
        denoise=denoise,
        options={} if rho is None else {"rho": rho},
    ).tolist()
    return {"x": list(range(len(sigmas))), "y": sigmas}


@node("sampling.split_sigmas")
def split_sigmas(sigmas: Sigmas, step: Steps = 10) -> SplitSigmas:
    """Cut a schedule in two, so that two samplers, models or prompts share a run.

    sigmas: the whole schedule.
    step: number of steps in the first part; set it as first_step where the second is sampled.
    """
    if step > len(sigmas) - 2:
        raise InputError(f"step must leave steps on both sides of {len(sigmas) - 1}, got {step}")
    return SplitSigmas(sigmas[: step + 1].clone(), sigmas[step:].clone())


@node("sampling.sampler", lane="inline")
def sampler(
    sampler: SamplerName = "euler",
    eta: Annotated[float, Slider(0, 1, 0.05), Advanced()] | None = None,
    s_noise: Annotated[float, Range(0, 2, 0.01), Advanced()] | None = None,
    runge_kutta_start: Annotated[bool, Advanced()] = False,
    options: Annotated[dict[str, float | bool], Advanced()] | None = None,
) -> Sampler:
    """How noise is removed. An option that the sampler does not have is an error.

    sampler: the algorithm.
    eta: how random, 0 deterministic, 1 fully ancestral; for ddim (0 if empty) and the ancestral
        samplers (1 if empty).
    s_noise: scale of the noise that ancestral samplers add, 1 if empty.
    runge_kutta_start: let pndm take three Runge-Kutta steps first, at nine more evaluations.
    options: more options by name, for the samplers of plugins.
    """
    given: dict[str, OptionValue] = dict(options or {})
    if eta is not None:
        given["eta"] = eta
    if s_noise is not None:
        given["s_noise"] = s_noise
    if runge_kutta_start:
        given["runge_kutta_start"] = True
    return Sampler(sampler, given)


@node("sampling.guider")
def guider(model: Model, positive: Conditioning) -> Guider:
    """Follow one prompt, without guidance.

    model: the model that denoises.
    positive: what the picture should show.
    """
    from weft_nodes.sampling.guiders import BasicGuider

    return BasicGuider(model, positive)


@node("sampling.cfg_guider")
def cfg_guider(
    model: Model, positive: Conditioning, negative: Conditioning, scale: Guidance = 7.5
) -> Guider:
    """Classifier-free guidance: towards the positive prompt, away from the negative one.

    model: the model that denoises.
    positive: what the picture should show.
    negative: what it should not; an empty prompt, encoded, is customary.
    scale: how strongly; 1 ignores the negative prompt and is twice as fast.
    """
    from weft_nodes.sampling.guiders import CfgGuider

    return CfgGuider(model, positive, negative, scale)


@node("sampling.start")
def start(model: Model, latent: Latent, noise: Noise, sigmas: Sigmas) -> Latent:
    """The noisy state a run over the sigmas starts from. `sampling.sample` does this by itself.

    model: the model that will denoise.
    latent: the picture to start from; an empty one gives pure noise.
    noise: the noise to add.
    sigmas: the first level says how much.
    """
    from weft_nodes.sampling.runs import start_state
    from weft_nodes.sampling.schedules import check_sigmas

    return start_state(model, latent, noise, check_sigmas(sigmas)[0])


@node("sampling.sample")
async def sample(
    guider: Guider,
    sampler: Sampler,
    sigmas: Sigmas,
    noise: Noise,
    latent: Latent,
    ctx: Context,
    add_noise: Annotated[bool, Advanced()] = True,
    first_step: Annotated[int, Range(0, 1000), Advanced()] = 0,
) -> Latent:
    """Denoise a latent, with every part chosen by itself.

    guider: the model and its prompts.
    sampler: how noise is removed.
    sigmas: the noise levels to visit.
    noise: the noise to start from and to add on the way.
    latent: the picture to start from; an empty one to start from nothing.
    add_noise: whether to put noise of the first level on the latent; off to continue a run.
    first_step: number of steps done before, when a run is continued.
    """
    from weft_nodes.sampling.runs import sample_latent

    return await sample_latent(
        ctx, guider, sampler, sigmas, noise, latent, from_noise=add_noise, first_step=first_step
    )


@node("sampling.sample_states")
async def sample_states(
    guider: Guider,
    sampler: Sampler,
    sigmas: Sigmas,
    noise: Noise,
    latent: Latent,
    ctx: Context,
    count: Count = 8,
    show: Literal["denoised", "noisy"] = "noisy",
) -> States:
    """Denoise a latent and keep states on the way: the reverse process as a strip of pictures.

    guider: the model and its prompts.
    sampler: how noise is removed.
    sigmas: the noise levels to visit.
    noise: the noise to start from and to add on the way.
    latent: the picture to start from; an empty one to start from nothing.
    count: number of states, the first and the finished one among them; at most steps + 1.
    show: the noisy states themselves, or what the model took the finished picture to be.
    """
    from weft_nodes.sampling.runs import sample_with_states

    states = await sample_with_states(
        ctx, guider, sampler, sigmas, noise, latent, count=count, shown=show
    )
    return States(*states)
