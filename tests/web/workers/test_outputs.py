"""What comes out of a job: its files by relative names, the bytes of `weft run`, and previews."""

import asyncio
import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from web.workers.helpers import Seen, Shared, flow, into_sink, run, running_pool, until
from weft import Engine, Registry, Workflow

PICTURE = {
    "weft": 1,
    "nodes": {
        "cat": {"type": "image.load", "version": 1, "values": {"path": "cat.png"}},
        "save": {
            "type": "image.save",
            "version": 1,
            "values": {"prefix": "art/weft"},
            "links": {"image": "cat.image"},
        },
        "show": {"type": "image.preview", "version": 1, "links": {"image": "cat.image"}},
    },
}


def test_files_come_by_relative_names_and_with_the_bytes_of_weft_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = tmp_path / "server" / "uploads"
    uploads.mkdir(parents=True)
    Image.new("RGB", (9, 5), (10, 200, 30)).save(uploads / "cat.png")
    monkeypatch.chdir(uploads)
    with Engine(registry=Registry.installed(), device="cpu", output_dir=tmp_path / "cli") as engine:
        outcome = engine.run(Workflow.from_data(PICTURE))
    wanted = Path(outcome.outputs["save"][0]["path"]).read_bytes()

    async def scene() -> list[Seen]:
        async with running_pool(tmp_path / "server", registry=None) as pool:
            seen = [(await run(pool, PICTURE, f"job-{one}"))[1] for one in range(2)]
            assert not list((tmp_path / "server" / "work").glob("*/*"))
            return seen

    for seen in asyncio.run(scene()):
        by_node = {node: (item, content) for node, item, content in seen.outputs}
        item, content = by_node["save"]
        assert item["name"] == "art/weft_00001.png"
        assert content == wanted
        assert "path" not in item
        shown, _ = by_node["show"]
        assert shown["preview"]
        assert "/" not in shown["name"]
        assert str(tmp_path) not in repr(seen.events) + repr(seen.outputs)


