"""Nodes that break a law are found, and told apart."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from weft import Image, Node, kind, node
from weft.testing import assert_deterministic, assert_pure, picture


@kind("t:palette", colour="#cc8844")
@dataclass(frozen=True)
class Palette:
    """Colours."""

    colours: torch.Tensor
    names: tuple[str, ...]


@node("t:image.seeded")
def seeded(image: Image, seed: int = 0) -> Image:
    """Noise from a seed."""
    generator = torch.Generator().manual_seed(seed)
    return image + torch.rand(image.shape, generator=generator)


@node("t:image.palette")
def palette(image: Image) -> Palette:
    """A palette, with something in it that is no number."""
    return Palette(image[0, 0] * float("nan"), ("a", "b"))


def drawing(draw: Any) -> Node[..., Any]:
    @node("t:image.careless")
    def careless(image: Image) -> Image:
        return image + float(draw())

    return careless


@pytest.mark.parametrize("function", [seeded, palette])
def test_a_good_node_keeps_both(function: Node[..., Any]) -> None:
    state = torch.get_rng_state()
    assert_deterministic(function, image=picture())
    assert_pure(function, image=picture())
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(
    "draw", [random.random, numpy.random.rand, lambda: torch.rand(())], ids=["py", "np", "torch"]
)
def test_whoever_draws_from_a_global_generator_is_found(draw: Any) -> None:
    with pytest.raises(AssertionError, match=r"t:image\.careless.*different outputs: 576 of 576"):
        assert_deterministic(drawing(draw), image=picture())


def test_the_place_of_the_difference_is_told() -> None:
    calls = []

    @node("t:image.counting")
    def counting(image: Image) -> dict[str, Any]:
        calls.append(1)
        return {"count": [0, len(calls)], "image": image}

    with pytest.raises(AssertionError, match=r"\['count'\]\[1\]: int 1 and then int 2"):
        assert_deterministic(counting, image=picture())


def test_an_edit_in_place_is_no_purity_even_through_numpy() -> None:
    @node("t:image.plain")
    def plain(image: Image) -> Image:
        return image.add_(1).clone()

    @node("t:image.sly")
    def sly(image: Image) -> Image:
        image.numpy()[0, 1, 2] = 0  # no version counter knows
        return image.clone()

    with pytest.raises(AssertionError, match="changed its input 'image' in place"):
        assert_pure(plain, image=picture())
    with pytest.raises(AssertionError, match=r"changed its inputs\['image'\]: 3 of 576 values"):
        assert_pure(sly, image=picture())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: os.chdir("/"), "the current folder"),
        (lambda: os.environ.__setitem__("WEFT_T", "1"), "the environment"),
        (lambda: torch.set_default_dtype(torch.float64), "torch's default dtype"),
        (random.random, "drew from, Python's global"),
        (lambda: torch.manual_seed(3), "seeded torch's global"),
        (lambda: torch.set_num_threads(torch.get_num_threads() + 1), "number of threads"),
    ],
)
def test_what_belongs_to_everybody_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: Any, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEFT_T", "0")
    threads = torch.get_num_threads()

    @node("t:number.careless")
    def careless(number: int) -> int:
        change()
        return number

    try:
        with pytest.raises(AssertionError, match=said):
            assert_pure(careless, number=1)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_num_threads(threads)
