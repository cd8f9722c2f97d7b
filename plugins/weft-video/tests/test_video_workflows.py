"""The workflows that come with the plugin, run by the engine on the starter model, small."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import torch

import weft_video
from weft import Builder, Context, Engine, Registry, Workflow
from weft_video.clip import Clip
from weft_video.files.provenance import workflow_in
from weft_video.nodes import files
from weft_video.nodes.clips import from_images

FOLDER = Path(weft_video.__file__).parent / "workflows"
FLOWS = sorted(FOLDER.glob("*.json"))
SMALL = {"steps": 2, "frames": 3, "width": 64, "height": 64}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One engine for all, so that the model is loaded once; away from the person's own folders."""
    folder = tmp_path_factory.mktemp("video")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEFT_CACHE_DIR", str(folder / "cache"))
        patch.setenv("WEFT_CONFIG", str(folder / "config.toml"))
        with Engine(device="cpu", output_dir=folder / "output") as made:
            yield made


def flow(name: str) -> Workflow:
    workflow = Workflow.load(FOLDER / f"{name}.json").with_parameters(SMALL)
    sides = {f"empty.{side}": 64 for side in ("width", "height")}
    return workflow.with_values(sides)


def made(engine: Engine, workflow: Workflow) -> tuple[dict[str, Any], dict[str, Clip]]:
    """What a run reports of each file, and the clips in them."""
    outputs = engine.run(workflow).check().outputs
    items = {name: item for name, (item,) in outputs.items()}
    clips = {name: files.load(item["path"], Context.null()).clip for name, item in items.items()}
    return items, clips


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_the_file_is_canonical_and_needs_the_plugin(path: Path) -> None:
    workflow = Workflow.load(path)
    assert workflow.dumps() == path.read_text("utf-8")
    assert workflow.requires == {"weft": ">=0.1", "weft-video": ">=0.1"}
    assert {"prompt", "negative", "seed", "steps", "guidance", "fps", "frames"} <= set(
        workflow.parameters
    )


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_the_nodes_have_room(path: Path) -> None:
    """Every node has a place, and no two overlap, by the editor's measures."""
    workflow = Workflow.load(path)
    registry = Registry.installed()
    boxes = {}
    for id, node in workflow.nodes.items():
        spec = registry.get(node.type)
        assert spec is not None
        left, top = workflow.view["nodes"][id]
        rows = max(len(spec.inputs), len(node.links)) + len(spec.outputs)
        boxes[id] = (left, top, left + 240, top + 30 + 26 * rows + 20)
    for (one, a), (other, b) in combinations(boxes.items(), 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, f"{one} and {other} overlap"


def test_a_walk_between_prompts_becomes_files(engine: Engine) -> None:
    workflow = flow("walk-between-prompts")
    items, clips = made(engine, workflow)
    assert items["save"]["mime"] == "image/webp"
    assert items["film"]["mime"] == "video/mp4"
    for name, clip in clips.items():
        assert clip.frames.shape == (3, 64, 64, 3)
        assert clip.rate == 12
        assert clip.frames.std() > 0.01, "the frames are one flat colour"
        assert workflow_in(Path(items[name]["path"])) == workflow
    exact = workflow.with_values({"save.lossless": True})
    whole, parts = (
        made(engine, exact.with_parameters({"frames_at_once": count}))[1]["save"].frames
        for count in (16, 1)
    )
    # What the model computes differs in its last bits, which may round to the next level.
    torch.testing.assert_close(whole, parts, atol=1.5 / 255, rtol=0)


def test_a_video_is_drawn_anew(engine: Engine, tmp_path: Path) -> None:
    ramp = torch.linspace(0, 1, 40).view(1, 40, 1, 1).expand(6, 40, 80, 3)
    source = Recorder(tmp_path)
    files.save(from_images(ramp, 6.0), source)
    (video,) = source.paths
    items, clips = made(engine, flow("video-to-video").with_parameters({"video": video, "fps": 4}))
    assert clips["save"].rate == 4
    assert clips["save"].frames.shape == (3, 64, 64, 3)
    # All frames of this video are alike, and get the same noise.
    still = clips["save"].frames
    torch.testing.assert_close(still, still[:1].expand_as(still), atol=0.02, rtol=0)
    assert items["save"]["frames"] == 3


def test_without_a_video_one_is_drawn(engine: Engine) -> None:
    items, clips = made(engine, flow("video-to-video").with_parameters({"fps": 8}))
    assert clips["save"].rate == 8
    assert items["save"]["frames"] == 3


def test_every_frame_tool_runs_in_a_workflow(engine: Engine, tmp_path: Path) -> None:
    """Under the engine's eyes: kinds fit, and nothing is edited in place."""
    source = Recorder(tmp_path)
    levels = torch.arange(8) * 30 / 255
    numbered = levels[:, None, None, None].expand(8, 16, 16, 3)
    files.save_webp(from_images(numbered, 10.0), source, lossless=True)
    add = (builder := Builder()).add
    clip = add("video:clip.load", path=source.paths[0]).clip
    part = add("video:clip.range", clip=clip, start=2, count=3).clip  # 2 3 4
    back = add("video:clip.reverse", clip=part).clip  # 4 3 2
    both = add("video:clip.crossfade", first=part, second=back, frames=1).clip  # 2 3 4 3 2
    waves = add("video:clip.boomerang", clip=both).clip  # 2 3 4 3 2 3 4 3
    twice = add("video:clip.loop", clip=waves, times=2).clip
    slow = add("video:clip.resample", clip=twice, fps=5.0).clip  # 2 4 2 4 2 4 2 4
    images = add("video:clip.to_images", clip=slow)
    info = add("video:clip.info", clip=slow)
    again = add("video:clip.from_images", image=images.image, fps=info.fps).clip
    add("video:clip.save_gif", id="gif", clip=again, dither=False)
    add("video:clip.save", id="film", clip=again, codec="ffv1")
    items, clips = made(engine, builder.workflow())
    expected = numbered[[2, 4] * 4]
    for name, one in clips.items():
        assert torch.equal(one.frames, expected), name
        assert one.rate == 5
        assert items[name]["frames"] == 8


class Recorder(Context):
    """A context with nothing behind it that keeps the paths of what a node gives out."""

    def __init__(self, folder: Path) -> None:
        super().__init__(output_dir=folder)
        self.paths: list[str] = []

    def output(self, item: dict[str, Any]) -> None:
        self.paths.append(item["path"])
