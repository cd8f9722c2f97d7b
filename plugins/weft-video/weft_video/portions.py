"""Sampling many frames, a portion at a time, with the result of sampling them all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

from weft import Context, InputError
from weft_nodes.kinds import Conditioning, Guider, Latent, Model, ModelCall, Noise, Sampler
from weft_nodes.sampling.driver import sample
from weft_nodes.sampling.evaluate import NoiseSource
from weft_nodes.sampling.forward import add_noise
from weft_nodes.sampling.noise import draw, noise_source
from weft_nodes.sampling.runs import check_latent
from weft_nodes.sampling.schedules import check_sigmas

P = ParamSpec("P")
T = TypeVar("T")


def portions(count: int, at_once: int) -> list[slice]:
    """The frames in portions of at most `at_once`, as equal as they can be."""
    parts = -(-count // at_once)
    bounds = [count * index // parts for index in range(parts + 1)]
    return [slice(bounds[index], bounds[index + 1]) for index in range(parts)]


async def sample_frames(
    ctx: Context,
    guider: Guider,
    sampler: Sampler,
    sigmas: Tensor,
    noise: Noise,
    latent: Latent,
    *,
    at_once: int,
    from_noise: bool,
    same_noise: bool,
    first_step: int = 0,
) -> Latent:
    """One run over the sigmas for each frame of a latent.

    at_once: how many frames go through the model together. It changes the memory that is needed,
        and nothing else but the last bits of the result.
    from_noise: put noise of level sigmas[0] on the latent first; otherwise it is such a state.
    same_noise: every frame gets the noise of the seed; otherwise frame i that of seed + i.
    """
    sigma = check_sigmas(sigmas)[0]
    model = guider.model
    check_latent(model, latent)
    total = len(latent.samples)
    done: list[Tensor] = []
    parts = portions(total, at_once)
    for index, part in enumerate(parts):
        samples = latent.samples[part]
        source = _noises(noise, samples, model, part.start, same_noise, first_step)
        if from_noise:
            samples = await ctx.call(_noisy, samples, source, sigma, model)
        report = _Part(ctx, index, len(parts))
        asked = _Portion(guider, part, total)
        done.append(await sample(report, asked, sampler, sigmas, samples, source))
    return Latent(torch.cat(done), latent.format)


def _noises(
    noise: Noise, samples: Tensor, model: Model, start: int, same: bool, first_step: int
) -> NoiseSource:
    if not same:
        seed = (noise.seed + start) % 2**64
        return noise_source(seed, samples, model.device, first_step)
    one = noise_source(noise.seed, samples[:1], model.device, first_step)
    return lambda step: one(step).expand_as(samples)


def _noisy(samples: Tensor, source: NoiseSource, sigma: float, model: Model) -> Tensor:
    flow = model.prediction == "flow"
    return add_noise(samples.to(model.device), source(0), sigma, flow=flow)


def walked(
    model: Model, latent: Latent, seeds: Sequence[int], way: Sequence[tuple[int, int, float]],
    sigma: float,
) -> Latent:  # fmt: skip
    """A noisy state of level sigma for each frame, its noise on the way between those of seeds.

    latent: one picture for all frames, or one for each.
    """
    from weft_video.walks import slerp

    check_latent(model, latent)
    samples = latent.samples
    if len(samples) not in (1, len(way)):
        raise InputError(
            f"latent: expected 1 picture, or {len(way)}, one for each frame; got {len(samples)}"
        )
    stops = [draw(seed, (1, *samples.shape[1:])) for seed in seeds]
    noises = torch.cat([slerp(stops[one], stops[two], part) for one, two, part in way])
    flow = model.prediction == "flow"
    noisy = add_noise(samples.to(model.device), noises.to(model.device), sigma, flow=flow)
    return Latent(noisy, latent.format)


@dataclass(frozen=True, eq=False)
class _Portion:
    """A guider for some of the frames: a prompt for each frame is cut to the portion's."""

    whole: Guider
    part: slice
    total: int
    # By the prompt's id, with the prompt itself, so that no id can come to mean another one. Equal
    # objects for equal prompts let them be joined once, not at every step.
    cut: dict[int, tuple[Conditioning, Conditioning]] = field(default_factory=dict)

    @property
    def model(self) -> Model:
        return self.whole.model

    def calls(self, x: Tensor, sigma: float) -> Sequence[ModelCall]:
        asked = self.whole.calls(x, sigma)
        return [replace(one, conditioning=self._own(one.conditioning)) for one in asked]

    def combine(self, x: Tensor, sigma: float, answers: Sequence[Tensor]) -> Tensor:
        return self.whole.combine(x, sigma, answers)

    def _own(self, given: Conditioning) -> Conditioning:
        if id(given) not in self.cut:
            pooled = None if given.pooled is None else self._of(given.pooled)
            self.cut[id(given)] = (given, Conditioning(self._of(given.embeddings), pooled))
        return self.cut[id(given)][1]

    def _of(self, tensor: Tensor) -> Tensor:
        if len(tensor) not in (1, self.total):
            raise InputError(
                f"the conditioning holds {len(tensor)} prompts for {self.total} frames; expected "
                "1, or one for each frame"
            )
        return tensor if len(tensor) == 1 else tensor[self.part]


class _Part(Context):
    """The context of one portion: its progress is a part of the whole."""

    def __init__(self, whole: Context, index: int, count: int) -> None:
        super().__init__(node=whole.node, device=whole.device)
        self._whole = whole
        self._index = index
        self._count = count

    def check_cancelled(self) -> None:
        self._whole.check_cancelled()

    def progress(self, done: float, total: float | None = None) -> None:
        if total is None:
            self._whole.progress(done)
        else:
            self._whole.progress(self._index * total + done, self._count * total)

    def preview(self, render: Callable[[], Any]) -> None:
        self._whole.preview(render)

    async def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._whole.call(function, *args, **kwargs)
