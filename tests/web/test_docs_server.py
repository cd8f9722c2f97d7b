"""What docs/server.md and the README say of the server is run as it stands."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from web.server_process import (
    PATIENCE,
    ROOT,
    ServerProcess,
    make_environment,
    server_process,
)
from weft_web.configuration import ServerSection

DOCUMENT = ROOT / "docs/server.md"


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", document.read_text("utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    env = make_environment(tmp_path_factory.mktemp("docs"))
    with server_process(env, tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the shipped workflows, where the server is found."""
    (tmp_path / "workflows").symlink_to(ROOT / "workflows")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEFT_DATA_DIR", str(server.data_dir))
    for name in ("WEFT_TOKEN", "WEFT_SERVER"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_the_python_of_the_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocking, looping = blocks(DOCUMENT, "python")
    exec(compile(blocking, "server.md", "exec", dont_inherit=True), {})
    said = capsys.readouterr().out
    assert "finished" in said
    assert ".png" in said.splitlines()[-1]
    assert list((folder / "output").glob("*.png"))
    exec(compile(looping, "server.md", "exec", dont_inherit=True), {})
    assert capsys.readouterr().out == "['done', 'done', 'done', 'done']\n"


def test_the_python_of_the_readme(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = [one for one in blocks(ROOT / "README.md", "python") if "weft_web" in one]
    exec(compile(source, "README.md", "exec", dont_inherit=True), {})
    assert ".png" in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_requests_of_the_page(folder: Path, server: ServerProcess) -> None:
    (script,) = [one for one in blocks(DOCUMENT, "sh") if "curl" in one]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "WEFT_SERVER": server.base, "WEFT_TOKEN": server.token},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert '"event":"finished"' in done.stdout
    assert '"valid":false' in done.stdout
    assert (folder / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_the_config_of_the_page_is_one() -> None:
    (text,) = blocks(DOCUMENT, "toml")
    section = ServerSection.model_validate(tomllib.loads(text)["server"])
    assert section.limits.queue == 1000


def test_the_data_folder_of_the_page(server: ServerProcess) -> None:
    text = DOCUMENT.read_text("utf-8").rpartition("## The data folder")[2]
    named = {one.rstrip("/") for one in re.findall(r"^\|.*?\|", text, re.MULTILINE) for one in
             re.findall(r"`([^`]+)`", one)}  # fmt: skip
    found = {one.name for one in server.data_dir.iterdir()}
    passing = {"weft.db-wal", "weft.db-shm"}
    assert found - passing == named


def test_variables_of_the_page_are_read() -> None:
    text = DOCUMENT.read_text("utf-8")
    sources = "".join(one.read_text("utf-8") for one in (ROOT / "web").rglob("*.py"))
    sources += (ROOT / "core/weft/config.py").read_text("utf-8")
    for name in set(re.findall(r"WEFT_[A-Z_]+", text)):
        assert f'"{name}"' in sources, name
