"""The page of the hooks against the hooks: each has its section, and its example registers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import weft_nodes
import weft_web
from docs.pages import Block, blocks, sections, site_module
from weft import CacheBackend, Offer, hookspecs
from weft.offers import GROUPS
from weft.plugins import Catalogue, build_catalogue

PAGE = "docs/reference/hooks.md"
HOOKS = {
    name: function
    for name, function in vars(hookspecs).items()
    if name.startswith("weft_") and hasattr(function, "weft_spec")
}
# What the objects behind an offer are; a function or a class where nothing is said.
KINDS: dict[str, type] = {
    "samplers": weft_nodes.SamplerInfo,
    "schedules": weft_nodes.ScheduleInfo,
    "guiders": weft_nodes.GuiderInfo,
    "model_families": weft_nodes.Family,
    "file_readers": weft_nodes.FileReader,
    "routes": list,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme"]:
        del sys.modules[name]


def section_blocks(hook: str) -> list[Block]:
    """The files that the section of a hook shows."""
    found: list[Block] = []
    titles = {title for title, _ in sections(PAGE)}
    text = dict(sections(PAGE))[hook]
    for block in blocks(PAGE):
        if block.is_file and block.text.strip() in text:
            found.append(block)
    assert hook in titles
    return found


def described(hook: str, folder: Path) -> Catalogue:
    """The example of a hook, as an engine sees it once it is installed."""
    (folder / "acme").mkdir()
    (folder / "acme/__init__.py").touch()
    for block in section_blocks(hook):
        path = folder / block.title
        path.parent.mkdir(exist_ok=True)
        path.write_text(block.text, "utf-8")
    made = build_catalogue("acme", "acme.plugin", "acme-nodes", "1.0")
    assert made.error is None, made.error
    return made


def test_every_hook_has_a_section_and_every_section_a_hook() -> None:
    """The signatures on the page are the code's: the site reads them there."""
    titles = [title for title, _ in sections(PAGE)]
    assert sorted(titles) == sorted([*HOOKS, "Commands"])


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_user_in_this_repository(hook: str) -> None:
    assert site_module("site_hooks").users(hook)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_typed_and_described(hook: str) -> None:
    function = HOOKS[hook]
    assert "return" in function.__annotations__
    assert len((function.__doc__ or "").strip()) > 40


@pytest.mark.parametrize("hook", HOOKS)
def test_the_example_of_a_hook_registers(hook: str, folder: Path) -> None:
    made = described(hook, folder)
    sys.path_importer_cache.pop(str(folder / "acme"), None)
    module = sys.modules["acme.plugin"]
    assert hasattr(getattr(module, hook), "weft_impl")
    group = hook.removeprefix("weft_")
    if group in GROUPS:
        (offer,) = made.offers
        assert offer.group == group
        check_offer(offer)


def check_offer(offer: Offer) -> None:
    """What is offered can be imported, and is what the hook says."""
    if offer.group in KINDS:
        found: Any = offer.load(KINDS[offer.group])
        if offer.group == "routes":
            assert all(isinstance(one, weft_web.Route) for one in found)
        elif offer.group != "file_readers":
            assert found.name == offer.name
    elif offer.group == "cache_backends":
        assert isinstance(offer.function()(Path(), 10), CacheBackend)
    else:
        assert callable(offer.function())


def test_the_other_hooks_say_what_the_page_says(folder: Path) -> None:
    made = described("weft_node_modules", folder)
    assert [one.id for one in made.nodes] == ["acme:number.half"]


def test_a_command_is_a_function_with_options(folder: Path) -> None:
    import typer
    from typer.testing import CliRunner

    (block,) = [one for one in blocks(PAGE) if one.title == "acme/cli.py"]
    names: dict[str, Any] = {}
    exec(block.text, names)
    app = typer.Typer()
    app.command()(names["hello"])
    assert CliRunner().invoke(app, ["--name", "you"]).output == "hello, you\n"


def test_what_describes_models_describes_them(folder: Path, tmp_path: Path) -> None:
    described("weft_describe_model", folder)
    describe = sys.modules["acme.plugin"].weft_describe_model
    empty, full = tmp_path / "empty.raw", tmp_path / "full.raw"
    empty.touch()
    full.write_bytes(b"12")
    assert describe(empty) == {"error": "it is empty"}
    assert describe(full)["title"] == "Raw bytes"
    assert describe(Path("other.safetensors")) is None
