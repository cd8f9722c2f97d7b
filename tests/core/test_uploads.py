"""Where an engine has a folder of uploads, a person's own file is a name in it, nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest

from core.helpers import flow, problems, use
from weft import Cache, Choices, Context, Engine, InputError, Registry, WorkflowError, node


@node("test.read", lane="io")
def read(file: Annotated[str, Choices.uploads()], ctx: Context) -> str:
    """Read a file."""
    return ctx.input_file(file).read_text()


@node("test.stray", lane="io")
def stray(ctx: Context, path: str) -> None:
    """Name a file as an output."""
    ctx.output({"path": path})


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    (folder / "note.txt").write_text("one")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
def server(uploads: Path, tmp_path: Path) -> Iterator[Engine]:
    with Engine(
        registry=Registry([read, stray]), device="cpu", cache=Cache(), uploads=uploads,
        output_dir=tmp_path / "output",
    ) as engine:  # fmt: skip
        yield engine


def reading(name: str) -> dict[str, object]:
    return {"a": use("test.read", file=name)}


def test_an_upload_is_read_by_its_name_and_its_content_is_in_the_key(
    server: Engine, uploads: Path
) -> None:
    workflow = flow(reading("note.txt"))
    assert server.run(workflow, ["a"])["a.value"] == "one"
    assert server.plan(workflow, ["a"]).steps["a"].state == "cached"
    (uploads / "note.txt").write_text("two")
    assert server.plan(workflow, ["a"]).steps["a"].state == "run"
    assert server.run(workflow, ["a"])["a.value"] == "two"


@pytest.mark.parametrize(
    "name", ["../secret.txt", "link.txt", "/etc/passwd", "none.txt", "a\0b", "C:\\x", "x" * 5000]
)
def test_no_other_file_can_be_named(server: Engine, name: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        server.plan(flow(reading(name)), ["a"])
    (problem,) = caught.value.problems
    assert problems(caught.value)["nodes.a.file"] == problem
    assert problem.expected == "the name of an uploaded file"


def test_the_same_file_gives_the_same_key_by_name_and_by_path(
    server: Engine, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow = flow(reading("note.txt"))
    monkeypatch.chdir(uploads)
    with Engine(registry=Registry([read]), device="cpu", cache=Cache()) as headless:
        ours, theirs = (one.plan(workflow, ["a"]).keys for one in (headless, server))
        assert ours == theirs
        assert headless.run(workflow, ["a"])["a.value"] == "one"


def test_a_context_reads_uploads_only(uploads: Path) -> None:
    context = Context(uploads=uploads)
    assert context.input_file("note.txt") == uploads / "note.txt"
    with pytest.raises(InputError):
        context.input_file(str(uploads / "note.txt"))
    assert Context.null().input_file("/etc/passwd") == Path("/etc/passwd")


def test_an_output_lies_in_the_output_folder(server: Engine, tmp_path: Path) -> None:
    outcome = server.run(flow({"a": use("test.stray", path=str(tmp_path / "secret.txt"))}))
    assert outcome.status == "failed"
    assert "outside the output folder" in outcome.errors[0].message
    inside = server.run(flow({"a": use("test.stray", path=str(tmp_path / "output" / "new.txt"))}))
    assert inside.status == "done"
