"""Small models with exact answers, and a host that records what a run reports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor

from nodes.sampling.oracles import sd_sigmas
from weft_nodes.kinds import Conditioning, LatentFormat, Model, Prediction
from weft_nodes.sampling.levels import NoiseLevels

T = TypeVar("T")
FORMAT = LatentFormat("tiny", 4, 8, ((0.3, 0, 0), (0, 0.3, 0), (0, 0, 0.3), (0.1, 0.1, 0.1)))
FLOW_SIGMAS = [(i + 1) / 1000 for i in range(1000)]
SD_SIGMAS = sd_sigmas()


def prompt(value: float, tokens: int = 3, batch: int = 1, pooled: bool = False) -> Conditioning:
    embeddings = torch.full((batch, tokens, 2), value)
    return Conditioning(embeddings, torch.full((batch, 5), value) if pooled else None)


@dataclass
class GaussianNetwork:
    """The exact network for pictures drawn from N(mean of the prompt, 0.25)."""

    prediction: Prediction
    levels: NoiseLevels
    batches: list[int] = field(default_factory=list)
    timesteps: list[list[float]] = field(default_factory=list)
    before: Callable[[int], None] | None = None
    broken_from: int = 10**9

    def __call__(self, x: Tensor, timestep: Tensor, conditioning: Conditioning) -> Tensor:
        self.batches.append(x.shape[0])
        self.timesteps.append(timestep.tolist())
        if self.before is not None:
            self.before(len(self.batches))
        if len(self.batches) >= self.broken_from:
            return torch.full_like(x, torch.nan)
        assert conditioning.embeddings.shape[0] == x.shape[0]
        mean = conditioning.embeddings.mean((1, 2)).to(x).reshape(-1, 1, 1, 1)
        sigmas = [self.levels.sigma(t) for t in timestep.tolist()]
        sigma = torch.tensor(sigmas, dtype=x.dtype).reshape(-1, 1, 1, 1)
        if self.prediction == "flow":
            alpha = 1 - sigma
        else:
            alpha = torch.ones_like(sigma)
            x = x * (sigma**2 + 1).sqrt()
        x0 = mean + 0.25 * alpha * (x - alpha * mean) / (0.25 * alpha**2 + sigma**2)
        noise = (x - alpha * x0) / sigma
        match self.prediction:
            case "epsilon":
                return noise
            case "v":
                return (noise - sigma * x0) / (sigma**2 + 1).sqrt()
            case "x0":
                return x0
            case "flow":
                return noise - x0


def model(prediction: Prediction = "epsilon", dtype: str = "float32") -> Model:
    sigmas = FLOW_SIGMAS if prediction == "flow" else SD_SIGMAS
    network = GaussianNetwork(prediction, NoiseLevels(sigmas, flow=prediction == "flow"))
    return Model(network, "tiny", prediction, sigmas, FORMAT, (32, 32), dtype=dtype)


def network(model: Model) -> GaussianNetwork:
    assert isinstance(model.network, GaussianNetwork)
    return model.network


@dataclass
class Recorder:
    """A host that lets other runs in between lane visits, and remembers everything."""

    done: list[tuple[float, float | None]] = field(default_factory=list)
    previews: list[Callable[[], Any]] = field(default_factory=list)
    lanes: list[str] = field(default_factory=list)

    def progress(self, node: str, done: float, total: float | None) -> None:
        self.done.append((done, total))

    def preview(self, node: str, render: Callable[[], Any]) -> None:
        self.previews.append(render)

    def output(self, node: str, item: dict[str, Any]) -> None:
        raise AssertionError("sampling makes no outputs")

    async def on_lane(self, lane: str, function: Callable[[], T]) -> T:
        self.lanes.append(lane)
        await asyncio.sleep(0)
        return function()
