"""What a person would write with diffusers to make the picture of `text-to-image.json`.

python benchmarks/diffusers_script.py FOLDER PICTURE PROMPT SEED STEPS GUIDANCE DEVICE
"""

from __future__ import annotations

import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

folder, picture, prompt, seed, steps, guidance, device = sys.argv[1:8]
pipeline = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None).to(device)
pipeline.scheduler = DPMSolverMultistepScheduler.from_config(
    pipeline.scheduler.config, use_karras_sigmas=True
)
pipeline.set_progress_bar_config(disable=True)
image = pipeline(
    prompt,
    num_inference_steps=int(steps),
    guidance_scale=float(guidance),
    generator=torch.Generator().manual_seed(int(seed)),
).images[0]
image.save(picture)
