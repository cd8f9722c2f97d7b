"""Walks between noises and prompts, and sampling in portions."""

from __future__ import annotations

import asyncio
import math
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch import Tensor

from weft import Context, InputError
from weft_nodes.kinds import Conditioning, Latent, LatentFormat, Model, Noise, Sampler, Vae
from weft_nodes.sampling.guiders import CfgGuider
from weft_nodes.sampling.noise import draw
from weft_nodes.sampling.runs import sample_latent
from weft_video.clip import Clip
from weft_video.nodes import sampling
from weft_video.portions import portions
from weft_video.walks import slerp, stations

FORMAT = LatentFormat("test", 4, 8, ((0.1, 0.2, 0.3),) * 4)
SIGMAS = torch.tensor([10.0, 4.0, 1.0, 0.3, 0.0], dtype=torch.float64)


class Network:
    """Predicts from the state and the prompt of the same frame, and remembers how many came."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, x: Tensor, timestep: Tensor, conditioning: Conditioning) -> Tensor:
        assert len(conditioning.embeddings) == len(x)
        self.batches.append(len(x))
        assert conditioning.pooled is not None
        own = conditioning.embeddings.mean((1, 2)) + conditioning.pooled.mean(1)
        return torch.tanh(x.roll(1, 1) + own[:, None, None, None])


def model() -> Model:
    sigmas = [math.exp(-3 + 6 * index / 99) for index in range(100)]
    return Model(Network(), "test", "epsilon", sigmas, FORMAT, (32, 32))


def prompt(seed: int, batch: int = 1) -> Conditioning:
    generator = torch.Generator().manual_seed(seed)
    return Conditioning(
        torch.randn(batch, 5, 6, generator=generator), torch.randn(batch, 6, generator=generator)
    )


def latent(batch: int) -> Latent:
    return Latent(draw(50, (batch, 4, 4, 4)), FORMAT)


def sampled(
    used: Model, positive: Conditioning, given: Latent, name: str, at_once: int, **more: Any
) -> Tensor:
    guider = CfgGuider(used, positive, prompt(3), 2.0)
    node = sampling.sample_frames(
        guider, Sampler(name), SIGMAS, Noise(8), given, Context.null(), at_once, **more
    )
    return asyncio.run(node).samples


@pytest.mark.parametrize("name", ["euler", "dpmpp_2m", "euler_ancestral"])
@pytest.mark.parametrize("same_noise", [True, False])
@pytest.mark.parametrize("add_noise", [True, False])
def test_the_frames_do_not_depend_on_how_many_are_sampled_at_once(
    name: str, same_noise: bool, add_noise: bool
) -> None:
    used, prompts, given = model(), prompt(1, 7), latent(7)
    before = given.samples.clone()
    how = {"same_noise": same_noise, "add_noise": add_noise}
    whole = sampled(used, prompts, given, name, 7, **how)
    for at_once in (1, 3, 100):
        part = sampled(used, prompts, given, name, at_once, **how)
        # Only the order of sums may differ: float32, a few operations.
        torch.testing.assert_close(part, whole, atol=1e-5, rtol=1e-5)
    assert torch.equal(given.samples, before)


def test_no_more_frames_than_asked_for_reach_the_model() -> None:
    used = model()
    sampled(used, prompt(1, 7), latent(7), "euler", 3)
    assert isinstance(used.network, Network)
    # Both halves of the guidance together, in portions of 2, 2 and 3.
    assert used.network.batches == [4] * 4 + [4] * 4 + [6] * 4


def test_with_noise_of_its_own_each_frame_is_what_wefts_sampler_makes() -> None:
    used, prompts, given = model(), prompt(1, 5), latent(5)
    mine = sampled(used, prompts, given, "euler_ancestral", 2, same_noise=False)
    guider = CfgGuider(used, prompts, prompt(3), 2.0)
    run = sample_latent(Context.null(), guider, Sampler("euler_ancestral"), SIGMAS, Noise(8), given)
    torch.testing.assert_close(mine, asyncio.run(run).samples, atol=1e-5, rtol=1e-5)


def test_with_the_same_noise_equal_frames_stay_equal() -> None:
    given = Latent(latent(1).samples.repeat(4, 1, 1, 1), FORMAT)
    made = sampled(model(), prompt(1), given, "euler_ancestral", 2)
    torch.testing.assert_close(made, made[:1].expand_as(made))
    apart = sampled(model(), prompt(1), given, "euler_ancestral", 2, same_noise=False)
    assert (apart[0] - apart[1]).abs().max() > 0.1


def test_progress_goes_once_from_start_to_end() -> None:
    class Watcher(Context):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[tuple[float, float | None]] = []

        def progress(self, done: float, total: float | None = None) -> None:
            self.seen.append((done, total))

    watcher = Watcher()
    guider = CfgGuider(model(), prompt(1), prompt(3), 2.0)
    asyncio.run(
        sampling.sample_frames(guider, Sampler("euler"), SIGMAS, Noise(1), latent(4), watcher, 2)
    )
    done = [one for one, _ in watcher.seen]
    assert done == sorted(done)
    assert {total for _, total in watcher.seen} == {8}
    assert (done[0], done[-1]) == (0, 8)


def test_prompts_for_another_number_of_frames_are_refused() -> None:
    with pytest.raises(InputError, match="3 prompts for 4 frames; expected 1, or one for each"):
        sampled(model(), prompt(1, 3), latent(4), "euler", 2)


def test_portions_are_even_and_leave_nothing_out() -> None:
    for count in range(1, 30):
        for at_once in range(1, 12):
            parts = portions(count, at_once)
            assert [index for part in parts for index in range(count)[part]] == [*range(count)]
            sizes = [part.stop - part.start for part in parts]
            assert max(sizes) <= at_once
            assert max(sizes) - min(sizes) <= 1
            assert len(parts) == math.ceil(count / at_once)


def test_a_walk_stops_where_it_should() -> None:
    assert stations(2, 3, loop=False) == [(0, 1, 0.0), (0, 1, 0.5), (1, 1, 0.0)]
    assert stations(2, 4, loop=True) == [(0, 1, 0.0), (0, 1, 0.5), (1, 0, 0.0), (1, 0, 0.5)]
    assert stations(1, 2, loop=True) == [(0, 0, 0.0), (0, 0, 0.5)]
    assert stations(3, 1, loop=False) == [(0, 1, 0.0)]
    smooth = [part for _, _, part in stations(2, 5, loop=False, ease="smooth")]
    assert smooth == pytest.approx([0, 0.15625, 0.5, 0.84375, 0])


def test_between_two_noises_the_norm_stays() -> None:
    one, two = (draw(seed, (1, 4, 32, 32)) for seed in (1, 2))
    assert torch.equal(slerp(one, two, 0.0), one)
    torch.testing.assert_close(slerp(one, two, 1.0), two, atol=1e-6, rtol=1e-6)
    for part in (0.25, 0.5, 0.75):
        mixed = slerp(one, two, part)
        # 4096 draws: the standard deviation is known to 1/sqrt(8192), 1.1 percent; three of it.
        assert float(mixed.std()) == pytest.approx(1, abs=0.034)
        assert float(torch.lerp(one, two, part).std()) < 0.82
    # A quarter of the way along the arc is a quarter of the angle.
    two = two * one.norm() / two.norm()
    angles = [_angle(one, slerp(one, two, part)) for part in (0.25, 1.0)]
    assert angles[0] == pytest.approx(angles[1] / 4, rel=1e-4)
    torch.testing.assert_close(slerp(one, one, 0.3), one)


def _angle(one: Tensor, two: Tensor) -> float:
    a, b = one.flatten().double(), two.flatten().double()
    return math.acos(float(a @ b / (a.norm() * b.norm())))


def test_a_noise_walk_passes_the_noises_of_its_seeds() -> None:
    used, start = model(), Latent(torch.zeros(1, 4, 4, 4), FORMAT)
    made = sampling.noise_walk(used, start, SIGMAS, seed=5, stops=2, frames=4).samples
    for frame, seed in ((0, 5), (2, 6)):
        expected = 10 * draw(seed, (1, 4, 4, 4))[0]
        torch.testing.assert_close(made[frame], expected, atol=1e-5, rtol=1e-5)
    last = sampling.noise_walk(used, start, SIGMAS, 2**64 - 1, 2, 3, loop=False).samples[-1]
    torch.testing.assert_close(last, 10 * draw(0, (1, 4, 4, 4))[0], atol=1e-5, rtol=1e-5)
    on_pictures = sampling.noise_walk(used, latent(4), SIGMAS, 5, 2, 4).samples
    torch.testing.assert_close(on_pictures - made, latent(4).samples, atol=1e-4, rtol=1e-4)
    with pytest.raises(InputError, match="expected 1 picture, or 4, one for each frame; got 3"):
        sampling.noise_walk(used, latent(3), SIGMAS, 5, 2, 4)


def test_a_walk_between_prompts_mixes_them() -> None:
    one, two = prompt(1), prompt(2)
    made = sampling.conditioning_walk([one, two], 5)
    assert torch.equal(made.embeddings[:1], one.embeddings)
    assert torch.equal(made.embeddings[-1:], two.embeddings)
    torch.testing.assert_close(made.embeddings[2:3], (one.embeddings + two.embeddings) / 2)
    assert made.pooled is not None
    assert one.pooled is not None
    assert torch.equal(made.pooled[:1], one.pooled)
    still = sampling.conditioning_walk([one], 3, loop=True)
    assert torch.equal(still.embeddings, one.embeddings.expand(3, -1, -1))
    with pytest.raises(InputError, match="expected one or more, got none"):
        sampling.conditioning_walk([])
    with pytest.raises(InputError, match=r"single prompts .* got \[1, 5, 6\], \[2, 5, 6\]"):
        sampling.conditioning_walk([one, prompt(1, 2)])


def test_clips_go_through_the_vae_in_portions() -> None:
    sizes: list[int] = []

    def encode(image: Tensor) -> Tensor:
        sizes.append(len(image))
        return image[:, ::8, ::8, :1].permute(0, 3, 1, 2).repeat(1, 4, 1, 1)

    def decode(samples: Tensor) -> Tensor:
        sizes.append(len(samples))
        return samples[:, :3].permute(0, 2, 3, 1).repeat_interleave(8, 1).repeat_interleave(8, 2)

    vae = Vae(encode, decode, FORMAT)
    levels = torch.arange(7)[:, None, None, None] / 7
    clip = Clip(levels.expand(7, 16, 24, 3).clone(), Fraction(30000, 1001))
    made = sampling.encode(vae, clip, Context.null(), 3)
    assert made.samples.shape == (7, 4, 2, 3)
    back = sampling.decode(vae, made, Context.null(), 29.97, 2)
    assert torch.equal(back.frames, clip.frames)
    assert back.rate == clip.rate
    assert sizes == [2, 2, 3, 1, 2, 2, 2]
    other = LatentFormat("other", 4, 8, FORMAT.rgb_factors)
    with pytest.raises(InputError, match="decodes latents of the format 'test', got 'other'"):
        sampling.decode(vae, Latent(made.samples, other), Context.null())
