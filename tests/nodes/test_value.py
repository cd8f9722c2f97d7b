"""Looking at values of any kind."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
import pytest

from weft import Cache, Engine, Outcome, Registry, Workflow


def shown(tmp_path: Path, type: str, output: str, **values: object) -> Outcome:
    nodes = {
        "made": {"type": type, "values": values},
        "look": {"type": "value.show", "links": {"value": f"made.{output}"}},
    }
    workflow = Workflow.from_data({"weft": 1, "nodes": nodes})
    registry = Registry.installed()
    with Engine(registry=registry, device="cpu", cache=Cache(), output_dir=tmp_path) as engine:
        return engine.run(workflow).check()


@pytest.mark.parametrize(
    ("type", "output", "values", "text"),
    [
        ("primitive.int", "value", {"value": 42}, "42"),
        ("primitive.text", "value", {"value": "a line\nand one more"}, "a line\nand one more"),
        ("sampling.noise", "noise", {"seed": 7}, "Noise\nseed: 7"),
    ],
)
def test_a_value_is_shown_as_a_text(
    tmp_path: Path, type: str, output: str, values: dict[str, object], text: str
) -> None:
    assert shown(tmp_path, type, output, **values).outputs["look"] == [{"text": text}]


def test_pictures_are_shown_as_previews(tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    PIL.Image.new("RGB", (32, 16), "red").save(path)
    done = shown(tmp_path / "out", "image.load", "image", path=str(path))
    (item,) = done.outputs["look"]
    assert item["preview"] is True
    with PIL.Image.open(item["path"]) as picture:
        assert picture.size == (32, 16)
