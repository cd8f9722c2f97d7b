"""The socket kinds of diffusion. Imports no torch: annotations only.

Coordinates. A noisy state is `x = alpha * x0 + sigma * eps`. Models trained on the usual
variance-preserving path (SD 1.x and its like) are sampled in "VE" coordinates, where alpha = 1 and
sigma = sqrt((1 - abar) / abar); flow models keep alpha = 1 - sigma.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from weft import Kind, kind

if TYPE_CHECKING:
    from torch import Tensor

    from weft_nodes.sampling.evaluate import SamplerFunction
else:
    from weft import Tensor

    SamplerFunction = Any

Prediction = Literal["epsilon", "v", "x0", "flow"]

Sigmas = Annotated[
    Tensor,
    Kind("sigmas", "#c9a227", "diamond", 1, "float64", "float64 [steps + 1], falling noise levels"),
]


@dataclass(frozen=True)
class LatentFormat:
    """How a family's latents look.

    name: latents of equal name may be mixed.
    channels: number of latent channels.
    downscale: pixels per latent cell, in each direction.
    rgb_factors: [channels][3] linear map from a latent to RGB in 0..1, for previews.
    rgb_bias: [3] added after the map.
    """

    name: str
    channels: int
    downscale: int
    rgb_factors: tuple[tuple[float, float, float], ...]
    rgb_bias: tuple[float, float, float] = (0.5, 0.5, 0.5)


@kind("latent", colour="#b07cc6", shape="hexagon")
@dataclass(frozen=True, eq=False)
class Latent:
    """A picture in a model's latent space.

    samples: float32 [B, C, H / downscale, W / downscale], scaled to the model's unit variance.
    format: the latent format the samples belong to.
    """

    samples: Tensor
    format: LatentFormat


@kind("conditioning", colour="#e0893f", shape="circle")
@dataclass(frozen=True, eq=False)
class Conditioning:
    """What steers a model: an encoded prompt.

    embeddings: float32 [B or 1, tokens, width].
    pooled: float32 [B or 1, width] or None.
    """

    embeddings: Tensor
    pooled: Tensor | None = None


class Network(Protocol):
    """The raw network of a model: predicts epsilon, v, x0 or velocity from a scaled input."""

    def __call__(self, x: Tensor, timestep: Tensor, conditioning: Conditioning) -> Tensor:
        """x: [B, C, h, w] as the network was trained to see it; timestep: float [B]."""
        ...


@kind("model", colour="#8f8fe0", shape="pill")
@dataclass(frozen=True, eq=False)
class Model:
    """A denoising network and the facts a sampler needs about it.

    network: maps (scaled x, timestep, conditioning) to the raw prediction.
    family: which family recognised it, for example "sd1".
    prediction: what the raw prediction means.
    training_sigmas: rising VE sigmas of the training timesteps 0..T-1 (or flow sigmas in 0..1).
    latent_format: what its latents look like.
    native_size: (width, height) in pixels it was trained on.
    device, dtype: where and in which precision the network computes.
    modules: the torch modules behind `network`, so that their memory can be counted.
    """

    network: Network
    family: str
    prediction: Prediction
    training_sigmas: Sequence[float]
    latent_format: LatentFormat
    native_size: tuple[int, int]
    device: str = "cpu"
    dtype: str = "float32"
    modules: tuple[Any, ...] = ()


@kind("text_encoder", colour="#d9b24c", shape="pill")
@dataclass(frozen=True, eq=False)
class TextEncoder:
    """Turns prompts into conditioning.

    encode: maps a list of B prompts to a Conditioning of batch B.
    tokens: maps a prompt to its token count, and the most the encoder sees.
    """

    encode: Callable[[Sequence[str]], Conditioning]
    tokens: Callable[[str], tuple[int, int]]
    family: str
    modules: tuple[Any, ...] = ()


@kind("vae", colour="#d06a6a", shape="pill")
@dataclass(frozen=True, eq=False)
class Vae:
    """Maps pictures to latents and back.

    encode: image float32 [B, H, W, 3] in 0..1 -> scaled latent samples float32 [B, C, h, w].
    decode: scaled latent samples -> image float32 [B, H, W, 3] in 0..1 (clamped).
    """

    encode: Callable[[Tensor], Tensor]
    decode: Callable[[Tensor], Tensor]
    latent_format: LatentFormat
    modules: tuple[Any, ...] = ()


@kind("noise", colour="#7d8590", shape="diamond")
@dataclass(frozen=True)
class Noise:
    """A source of Gaussian noise. Two of equal seed draw equal noise, on any device.

    seed: 0 <= seed < 2**64.
    """

    seed: int


@kind("sampler", colour="#5fb0a5", shape="triangle")
@dataclass(frozen=True)
class Sampler:
    """How noise is removed: a sampler's name and its options.

    name: a key of `weft_nodes.sampling.samplers.SAMPLERS`.
    options: keyword arguments for it, for example {"eta": 0.5}.
    """

    name: str
    options: Mapping[str, float | int | bool | str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ModelCall:
    """One evaluation of a model that a guider asks for.

    x: [B, C, h, w] state; sigma: its noise level.
    """

    model: Model
    x: Tensor
    sigma: float
    conditioning: Conditioning


@kind("guider", colour="#cf7fae", shape="triangle")
class Guider(Protocol):
    """Turns one evaluation into one or more model calls and combines their answers.

    It never calls a model itself: whoever drives it does, and may answer the calls of several
    jobs in one batch.
    """

    @property
    def model(self) -> Model:
        """The model whose sigmas and latent format rule the run."""
        ...

    def calls(self, x: Tensor, sigma: float) -> Sequence[ModelCall]:
        """The model calls needed to denoise x at sigma."""
        ...

    def combine(self, x: Tensor, sigma: float, answers: Sequence[Tensor]) -> Tensor:
        """The denoised estimate, from the x0 estimates that answer `calls`, in their order."""
        ...