def test_a_file_from_elsewhere_is_no_output(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")

    async def scene() -> None:
        async with running_pool(tmp_path / "server") as pool:
            for path in (str(tmp_path / "secret"), "/etc/passwd", "../../secret"):
                ended, seen = await run(pool, flow(a=("fault.stray", {"path": path})))
                assert ended.status == "failed"
                assert "outside the output folder" in (ended.reason or "")
                assert not seen.outputs

    asyncio.run(scene())


def test_an_upload_is_read_by_name_and_nothing_else_is(tmp_path: Path) -> None:
    server = tmp_path / "server"
    (server / "uploads").mkdir(parents=True)
    (server / "uploads" / "note.txt").write_text("one")
    (tmp_path / "secret").write_text("secret")
    (server / "uploads" / "link").symlink_to(tmp_path / "secret")

    def reading(name: str) -> dict[str, object]:
        return flow(a=("fault.read", {"file": name}), end=("fault.show", {}, {"text": "a.value"}))

    async def scene() -> None:
        async with running_pool(server) as pool:
            for text in ("one", "two"):  # the content is part of the key
                (server / "uploads" / "note.txt").write_text(text)
                ended, seen = await run(pool, reading("note.txt"))
                assert ended.status == "done"
                assert seen.outputs == [("end", {"text": text}, None)]
            for name in (str(tmp_path / "secret"), "../../secret", "link", "/etc/passwd", "a\0b"):
                ended, _ = await run(pool, reading(name))
                assert ended.status == "failed", name
                assert ended.problems[0]["path"] == "nodes.a.file"
            # A name that comes by a link is known only during the run.
            linked = flow(
                name=("fault.value", {"text": "../../secret"}),
                a=("fault.read", {}, {"file": "name.value"}),
                end=("fault.show", {}, {"text": "a.value"}),
            )
            ended, _ = await run(pool, linked)
            assert "cannot be used" in (ended.reason or "")

    asyncio.run(scene())


def test_what_a_node_says_becomes_json_or_an_error(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            ended, seen = await run(pool, flow(a=("fault.odd",)))
            assert ended.status == "done"
            first, second, third = (item for _, item, _ in seen.outputs)
            assert "no JSON data" in first["error"]
            assert "no JSON data" in second["error"]
            assert third == {"nan": None, "half": "?", "type": "<class 'int'>"}
            assert seen.names()[-1] == "node_finished"

    shared.run(scene())


def test_what_cannot_be_said_keeps_nothing_else_from_being_said(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            ended, seen = await run(pool, flow(a=("fault.mute",)))
            assert ended.status == "done"
            first, second = (item for _, item, _ in seen.outputs)
            assert "no JSON data" in first["error"]
            assert second == {"text": "afterwards"}
            assert seen.names()[-1] == "node_finished"

    shared.run(scene())


def test_progress_in_numbers_of_another_library(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            job = asyncio.create_task(run(pool, into_sink("fault.counting")))
            async with asyncio.timeout(20):
                ended, seen = await job
            assert ended.status == "done"
            told = [one for one in seen.events if one["event"] == "node_progress"]
            assert [(one["done"], one["total"]) for one in told] == [(1.0, 2.0)]

    shared.run(scene())


def test_what_a_worker_logs_is_in_the_log_of_the_server(
    shared: Shared, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            await run(pool, flow(a=("fault.log",)))
            await until(lambda: "for the 1. time" in caplog.text)
            assert caplog.records[-1].name == "weft.node.a"
            await run(pool, flow(a=("fault.log", {"times": 1000})))
            await until(lambda: "for the 50. time" in caplog.text)
            assert len(caplog.records) < 400

    shared.run(scene())


def test_previews_come_only_while_watched_few_and_small(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            seen = Seen()
            job = asyncio.create_task(run(pool, into_sink("fault.slow"), "job", sink=seen))
            await until(lambda: len(seen.events) > 5)
            assert not seen.previews
            pool.watch("job", True)
            await until(lambda: len(seen.previews) >= 2)
            start, before = asyncio.get_running_loop().time(), len(seen.previews)
            await asyncio.sleep(1)
            took = asyncio.get_running_loop().time() - start
            assert 1 <= len(seen.previews) - before <= 8 * took + 2
            pool.watch("job", False)
            await asyncio.sleep(0.3)
            count = len(seen.previews)
            await asyncio.sleep(0.3)
            assert len(seen.previews) == count
            pool.cancel("job")
            await job
            node, mime, content = seen.previews[-1]
            assert (node, mime) == ("a", "image/webp")
            with Image.open(BytesIO(content)) as picture:
                assert picture.size == (128, 64)
            # Whoever waits for a job sees it from its beginning.
            pool.watch("next", True)
            seen = Seen()
            job = asyncio.create_task(run(pool, into_sink("fault.slow"), "next", sink=seen))
            await until(lambda: seen.previews)
            pool.cancel("next")
            await job

    shared.run(scene())


def test_progress_is_told_in_order_and_not_too_often(shared: Shared) -> None:
    async def scene() -> Seen:
        async with shared.idle() as pool:
            ended, seen = await run(pool, into_sink("fault.slow", {"seconds": 0.6}))
            assert ended.status == "done"
            return seen

    seen = shared.run(scene())
    done = [one["done"] for one in seen.events if one["event"] == "node_progress"]
    assert done == sorted(done)
    assert 2 <= len(done) <= 25
    names = [one["event"] for one in seen.events if one.get("node") == "a"]
    assert names[0] == "node_started"
    assert names[-1] == "node_finished"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_an_output_that_is_no_plain_file_is_told_and_not_read(shared: Shared) -> None:
    async def scene() -> None:
        async with shared.idle() as pool:
            ended, seen = await run(pool, flow(a=("fault.pipe",)))
            assert ended.status == "done"
            assert seen.outputs[0][2] is None
            assert "error" in seen.outputs[0][1]

    shared.run(scene())
