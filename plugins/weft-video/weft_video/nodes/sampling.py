"""Nodes that make the frames of a clip with a model, many at once."""

from __future__ import annotations

from typing import Annotated, Literal

from weft import Advanced, Context, InputError, Range, Seed, node
from weft_nodes.kinds import (
    Conditioning,
    Guider,
    Latent,
    Model,
    Noise,
    Sampler,
    Sigmas,
    Vae,
)
from weft_video.clip import Clip, Fps, check_room, exact_rate

Frames = Annotated[int, Range(1, 100_000)]
AtOnce = Annotated[int, Range(1, 4096)]


@node("video:conditioning.walk", title="Walk between prompts")
def conditioning_walk(
    prompts: list[Conditioning],
    frames: Frames = 24,
    loop: bool = False,
    ease: Literal["linear", "smooth"] = "linear",
) -> Conditioning:
    """A prompt for each frame, on the way from one prompt to the next.

    Embeddings are mixed linearly.

    prompts: encoded prompts, one or more, each by itself; `list.make` makes the list.
    frames: how many; the first frame has the first prompt.
    loop: go on from the last prompt to the first, so that the clip can be repeated; without, the
        last frame has the last prompt.
    ease: linear goes evenly; smooth slows down at each prompt.
    """
    from weft_video.walks import blend, stations

    if not prompts:
        raise InputError("prompts: expected one or more, got none")
    return blend(prompts, stations(len(prompts), frames, loop=loop, ease=ease))


@node("video:latent.noise_walk", title="Walk between noises")
def noise_walk(
    model: Model,
    latent: Latent,
    sigmas: Sigmas,
    seed: Annotated[int, Seed()] = 0,
    stops: Annotated[int, Range(1, 1000)] = 2,
    frames: Frames = 24,
    loop: bool = True,
    ease: Literal["linear", "smooth"] = "linear",
) -> Latent:
    """A noisy state for each frame, its noise on the way from one seed's to the next one's.

    Sample it with `add_noise` off. A frame at a stop is the picture of that seed. Noises are mixed
    along the arc between them, which keeps their norm (White 2016, arXiv:1609.04468).

    model: the model that will denoise.
    latent: the picture to start from, for all frames or one for each; an empty one to start from
        nothing.
    sigmas: the first level says how much noise.
    seed: the noise of the first stop; the next has seed + 1, and so on.
    stops: how many noises; 1 gives the same to every frame.
    frames: how many; the first frame is at the first stop.
    loop: go on from the last stop to the first, so that the clip can be repeated; without, the last
        frame is at the last stop.
    ease: linear goes evenly; smooth slows down at each stop.
    """
    from weft_nodes.sampling.schedules import check_sigmas
    from weft_video.portions import walked
    from weft_video.walks import stations

    seeds = [(seed + index) % 2**64 for index in range(stops)]
    way = stations(stops, frames, loop=loop, ease=ease)
    return walked(model, latent, seeds, way, check_sigmas(sigmas)[0])


@node("video:latent.sample_frames", title="Sample frames")
async def sample_frames(
    guider: Guider,
    sampler: Sampler,
    sigmas: Sigmas,
    noise: Noise,
    latent: Latent,
    ctx: Context,
    frames_at_once: AtOnce = 16,
    same_noise: bool = True,
    add_noise: bool = True,
) -> Latent:
    """Denoise the frames of a clip, as many at once as memory allows.

    guider: the model and its prompts; each holds one prompt for all frames, or one for each.
    sampler: how noise is removed. Those without randomness change least from frame to frame.
    sigmas: the noise levels to visit.
    noise: the noise to start from and to add on the way.
    latent: the frames.
    frames_at_once: how many go through the model together; more is quicker and takes more memory,
        and the frames are the same.
    same_noise: add the same noise to every frame, which keeps still what does not change; off gives
        frame i the noise of seed + i.
    add_noise: put noise of the first level on the frames; off where they come out of
        `video:latent.noise_walk`.
    """
    from weft_video import portions

    return await portions.sample_frames(
        ctx,
        guider,
        sampler,
        sigmas,
        noise,
        latent,
        at_once=frames_at_once,
        from_noise=add_noise,
        same_noise=same_noise,
    )


@node("video:latent.decode", title="Decode clip")
def decode(
    vae: Vae,
    latent: Latent,
    ctx: Context,
    fps: Fps = 24.0,
    frames_at_once: Annotated[AtOnce, Advanced()] = 16,
) -> Clip:
    """Decode latents to the frames of a clip, some at a time.

    vae: the VAE of the model that made the latents.
    latent: the frames.
    fps: frames per second.
    frames_at_once: how many go through the VAE together.
    """
    import torch

    from weft_video.portions import portions

    expected, got = vae.latent_format.name, latent.format.name
    if got != expected:
        raise InputError(
            f"this VAE decodes latents of the format {expected!r}, got {got!r}; use the VAE that "
            "came with the model"
        )
    scale = latent.format.downscale
    rows, columns = latent.samples.shape[2:]
    check_room(len(latent.samples), columns * scale, rows * scale)
    parts = ctx.track(portions(len(latent.samples), frames_at_once))
    # In host memory: it is the larger one, and what comes next writes files.
    frames = torch.cat([vae.decode(latent.samples[part]).cpu() for part in parts])
    return Clip(frames, exact_rate(fps))


@node("video:latent.encode", title="Encode clip")
def encode(
    vae: Vae, clip: Clip, ctx: Context, frames_at_once: Annotated[AtOnce, Advanced()] = 16
) -> Latent:
    """Encode the frames of a clip as latents, some at a time.

    vae: the VAE of the model that will work on the latents.
    clip: frames whose sides are multiples of the VAE's cell, 8 pixels for Stable Diffusion.
    frames_at_once: how many go through the VAE together.
    """
    import torch

    from weft_video.portions import portions

    parts = ctx.track(portions(len(clip.frames), frames_at_once))
    samples = torch.cat([vae.encode(clip.frames[part]) for part in parts])
    return Latent(samples, vae.latent_format)
