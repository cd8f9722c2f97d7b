"""What must not drift: which commands stay light, and which commands the documents name."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from core.cli.support import Shell
from weft.cli import app

ROOT = Path(__file__).parents[3]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("**/*.md"))]
HEAVY = ["torch", "diffusers", "transformers", "networkx", "PIL", "numpy", "weft_nodes.nodes"]

LIGHT = """
import json, sys
from weft.cli import main
for line in json.loads(sys.stdin.read()):
    sys.argv = ["weft", *line]
    try:
        main()
    except SystemExit as end:
        assert end.code in (0, None), (line, end.code)
    loaded = [one for one in json.loads(sys.argv_heavy) if one in sys.modules]
    assert not loaded, (line, loaded)
""".replace("sys.argv_heavy", repr(json.dumps(HEAVY)))


def test_light_commands_import_nothing_heavy(weft: Shell, flow: Path) -> None:
    # The catalogue of Weft's own nodes is made by importing them, once for each change of theirs.
    assert weft("nodes").code == 0
    files = [str(flow), *map(str, sorted((ROOT / "workflows").glob("text-to-image.json")))]
    lines = [["--version"], ["--help"], ["nodes"], ["nodes", "--json"], ["schema"], ["cache"]]
    lines += [["nodes", "image.save"]] if len(files) > 1 else []
    for file in files:
        lines += [["validate", file], ["format", file], ["run", file, "--help"]]
        lines += [["run", file, "--dry-run"], ["run", file, "--dry-run", "--json"]]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LIGHT],
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        cwd=weft.folder,
        env=weft.env | {"WEFT_MODELS": ""},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_rich_is_for_terminals_only(weft: Shell, flow: Path) -> None:
    code = "import sys; from weft.cli import app; app(standalone_mode=False);"
    code += "assert 'rich' not in sys.modules"
    command = [sys.executable, "-c", code, "validate", str(flow)]
    done = subprocess.run(command, capture_output=True, text=True, env=weft.env, timeout=60)
    assert done.returncode == 0, done.stderr


def spoken(text: str) -> Iterator[list[str]]:
    """Every `weft ...` command line in a document, in blocks and in code spans."""
    blocks = re.findall(r"^```(?:sh|console|bash)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines += [span.replace("\n", " ") for span in re.findall(r"`([^`]+)`", rest)]
    for line in lines:
        for part in re.split(r"&&|\|\||[;|]", line.removeprefix("$ ")):
            try:
                words = shlex.split(part, comments=True)
            except ValueError:
                continue
            if words and words[0] == "weft" and len(words) > 1:
                yield words[1:]


def options_of(command: Any) -> set[str]:
    """The options of a command."""
    return {"--help"} | {
        name for one in command.params for name in (*one.opts, *one.secondary_opts)
    }


def parameters(words: list[str]) -> set[str]:
    """The options that the workflows of a command line add; of all shipped ones for `FILE`."""
    files = [ROOT / one for one in words if (ROOT / one).is_file()]
    data = [
        json.loads(one.read_text("utf-8")) for one in files or (ROOT / "workflows").glob("*.json")
    ]
    names = {name for one in data for name in one.get("parameters", {})}
    return {f"--{name}" for name in names} | {f"--{name.replace('_', '-')}" for name in names}


EXAMPLES = {"hello"}  # commands of plugins that pages show how to write


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_real_commands_and_flags(document: Path) -> None:
    root: Any = typer.main.get_command(app)
    for words in spoken(document.read_text("utf-8")):
        if words[0] in EXAMPLES:
            continue
        command, allowed, rest = root, options_of(root), words
        while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
            if command is not root and rest[0] not in command.commands:
                break
            # Not in `commands`: the group asks the installed plugins.
            found = command.get_command(None, rest[0])
            assert found is not None, f"{document.name}: there is no `weft {' '.join(words)}`"
            command, rest = found, rest[1:]
            allowed = allowed | options_of(command)
        if command.name in ("run", "submit"):
            allowed = allowed | parameters(rest)
        for word in rest:
            flag = word.partition("=")[0]
            if re.fullmatch(r"--?[a-z][\w-]*", flag):
                assert flag in allowed, f"{document.name}: no {flag} in `weft {' '.join(words)}`"


def test_the_readme_names_every_command() -> None:
    root: Any = typer.main.get_command(app)
    named = {words[0] for words in spoken((ROOT / "README.md").read_text("utf-8"))}
    assert set(root.commands) <= named


def test_the_drift_test_sees_commands() -> None:
    text = "Use `weft nodes --json`.\n```sh\npip install . && weft run FILE --seed 7  # so\n```\n"
    assert list(spoken(text)) == [["run", "FILE", "--seed", "7"], ["nodes", "--json"]]
