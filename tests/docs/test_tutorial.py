"""The tutorial, from its first line to its last: its files, its commands, and what they print."""

from __future__ import annotations

import fnmatch
import os
import subprocess
import sys
from pathlib import Path

import pytest

from docs import environments
from docs.environments import write_script
from docs.pages import Block, blocks

PAGE = "docs/tutorial.md"
PROJECT = "first-plugin/acme-nodes"
MARK = "=== block "


def script_of(page: list[Block], files: Path) -> str:
    """All that the page does, as one shell script: so `cd` and `activate` hold for what follows."""
    lines = ["set -e", "export HERE=$PWD"]
    for number, block in enumerate(page):
        if block.is_file:
            content = files / str(number)
            content.write_text(block.text, "utf-8")
            path = f'"$HERE/{PROJECT}/{block.title}"'
            lines.append(f'mkdir -p "$(dirname {path})" && cp {content} {path}')
        elif block.language == "sh" and not block.title:
            lines += [f"echo '{MARK}{number}'", block.text]
    return "\n".join(lines) + "\necho '=== the end'\n"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[int, str]:
    """What each block of commands printed, by its number on the page."""
    folder = tmp_path_factory.mktemp("tutorial")
    tools, files = folder / "tools", folder / "files"
    tools.mkdir()
    files.mkdir()
    script = environments.__file__
    python = f'#!/bin/sh\n[ "$1 $2" = "-m venv" ] && exec {sys.executable} {script} "$3"\nexit 9\n'
    write_script(tools / "python3", python)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "VIRTUAL_ENV") and not name.startswith("PYTEST")
    }
    environment |= {
        "PATH": f"{tools}:/usr/bin:/bin",
        "HOME": str(folder),
        "WEFT_MODELS": "",
        "COLUMNS": "100",
    }
    script_file = folder / "tutorial.sh"
    script_file.write_text(script_of(blocks(PAGE), files), "utf-8")
    done = subprocess.run(
        ["bash", script_file],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    parts = done.stdout.partition("=== the end")[0].split(MARK)[1:]
    return {int(one.partition("\n")[0]): one.partition("\n")[2] for one in parts}


def promises() -> list[object]:
    """The blocks of text that stand after commands, with the number of those."""
    page = blocks(PAGE)
    return [
        pytest.param(number - 1, block.text, id=f"line {block.line}")
        for number, block in enumerate(page)
        if block.language == "text" and page[number - 1].language == "sh"
    ]


def test_the_page_does_something() -> None:
    assert len(promises()) >= 6
    assert sum(one.is_file for one in blocks(PAGE)) >= 4


@pytest.mark.parametrize(("number", "promised"), promises())
def test_it_prints_what_the_page_says(printed: dict[int, str], number: int, promised: str) -> None:
    """`...` stands for anything, also for several lines."""
    pattern = "".join(f"[{c}]" if c in "[]*?" else c for c in promised.rstrip("\n"))
    pattern = pattern.replace("...", "*")
    assert fnmatch.fnmatchcase(printed[number].rstrip("\n"), pattern), printed[number]
