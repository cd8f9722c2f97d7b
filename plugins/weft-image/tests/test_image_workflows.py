"""The example workflows: canonical, and run by the real engine on the starter model."""

from __future__ import annotations

from pathlib import Path

import numpy
import pytest
from PIL import Image
from torch import Tensor

import weft_image
from weft import Context, Workflow
from weft.testing import assert_image, assert_images_close, run_workflow
from weft_image.nodes import analyse, compose, draw, mask
from weft_image.plugin import weft_node_modules

FOLDER = Path(weft_image.__file__).parent / "workflows"
FLOWS = sorted(path.stem for path in FOLDER.glob("*.json"))


def flow(name: str) -> Workflow:
    return Workflow.load(FOLDER / f"{name}.json")


def small(name: str) -> Workflow:
    """The workflow with a small picture. The plugin under test need not be installed."""
    workflow = flow(name).with_values({"empty.width": 64, "empty.height": 64})
    return workflow.model_copy(update={"requires": {}})


def run(name: str, last: str, **parameters: object) -> tuple[Tensor, Tensor]:
    """The picture that was drawn, small and in two steps, and what came of it."""
    outcome = run_workflow(
        small(name),
        parameters={"steps": 2, **parameters},
        targets=["enlarge.image", last],
        nodes=weft_node_modules(),
    )
    return outcome.values["enlarge.image"], outcome.values[last]


def test_there_are_workflows() -> None:
    assert FLOWS == ["cut-out-poster", "what-is-in-it"]


@pytest.mark.parametrize("name", FLOWS)
def test_the_file_is_canonical_and_says_what_it_needs(name: str) -> None:
    workflow = flow(name)
    assert workflow.dumps() == (FOLDER / f"{name}.json").read_text("utf-8")
    assert workflow.requires == {"weft": ">=0.1", "weft-image": ">=0.1"}
    places = [tuple(place) for place in workflow.view["nodes"].values()]
    assert len(set(places)) == len(workflow.nodes)


def test_the_poster_is_what_the_nodes_make_of_the_picture() -> None:
    drawn, made = run("cut-out-poster", "words.image", background="#102030", words="Hello")
    key = mask.from_colour(drawn, "white", 8.0, 10.0, True)
    paper = compose.remove_background(drawn, key, "colour", "#102030", shrink=4, feather=1.0)
    words = draw.text(paper, Context.null(), "Hello", 44, "bottom", "#0d3b66", margin=24)
    assert_images_close(made, words, atol=1e-6)
    assert_image(made, size=(512, 512), batch=1, channels=3)
    assert (words != paper).any(-1).sum() > 500


def test_the_sheet_is_what_the_nodes_make_of_the_picture() -> None:
    drawn, made = run("what-is-in-it", "sheet.image")
    pictures = [
        drawn,
        analyse.edges(drawn, "canny", 0.05, 0.15, 2.0).image,
        analyse.normal_map(drawn, 24.0, 2.0),
        analyse.histogram(drawn, logarithmic=True, width=512, height=512),
    ]
    captions = ["picture", "edges", "normal map", "histogram"]
    sheet = draw.contact_sheet(
        pictures, Context.null(), 2, captions=captions, title="What is in a picture"
    )
    assert_images_close(made, sheet, atol=1e-6)


@pytest.mark.parametrize("name", FLOWS)
def test_it_saves_what_it_made(name: str, tmp_path: Path) -> None:
    """From the start to the file, as `weft run` does it."""
    outcome = run_workflow(
        small(name), parameters={"steps": 1}, nodes=weft_node_modules(), output_dir=tmp_path
    )
    (item,) = outcome.outputs["save"]
    with Image.open(item["path"]) as opened:
        assert opened.mode == "RGB"
        assert numpy.asarray(opened).std() > 1
