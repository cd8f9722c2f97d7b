"""The one driver: runs any sampler with any guider, and owns everything around the maths.

Each evaluation is one visit to the device lane: answer the guider's calls, combine them, move the
sampler on. Between evaluations the lane is free for other jobs.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from weft import Context, InputError
from weft_nodes.kinds import Guider, LatentFormat, Sampler
from weft_nodes.sampling.batching import Answerer
from weft_nodes.sampling.evaluate import Evaluate, NoiseSource, Steps
from weft_nodes.sampling.pace import Pace
from weft_nodes.sampling.samplers import BoundSampler, bind
from weft_nodes.sampling.schedules import check_sigmas

Watch = Callable[[int, Evaluate, Tensor], None]
"""Called on the device lane after each evaluation: steps done before it, request, denoised."""

_PREVIEWED = 4


async def sample(
    ctx: Context,
    guider: Guider,
    sampler: Sampler,
    sigmas: Tensor,
    x: Tensor,
    noise: NoiseSource,
    *,
    watch: Watch | None = None,
) -> Tensor:
    """Follow the sigmas from the state x at sigmas[0]; the state at sigmas[-1].

    noise: what stochastic samplers add; step k, counted from 1, asks for draw k.
    """
    levels = check_sigmas(sigmas)
    model = guider.model
    flow = model.prediction == "flow"
    if flow and levels[0] > 1:
        raise InputError(f"a flow model's sigmas lie in 0..1, got {levels[0]:g}")
    if x.ndim != 4 or x.shape[1] != model.latent_format.channels:
        raise InputError(
            f"model {model.family!r} denoises [B, {model.latent_format.channels}, h, w] latents, "
            f"got {list(x.shape)}"
        )
    run = _Run(guider, bind(sampler, flow=flow), levels, x, noise, watch)
    total = len(levels) - 1
    ctx.progress(0, total)
    while not await ctx.call(run.advance):
        denoised = run.denoised
        ctx.progress(run.steps_done, total)
        if denoised is not None:
            ctx.preview(_preview(denoised, model.latent_format))
    ctx.progress(total, total)
    return run.x


class _Run:
    """One sampler at work. `advance` runs on the device lane and never waits."""

    def __init__(
        self,
        guider: Guider,
        sampler: BoundSampler,
        levels: list[float],
        x: Tensor,
        noise: NoiseSource,
        watch: Watch | None,
    ) -> None:
        self.x = x
        self.denoised: Tensor | None = None
        self.steps_done = 0
        self._guider = guider
        self._levels = levels
        self._steps_at = {sigma: index for index, sigma in enumerate(levels)}
        self._watch = watch
        self._answerer = Answerer()
        self._sampler = sampler
        self._noise = noise
        self._steps: Steps | None = None
        self._request: Evaluate | None = None
        self._pace = Pace()
        self._sums: list[tuple[float, Tensor]] = []  # for finding where numbers went bad

    @torch.no_grad()
    def advance(self) -> bool:
        """Evaluate once and move the sampler on; whether it has finished."""
        if self._steps is None or self._request is None:
            start = self.x.to(self._guider.model.device)
            self._steps = self._sampler(start, self._levels, self._noise)
            self._request = next(self._steps)
        request = self._request
        answers = self._answerer.answer(self._guider.calls(request.x, request.sigma))
        denoised = self._guider.combine(request.x, request.sigma, answers)
        self.denoised = denoised
        self._sums.append((request.sigma, denoised.sum()))
        if self._watch is not None:
            self._watch(self.steps_done, request, denoised)
        try:
            self._request = self._steps.send(denoised)
        except StopIteration as stop:
            self.x = stop.value
            self._check_finite()
            return True
        self._pace.step(denoised)
        self.steps_done = max(self.steps_done, self._steps_at.get(self._request.sigma, 0))
        return False

    def _check_finite(self) -> None:
        """Looked at once, at the end: asking at every step would make the device wait."""
        if bool(torch.isfinite(self.x).all()):
            return
        where = "at the end"
        for sigma, total in self._sums:
            if not bool(torch.isfinite(total)):
                step = 1 + max(i for i, level in enumerate(self._levels) if level >= sigma)
                where = f"in step {step} of {len(self._levels) - 1}, at sigma {sigma:.4g}"
                break
        model = self._guider.model
        raise InputError(
            f"model {model.family!r} ({model.dtype}) gave values that are not finite {where}; "
            "if it computes in half precision, load it in float32, and check the latent and prompt"
        )


def _preview(denoised: Tensor, latent_format: LatentFormat) -> Callable[[], Tensor]:
    """Renders the estimate when someone looks; nothing is computed until then."""
    return lambda: latent_to_rgb(denoised, latent_format)


@torch.no_grad()
def latent_to_rgb(samples: Tensor, latent_format: LatentFormat) -> Tensor:
    """A rough picture of latents, side by side: float32 [h, w, 3] in 0..1, on the CPU."""
    factors = torch.tensor(latent_format.rgb_factors)
    bias = torch.tensor(latent_format.rgb_bias)
    shown = samples[:_PREVIEWED].float().cpu()
    pictures = (shown.permute(0, 2, 3, 1) @ factors + bias).clamp(0, 1)
    return torch.cat(list(pictures), dim=1)
