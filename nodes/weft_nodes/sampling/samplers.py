"""The samplers, and what a person choosing one wants to know.

They are offered to the sampling nodes by the hook `weft_samplers`, as those of plugins are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from weft import find_offer
from weft_nodes.kinds import Sampler
from weft_nodes.sampling import multistep, one_step
from weft_nodes.sampling.evaluate import NoiseSource, SamplerFunction, Steps
from weft_nodes.sampling.options import Option, check_options
from weft_nodes.sampling.paths import straight, variance_exploding

BoundSampler = Callable[[Tensor, Sequence[float], NoiseSource], Steps]
"""A sampler whose options are settled."""


@dataclass(frozen=True, slots=True)
class SamplerInfo:
    """A sampler and the facts about it.

    name, title: what files and people call it; the name is the one it is offered by.
    function: the generator function; a stochastic one takes the keyword `alpha`.
    paper: where it comes from.
    evaluations: model evaluations per step.
    stochastic: whether it adds noise on the way.
    options: its other keywords.
    """

    name: str
    title: str
    function: SamplerFunction
    paper: str
    evaluations: int = 1
    stochastic: bool = False
    options: tuple[Option, ...] = ()


_S_NOISE = Option("s_noise", 1.0, 0.0, 2.0, "Scale of the added noise.")


def _eta(default: float) -> Option:
    return Option("eta", default, 0.0, 1.0, "How random: 0 is deterministic, 1 fully ancestral.")


EULER = SamplerInfo("euler", "Euler", one_step.euler, "Karras et al. 2022, arXiv:2206.00364")
EULER_ANCESTRAL = SamplerInfo(
    "euler_ancestral",
    "Euler ancestral",
    one_step.euler_ancestral,
    "Song et al. 2020, arXiv:2011.13456",
    stochastic=True,
    options=(_eta(1.0), _S_NOISE),
)
DDPM = SamplerInfo(
    "ddpm", "DDPM", one_step.ddpm, "Ho et al. 2020, arXiv:2006.11239", stochastic=True
)
DDIM = SamplerInfo(
    "ddim",
    "DDIM",
    one_step.ddim,
    "Song et al. 2020, arXiv:2010.02502",
    stochastic=True,
    options=(_eta(0.0),),
)
DPM_2 = SamplerInfo(
    "dpm_2", "DPM2", one_step.dpm_2, "Lu et al. 2022, arXiv:2206.00927", evaluations=2
)
DPM_2_ANCESTRAL = SamplerInfo(
    "dpm_2_ancestral",
    "DPM2 ancestral",
    one_step.dpm_2_ancestral,
    "Lu et al. 2022, arXiv:2206.00927",
    evaluations=2,
    stochastic=True,
    options=(_eta(1.0), _S_NOISE),
)
PNDM = SamplerInfo(
    "pndm",
    "PNDM",
    multistep.pndm,
    "Liu et al. 2022, arXiv:2202.09778",
    options=(
        Option(
            "runge_kutta_start",
            False,
            help="Take the first three steps with Runge-Kutta, at nine more evaluations.",
        ),
    ),
)
DPMPP_2M = SamplerInfo(
    "dpmpp_2m", "DPM++ 2M", multistep.dpmpp_2m, "Lu et al. 2022, arXiv:2211.01095"
)


def bind(sampler: Sampler, *, flow: bool = False) -> BoundSampler:
    """The generator function a `Sampler` value names, with its options checked and filled in.

    flow: whether states lie on the straight path of flow models. Raises InputError for a sampler
    that nobody offers, and PluginError for one that cannot be imported.
    """
    info = find_offer("samplers", sampler.name).load(SamplerInfo)
    options = check_options(f"sampler {info.name!r}", info.options, sampler.options)
    if not info.stochastic:
        return partial(info.function, **options)
    return partial(info.function, alpha=straight if flow else variance_exploding, **options)
