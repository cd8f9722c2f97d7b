"""The workflows that ship: canonical, tidy, and run by the real engine on the starter model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from weft import Engine, Outcome, Registry, SubgraphDocument, Workflow, offered
from weft_training.checker import Verdict, judge, look
from weft_training.scenes import parse

ROOT = Path(__file__).parent.parent
FLOWS = sorted(path.stem for path in (ROOT / "workflows").glob("*.json"))
SIDE = 64
# Small pictures and few steps: whether a workflow runs does not depend on how good they are.
QUICK: dict[str, dict[str, Any]] = {
    "forward-process": {"count": 3},
    "reverse-process": {"count": 3},
    "seed-grid": {"count": 2},
}
# Width and height of what each workflow saves at this size.
SIZES = {
    "forward-process": (3 * SIDE + 4 * 2, SIDE + 2 * 2),
    "image-to-image": (SIDE, SIDE),
    "reverse-process": (3 * SIDE + 4 * 2, SIDE + 2 * 2),
    "text-to-image": (SIDE, SIDE),
    "text-to-image-separate": (SIDE, SIDE),
}


def flow(name: str) -> Workflow:
    return Workflow.load(ROOT / f"workflows/{name}.json")


def quick(name: str) -> Workflow:
    """The workflow in a small size, with two steps."""
    workflow = flow(name).with_parameters({"steps": 2, **QUICK.get(name, {})})
    sides = {
        f"{id}.{side}": SIDE
        for id, node in workflow.nodes.items()
        if node.type in ("latent.empty", "image.resize")
        for side in ("width", "height")
    }
    return workflow.with_values(sides)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One engine for all, so that the model is loaded once."""
    folder = tmp_path_factory.mktemp("output")
    with Engine(device="cpu", output_dir=folder) as made:
        yield made


def picture(outcome: Outcome) -> Image.Image:
    """The one picture that a run saved."""
    (item,) = outcome.check().outputs["save"]
    with Image.open(item["path"]) as opened:
        return opened.copy()


def test_there_are_workflows() -> None:
    assert len(FLOWS) >= 7


@pytest.mark.parametrize("name", FLOWS)
def test_the_file_is_canonical(name: str) -> None:
    path = ROOT / f"workflows/{name}.json"
    assert Workflow.load(path).dumps() == path.read_text("utf-8")


@pytest.mark.parametrize("name", FLOWS)
def test_the_nodes_have_room(name: str) -> None:
    """Every node has a place, and no two overlap, at the least sizes that show all inputs."""
    workflow = flow(name)
    registry = Registry.installed()
    graphs: list[Workflow | SubgraphDocument] = [workflow, *workflow.subgraphs.values()]
    for graph in graphs:
        boxes = {id: box(graph, id, registry) for id in graph.nodes}
        for (one, a), (other, b) in combinations(boxes.items(), 2):
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert apart, f"{one} and {other} overlap"


def box(
    graph: Workflow | SubgraphDocument, id: str, registry: Registry
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a node, by the editor's measures."""
    spec = registry.get(graph.nodes[id].type)
    assert spec is not None
    left, top = graph.view["nodes"][id]
    return left, top, left + 240, top + 30 + 26 * (len(spec.inputs) + len(spec.outputs)) + 20


@pytest.mark.parametrize("name", FLOWS)
def test_parameters_say_what_a_caller_expects(name: str) -> None:
    known = set(flow(name).parameters)
    assert {"prompt", "negative", "seed", "steps", "guidance"} <= known
    assert flow(name).requires == {"weft": ">=0.1"}


@pytest.mark.parametrize("name", FLOWS)
def test_it_runs_as_it_is(name: str, engine: Engine) -> None:
    workflow = quick(name)
    outcome = engine.run(workflow)
    made = picture(outcome)
    assert made.mode == "RGB"
    assert made.size == SIZES.get(name, made.size)
    assert numpy.asarray(made).std() > 1, "the picture is one flat colour"
    # What it saved opens as the workflow that was run.
    assert Workflow.load(outcome.outputs["save"][0]["path"]) == workflow


def test_both_ways_of_sampling_make_the_same_picture(engine: Engine) -> None:
    settings = {"seed": 3, "guidance": 3.0, "sampler": "euler", "schedule": "linear"}
    together, apart = (
        picture(engine.run(quick(name), parameters=settings))
        for name in ("text-to-image", "text-to-image-separate")
    )
    assert together.tobytes() == apart.tobytes()


def test_image_to_image_starts_from_a_given_picture(engine: Engine, tmp_path: Path) -> None:
    """The given picture is read and cut to size, and none is drawn."""
    path = tmp_path / "mine.png"
    Image.new("RGB", (200, 100), (200, 30, 30)).save(path)
    outcome = engine.run(quick("image-to-image"), parameters={"image": str(path), "seed": 4})
    assert picture(outcome).size == (SIDE, SIDE)
    assert outcome.nodes["load"]["state"] == "ran"
    assert "draw" not in outcome.nodes


def test_a_strip_shows_the_states_in_order(engine: Engine) -> None:
    """The forward process leaves the clean picture first; the reverse process ends with it."""
    settings = {"seed": 5, "steps": 2, "guidance": 3.0}
    clean = numpy.asarray(picture(engine.run(quick("text-to-image"), parameters=settings)))
    forward = numpy.asarray(picture(engine.run(quick("forward-process"), parameters=settings)))
    reverse = numpy.asarray(picture(engine.run(quick("reverse-process"), parameters=settings)))
    assert numpy.array_equal(forward[2:-2, 2 : 2 + SIDE], clean)
    assert numpy.array_equal(reverse[2:-2, -2 - SIDE : -2], clean)


def test_seeds_in_a_grid_are_the_seeds_alone(engine: Engine) -> None:
    """Cell by cell: the grid's second picture is text-to-image with the second seed."""
    grid = numpy.asarray(picture(engine.run(quick("seed-grid"), parameters={"columns": 2})))
    for index, seed in enumerate((7, 8)):
        alone = picture(engine.run(quick("text-to-image"), parameters={"seed": seed}))
        # Labels are narrower than the pictures, so cells are as wide as those.
        left = 8 + index * (SIDE + 8)
        cell = grid[8 : 8 + SIDE, left : left + SIDE].astype(int)
        assert abs(cell - numpy.asarray(alone)).max() <= 1


def test_every_sampler_is_shown_side_by_side() -> None:
    known = [one.name for one in offered("samplers").values() if one.distribution == "weft"]
    shown = flow("samplers-side-by-side").nodes["samplers"].values["values"]
    assert shown == known


def drawn(engine: Engine, prompt: str) -> list[Verdict]:
    """What the checker says of four seeds of a prompt."""
    settings = {"prompt": prompt, "batch": 4, "seed": 7}
    items = engine.run(flow("text-to-image"), parameters=settings).check().outputs["save"]
    pictures = [numpy.asarray(Image.open(item["path"])) for item in items]
    return [judge(parse(prompt), look(one)) for one in pictures]


@pytest.mark.parametrize(
    "prompt",
    [
        "a large red circle left of a small blue star on a white background",  # the README's
        "a large red circle left of a small blue square on a white background",
        "a small green triangle",
    ],
)
def test_the_picture_shows_what_the_prompt_says(engine: Engine, prompt: str) -> None:
    """Most of four seeds: the model is small and the judge strict."""
    verdicts = drawn(engine, prompt)
    assert sum(verdict.everything for verdict in verdicts) >= 3, verdicts
