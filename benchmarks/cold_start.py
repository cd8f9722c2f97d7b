"""`weft run` of text-to-image over a diffusers script that makes the same picture.

    python benchmarks/cold_start.py [--repeat 5] [--device cpu]

Both start from nothing: no value is cached. Wall time and peak memory of the whole process, in
turn; ratios are of the medians. Then the commands that must not touch torch.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
WORKFLOW = HERE.parent / "workflows" / "text-to-image.json"
PROMPT = "a large red circle left of a small blue star on a white background"
WEFT = [str(Path(sys.executable).parent / "weft")]


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds and peak resident memory, in MiB, of one process."""

    seconds: float
    processor: float
    mebibytes: float


def cost(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command to its end. Raises RuntimeError where it fails."""
    begin = perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    text = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command} failed:\n{text.decode()[-2000:]}")
    wall = perf_counter() - begin
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def write_diffusers_folder(folder: Path) -> None:
    """The starter model as a diffusers folder, so that the script loads it in its usual way."""
    import json

    from diffusers import DDIMScheduler, StableDiffusionPipeline
    from safetensors import safe_open
    from transformers import CLIPTokenizer

    from weft import ModelFolders
    from weft_nodes.models.loader import load_checkpoint

    path = ModelFolders.default().find("checkpoints", "starter-unet.safetensors")
    parts: Any = load_checkpoint(path)
    with safe_open(path, "pt") as file:
        words = json.loads(file.metadata()["weft.tokenizer"])
    end = "<|endoftext|>"
    tokenizer = CLIPTokenizer(
        vocab=words["vocab"],
        merges=[
            tuple(pair.split()) if isinstance(pair, str) else tuple(pair)
            for pair in words["merges"]
        ],
        model_max_length=words["model_max_length"],
        pad_token=end,
    )
    StableDiffusionPipeline(
        unet=parts.model.modules[0],
        vae=parts.vae.modules[0],
        text_encoder=parts.text_encoder.modules[0],
        tokenizer=tokenizer,
        scheduler=DDIMScheduler(
            beta_schedule="scaled_linear",
            beta_start=0.00085,
            beta_end=0.012,
            clip_sample=False,
            steps_offset=1,
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)


def difference(first: Path, second: Path) -> int:
    """The largest difference of two pictures, in 8-bit levels."""
    import numpy
    from PIL import Image

    one, two = (numpy.asarray(Image.open(path).convert("RGB"), int) for path in (first, second))
    return int(numpy.abs(one - two).max())


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--write-folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write_folder is not None:
        write_diffusers_folder(options.write_folder)
        return
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), options.repeat, options.device)


def measure(folder: Path, repeat: int, device: str) -> None:
    """Measure in a folder."""
    environment = {**os.environ, "WEFT_CACHE_DIR": str(folder / "cache")}
    # In a child: a child's peak memory starts at its parent's, which must not hold torch.
    subprocess.run([sys.executable, __file__, "--write-folder", str(folder / "model")], check=True)
    script = [
        sys.executable,
        str(HERE / "diffusers_script.py"),
        str(folder / "model"),
        str(folder / "diffusers.png"),
        PROMPT,
        "7",
        "20",
        "4",
        device,
    ]
    ours = [*WEFT, "run", str(WORKFLOW), "--prompt", PROMPT, "--seed", "7", "--no-cache"]
    ours += ["--device", device]
    ours += ["--set", "sample.sampler=dpmpp_2m", "--set", "sample.guidance=4"]
    ours += ["--output-dir", str(folder / "output")]
    cost([*WEFT, "nodes"], environment)  # the catalogue is made once per version of the source
    weft: list[Cost] = []
    diffusers: list[Cost] = []
    for _ in range(repeat):
        weft.append(cost(ours, environment))
        diffusers.append(cost(script, environment))
    table = Table(title="text-to-image in a fresh process")
    for column in ("", "weft run", "diffusers script", "ratio"):
        table.add_column(column, justify="right")
    for label, field in (
        ("seconds", "seconds"),
        ("processor seconds", "processor"),
        ("peak MiB", "mebibytes"),
    ):
        one, two = (median(getattr(each, field) for each in side) for side in (weft, diffusers))
        table.add_row(label, f"{one:.2f}", f"{two:.2f}", f"{one / two:.3f}")
    console = Console()
    console.print(table)
    light = Table(title="commands that need no tensor")
    for column in ("command", "seconds", "peak MiB"):
        light.add_column(column, justify="right")
    for arguments in (["validate", str(WORKFLOW)], ["nodes"]):
        costs = [cost([*WEFT, *arguments], environment) for _ in range(repeat)]
        light.add_row(
            f"weft {arguments[0]}",
            f"{median(one.seconds for one in costs):.2f}",
            f"{median(one.mebibytes for one in costs):.0f}",
        )
    console.print(light)
    picture = sorted((folder / "output").glob("*.png"))[0]
    print(f"largest difference: {difference(picture, folder / 'diffusers.png')} of 255")


if __name__ == "__main__":
    main()
