"""Denoised estimates from every prediction type, and the forward process."""

from __future__ import annotations

import math
from typing import Any, get_args

import pytest
import torch
from diffusers import DDPMScheduler
from torch import Tensor

from nodes.sampling.fakes import FORMAT, SD_SIGMAS, model, network, prompt
from nodes.sampling.oracles import ALPHAS, gaussian
from weft import InputError
from weft_nodes.kinds import Conditioning, Model, Prediction
from weft_nodes.sampling.forward import add_noise, scale_to_variance_preserving
from weft_nodes.sampling.prediction import denoise, noise_levels


def random(seed: int, batch: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn((batch, 4, 2, 3), generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("prediction", get_args(Prediction))
@pytest.mark.parametrize("share", [0.05, 0.4, 0.97])
def test_every_prediction_type_gives_the_exact_estimate(
    prediction: Prediction, share: float
) -> None:
    exact = model(prediction, dtype="float64")
    levels = noise_levels(exact)
    sigma = levels.sigma(round(share * levels.last_timestep))
    path = ALPHAS["flow" if prediction == "flow" else "ve"]
    x = sigma * random(1)
    expected = gaussian(0.5, 0.5, path)(x, sigma)
    torch.testing.assert_close(
        denoise(exact, x, sigma, prompt(0.5, batch=3)), expected, rtol=1e-9, atol=1e-9
    )


def test_v_is_the_velocity_of_diffusers() -> None:
    scheduler = DDPMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012)
    x0, eps = random(1), random(2)
    at = torch.tensor([10, 500, 990])
    velocity = scheduler.get_velocity(x0, eps, at)
    sigmas = torch.tensor(SD_SIGMAS, dtype=torch.float64)[at].reshape(-1, 1, 1, 1)
    seen: list[Tensor] = []

    def predict(x: Tensor, timestep: Tensor, conditioning: Conditioning) -> Tensor:
        seen.extend((x, timestep))
        return torch.as_tensor(velocity)

    told = Model(predict, "tiny", "v", SD_SIGMAS, FORMAT, (32, 32), dtype="float64")
    found = denoise(told, x0 + sigmas * eps, sigmas.flatten().tolist(), prompt(0, batch=3))
    torch.testing.assert_close(found, x0, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(
        seen[0], scheduler.add_noise(x0, eps, at), rtol=1e-5, atol=1e-5, check_dtype=False
    )
    torch.testing.assert_close(seen[1], at.float(), rtol=0, atol=1e-3)


@pytest.mark.parametrize("prediction", get_args(Prediction))
def test_a_batch_of_levels_equals_single_calls(prediction: Prediction) -> None:
    exact = model(prediction, dtype="float64")
    sigmas = [0.9, 0.31, 0.05]
    x = random(4)
    together = denoise(exact, x, sigmas, prompt(0.2, batch=3))
    for i, sigma in enumerate(sigmas):
        alone = denoise(exact, x[i : i + 1], sigma, prompt(0.2))
        torch.testing.assert_close(together[i : i + 1], alone, rtol=1e-6, atol=1e-6)


def test_half_precision_is_confined_to_the_network() -> None:
    half = model(dtype="bfloat16")
    x = random(3).float() * 5
    found = denoise(half, x, 5.0, prompt(0.5, batch=3))
    assert found.dtype == torch.float32
    expected = gaussian(0.5, 0.5)(x, 5.0)
    torch.testing.assert_close(found, expected, rtol=0.2, atol=0.2)
    assert denoise(model(), x.half(), 5.0, prompt(0.5, batch=3)).dtype == torch.float16


def test_estimates_carry_no_gradients() -> None:
    x = random(3).requires_grad_()
    assert not denoise(model(), x, 1.0, prompt(0.5, batch=3)).requires_grad


def test_the_table_is_prepared_once() -> None:
    one = model()
    assert noise_levels(one) is noise_levels(one)
    assert noise_levels(one) is not noise_levels(model())
    denoise(one, random(1).float(), 1.0, prompt(0.0, batch=3))
    assert network(one).batches == [3]


def test_forward_process() -> None:
    x0, eps = random(1), random(2)
    torch.testing.assert_close(add_noise(x0, eps, 2.5), x0 + 2.5 * eps)
    torch.testing.assert_close(add_noise(x0, eps, 0.3, flow=True), 0.7 * x0 + 0.3 * eps)
    assert torch.equal(add_noise(x0, eps, 0.0), x0)
    abar = 1 / (1 + 2.5**2)
    shown = scale_to_variance_preserving(add_noise(x0, eps, 2.5), 2.5)
    torch.testing.assert_close(shown, math.sqrt(abar) * x0 + math.sqrt(1 - abar) * eps)


def test_impossible_tables_are_refused() -> None:
    bad: dict[str, Any] = {"training_sigmas": [1.0, 0.5]}
    wrong = Model(
        network(model()), "tiny", "epsilon", **bad, latent_format=FORMAT, native_size=(8, 8)
    )
    with pytest.raises(InputError, match="rising"):
        denoise(wrong, random(1), 1.0, prompt(0, batch=3))
