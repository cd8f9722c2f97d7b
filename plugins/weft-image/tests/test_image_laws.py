"""What holds for every node: ranges, batches, opacity, devices, refusals, and that it says so."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from weft import Context, InputError, Node
from weft.testing import (
    FakeDevice,
    assert_deterministic,
    assert_image,
    assert_images_close,
    assert_pure,
    picture,
    run_node,
)
from weft_image.nodes import adjust, analyse, compose, draw, filter, mask
from weft_image.plugin import weft_node_modules

NODES = {
    member.spec.id: member
    for name in weft_node_modules()
    for member in vars(import_module(name)).values()
    if isinstance(member, Node)
}
# Every node that takes a picture and treats each of a batch alone, with settings that do something.
PICTURES: dict[str, tuple[Node[..., Any], dict[str, Any]]] = {
    "levels": (adjust.levels, {"black": 0.1, "white": 0.8, "gamma": 1.7}),
    "curves": (adjust.curves, {"points": [0.1, 0.2, 0.9, 0.8]}),
    "tone": (adjust.tone, {"brightness": 0.1, "contrast": 1.5}),
    "gaussian": (filter.blur, {"radius": 1.5}),
    "box": (filter.blur, {"radius": 1.5, "method": "box"}),
    "small median": (filter.blur, {"radius": 2.0, "method": "median"}),
    "large median": (filter.blur, {"radius": 3.0, "method": "median"}),
    "sharpen": (filter.sharpen, {"amount": 2.0}),
    "canny": (analyse.edges, {}),
    "sobel": (analyse.edges, {"method": "sobel"}),
    "normal map": (analyse.normal_map, {"blur": 1.0}),
    "histogram": (analyse.histogram, {"width": 200, "height": 128}),
    "text": (draw.text, {"text": "Ag", "size": 9, "margin": 0, "outline": 1, "box": "#00f8"}),
    "threshold": (mask.from_threshold, {"softness": 0.2}),
    "channel": (mask.from_channel, {}),
    "colour": (mask.from_colour, {"colour": "#808080"}),
    "background": (compose.remove_background, {"mask": picture(16, 12)[..., 0], "feather": 1.0}),
}
MASKS: dict[str, tuple[Node[..., Any], dict[str, Any]]] = {
    "grow": (mask.grow, {"pixels": 2}),
    "shrink": (mask.grow, {"pixels": -2, "shape": "square"}),
    "feather": (mask.feather, {"radius": 1.5}),
    "combine": (mask.combine, {"second": picture(16, 12, seed=3)[..., 0]}),
    "invert": (mask.invert, {}),
    "to image": (mask.to_image, {"white": "gold"}),
}
every_picture_node = pytest.mark.parametrize(("node", "settings"), PICTURES.values(), ids=PICTURES)
every_mask_node = pytest.mark.parametrize(("node", "settings"), MASKS.values(), ids=MASKS)
every_channel_count = pytest.mark.parametrize("channels", [1, 3, 4])


def outputs(answer: Any) -> list[Tensor]:
    """The tensors that a node returned, each as [B, H, W, C]."""
    found = list(answer) if isinstance(answer, tuple) else [answer]
    return [one if one.ndim == 4 else one[..., None] for one in found]


def test_every_node_is_tried_here_or_apart() -> None:
    tried = {node.spec.id for node, _ in [*PICTURES.values(), *MASKS.values()]}
    assert set(NODES) - tried == {"image:adjust.match_colours", "image:draw.contact_sheet"}


@every_channel_count
@every_picture_node
def test_each_picture_of_a_batch_is_made_as_alone(
    node: Node[..., Any], settings: dict[str, Any], channels: int
) -> None:
    batch = picture(16, 12, batch=3, channels=channels)
    together = outputs(run_node(node, image=batch, **settings))
    alone = [outputs(run_node(node, image=one[None], **settings)) for one in batch]
    for index, made in enumerate(together):
        assert_image(made, batch=3)
        # Matrix products may add up in another order for another batch: a rounding of float32.
        assert_images_close(made, torch.cat([one[index] for one in alone]), atol=1e-6)


@every_channel_count
@every_picture_node
def test_black_white_and_one_pixel_stay_in_range(
    node: Node[..., Any], settings: dict[str, Any], channels: int
) -> None:
    whole = {**settings} | ({"mask": torch.ones(1, 12, 16)} if "mask" in settings else {})
    for value in (0.0, 1.0):
        for made in outputs(node_of(node, whole)(torch.full((1, 12, 16, channels), value))):
            assert_image(made)
    tiny = {**settings} | ({"mask": torch.ones(1, 1, 1)} if "mask" in settings else {})
    for made in outputs(node_of(node, tiny)(picture(1, 1, channels=channels))):
        assert_image(made)


def node_of(node: Node[..., Any], settings: dict[str, Any]) -> Callable[[Tensor], Any]:
    return lambda image: run_node(node, image=image, **settings)


@every_picture_node
def test_it_is_pure_and_deterministic(node: Node[..., Any], settings: dict[str, Any]) -> None:
    given = picture(channels=4, batch=2)
    assert_pure(node, image=given, **settings)
    assert_deterministic(node, image=given, **settings)


@every_mask_node
def test_masks_keep_the_laws(node: Node[..., Any], settings: dict[str, Any]) -> None:
    name = node.spec.inputs[0].name
    batch = picture(16, 12, batch=3)[..., 0]
    given: dict[str, Any] = {name: batch, **settings}
    (together,) = outputs(run_node(node, **given))
    alone = [outputs(run_node(node, **{name: one[None]}, **settings))[0] for one in batch]
    assert_image(together, batch=3, size=(16, 12))
    assert torch.equal(together, torch.cat(alone))
    assert_pure(node, **given)
    assert_deterministic(node, **given)
    for value in (0.0, 1.0):
        (made,) = outputs(run_node(node, **{name: torch.full((1, 12, 16), value)}, **settings))
        assert_image(made)


@pytest.mark.parametrize("channels", [3, 4])
@every_picture_node
def test_the_answer_is_where_the_picture_is(
    node: Node[..., Any], settings: dict[str, Any], channels: int
) -> None:
    """And the same as on the processor, up to a rounding of float32."""
    given = picture(batch=2, channels=channels)
    here = outputs(run_node(node, image=given, **settings))
    with FakeDevice() as device:
        # A mask that stayed on the host must not matter.
        there = outputs(run_node(node, image=given.to(device.name), **settings))
        assert {str(one.device) for one in there} == {device.name}
        for one, other in zip(here, there, strict=True):
            assert_images_close(other.cpu(), one, atol=1e-6)


@every_mask_node
def test_the_answer_is_where_the_mask_is(node: Node[..., Any], settings: dict[str, Any]) -> None:
    name, given = node.spec.inputs[0].name, picture(batch=2)[..., 0]
    (here,) = outputs(run_node(node, **{name: given}, **settings))
    with FakeDevice() as device:
        (there,) = outputs(run_node(node, **{name: given.to(device.name)}, **settings))
        assert str(there.device) == device.name
        assert_images_close(there.cpu(), here, atol=1e-6)


@every_picture_node
def test_what_is_no_picture_is_refused(node: Node[..., Any], settings: dict[str, Any]) -> None:
    broken = picture()
    broken[0, 3, 4, 1] = torch.nan
    for image, told in (
        (broken, "image: some values are NaN"),
        (picture(channels=3).repeat(1, 1, 1, 2), "expected 1, 3 or 4 channels, got 6"),
        (torch.zeros(0, 12, 16, 3), "no pixels"),
        (torch.zeros(12, 16, 3), r"expected pictures \[B, H, W, C\], got \[12, 16, 3\]"),
    ):
        with pytest.raises(InputError, match=told):
            node(image, **settings, **context(node))


@every_mask_node
def test_what_is_no_mask_is_refused(node: Node[..., Any], settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"expected masks \[B, H, W\]"):
        node(picture(), **settings)
    with pytest.raises(InputError, match="NaN"):
        node(torch.full((1, 12, 16), torch.nan), **settings)


def context(node: Node[..., Any]) -> dict[str, Any]:
    return {"ctx": Context.null()} if node.spec.context else {}


@pytest.mark.parametrize("node", NODES.values(), ids=NODES)
def test_it_says_what_it_and_its_inputs_do(node: Node[..., Any]) -> None:
    assert re.fullmatch(r"[A-Z].*[.]", node.spec.help.splitlines()[0])
    assert [one.name for one in node.spec.inputs if not one.help] == []
    known = {one.name for one in node.spec.inputs}
    explained = re.findall(r"(?m)^([a-z_]+): ", inspect.cleandoc(node.spec.help))
    assert set(explained) <= known


def test_the_readme_lists_every_node() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
    assert set(re.findall(r"(?m)^\| `(\S+)` \|", readme)) == set(NODES)


def test_declaring_the_nodes_imports_nothing_heavy() -> None:
    code = "; ".join(f"import {name}" for name in ["sys", *weft_node_modules()])
    code += "; print([one for one in ('torch', 'cv2', 'numpy', 'PIL') if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
