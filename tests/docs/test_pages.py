"""What the pages say is run as it stands: Python, workflows, configuration, command lines."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.pages import ROOT, Block, blocks, pages, site_module
from weft import Lock, ModelFolders, Registry, Workflow

# Run elsewhere: with a server (tests/web), in order and by a shell, hook by hook.
ELSEWHERE = {"docs/server.md", "docs/tutorial.md", "docs/reference/hooks.md"}

FLOW = {
    "weft": 1,
    "nodes": {
        "text": {"type": "primitive.text", "values": {"value": "hello"}},
        "show": {"type": "value.show", "links": {"value": "text.value"}},
    },
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that pages write into and import from, with workflows in it."""
    shutil.copytree(ROOT / "workflows", tmp_path / "workflows")
    Workflow.from_data(FLOW).save(tmp_path / "flow.json")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def of(language: str) -> list[str]:
    """The pages that have blocks in a language."""
    return [
        page
        for page in pages()
        if page not in ELSEWHERE and any(one.language == language for one in blocks(page))
    ]


@pytest.mark.parametrize("page", of("python"))
def test_the_python_of_a_page_runs(page: str, folder: Path) -> None:
    """Blocks with a file's name become that file; the others run in order, in one namespace."""
    names: dict[str, Any] = {"__name__": "page"}
    if page == "docs/lock.md":
        workflow, registry = Workflow.load("flow.json"), Registry.installed()
        Lock.of(workflow, registry, ModelFolders.default()).write("flow.lock.json")
    for block in blocks(page):
        if block.is_file:
            path = folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
    for block in blocks(page):
        if block.language != "python":
            continue
        if block.is_file:
            __import__(block.title.removesuffix(".py").replace("/", "."))
        else:
            source = "\n" * (block.line - 1) + block.text
            exec(compile(source, ROOT / page, "exec", dont_inherit=True), names)


def every(language: str) -> list[Any]:
    found = [one for page in pages() for one in blocks(page) if one.language == language]
    return [pytest.param(one, id=f"{one.page}:{one.line}") for one in found]


@pytest.mark.parametrize("block", every("json"))
def test_the_workflows_are_workflows(block: Block) -> None:
    text = block.text if block.text.lstrip().startswith("{") else f"{{{block.text}}}"
    data = json.loads(text)
    if "weft" in data:
        Workflow.from_data(data)


@pytest.mark.parametrize("block", every("toml"))
def test_the_configuration_can_be_read(block: Block) -> None:
    assert tomllib.loads(block.text)


def command_lines() -> list[Any]:
    found = []
    for page in ["README.md", "CONTRIBUTING.md", *pages()]:
        for block in blocks(page):
            if block.language != "sh":
                continue
            for line in block.text.replace("\\\n", " ").splitlines():
                for part in line.split("&&"):
                    words = shlex.split(part, comments=True)
                    if words and words[0] == "weft":
                        found.append(pytest.param(words[1:], id=f"{page}: {part.strip()[:60]}"))
    return found


@pytest.mark.parametrize("words", command_lines())
def test_commands_and_their_options_are_there(words: list[str]) -> None:
    command = site_module("site_hooks").command
    names: list[str] = []
    while words and not words[0].startswith("-"):
        try:
            command([*names, words[0]])
        except (KeyError, AttributeError):
            break
        names.append(words.pop(0))
    found = command(names)
    assert names or words[0].startswith("-"), f"weft {words[0]}: there is no such command"
    known = {name for one in found.params for name in (*one.opts, *one.secondary_opts)}
    given = {word.partition("=")[0] for word in words if word.startswith("-")}
    if names not in (["run"], ["submit"]):  # which take a workflow's parameters as options
        assert given <= known | {"--help"}
