"""Saved workflows, uploads and webhooks' rows."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from web.store.helpers import new, opened, running
from weft_web.errors import ApiError


def text(nodes: int) -> str:
    return json.dumps(
        {"weft": 1, "nodes": {f"n{one}": {} for one in range(nodes)}, "parameters": {"p": "n0.x"}}
    )


def test_every_save_is_a_revision(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            flows = store.workflows
            first = await flows.save("a flow", text(1), 0)
            assert (first.revision, first.nodes, first.parameters) == (1, 1, ("p",))
            second = await flows.save("a flow", text(2), 1, "two nodes")
            assert (second.revision, second.nodes, second.created) == (2, 2, first.created)
            assert await flows.list() == [second]
            assert await flows.read("a flow") == (second, json.loads(text(2)))
            assert await flows.read("a flow", 1) == (first, json.loads(text(1)))
            history = await flows.history("a flow")
            assert [(one.revision, one.message) for one in history] == [(2, "two nodes"), (1, None)]
            assert history[0].bytes == len(text(2))
            for wrong in (("none", None), ("a flow", 3)):
                with pytest.raises(ApiError) as refusal:
                    await flows.read(*wrong)
                assert refusal.value.status == 404
        async with opened(tmp_path) as store:
            assert await store.workflows.list() == [second]

    asyncio.run(main())


def test_nobodys_work_is_overwritten_unseen(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            flows = store.workflows
            answers = await asyncio.gather(
                *(flows.save("f", text(nodes), 0) for nodes in range(1, 9)), return_exceptions=True
            )
            assert sum(not isinstance(one, ApiError) for one in answers) == 1
            row, newest = await flows.read("f")
            for one in answers:
                if isinstance(one, ApiError):
                    assert one.status == 409
                    assert one.more == {"revision": 1, "workflow": newest}
            # The same save once more is no conflict: its answer may have been lost.
            assert await flows.save("f", text(row.nodes), 0) == row
            assert len(await flows.history("f")) == 1
            with pytest.raises(ApiError) as refusal:
                await flows.save("new", text(1), 4)
            assert refusal.value.status == 409

    asyncio.run(main())


def test_renaming_and_deleting(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            flows = store.workflows
            await flows.save("a", text(1), 0)
            await flows.save("a", text(2), 1)
            await flows.save("b", text(1), 0)
            for call, status in (
                (flows.rename("a", "b", 2), 409),
                (flows.rename("a", "c", 1), 409),
                (flows.rename("x", "c", 1), 404),
                (flows.delete("a", 1), 409),
                (flows.delete("x"), 404),
                (flows.history("x"), 404),
                (flows.rename("a", "\ud800", 2), 400),
                (flows.save("\ud800", text(1), 0), 400),
                (flows.read("\ud800"), 404),
                (flows.history("\ud800"), 404),
            ):
                with pytest.raises(ApiError) as refusal:
                    await call
                assert refusal.value.status == status
            assert (await flows.rename("a", "c", 2)).name == "c"
            assert len(await flows.history("c")) == 2
            await flows.delete("c", 2)
            assert [one.name for one in await flows.list()] == ["b"]
            assert (await store.sweep(0)).graphs == 1

    asyncio.run(main())


def test_uploads(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            uploads = store.uploads
            row = await uploads.add("a.png", "ab" * 32, 60, "image/png", quota=100)
            assert await uploads.get("a.png") == row
            with pytest.raises(ApiError, match="100 bytes") as full:
                await uploads.add("b.png", "cd" * 32, 60, "image/png", quota=100)
            assert (full.value.status, full.value.code) == (507, "quota")
            replaced = await uploads.add("a.png", "cd" * 32, 90, "image/png", quota=100)
            assert await uploads.list() == [replaced]
            assert await uploads.used() == 90
            await uploads.delete("a.png")
            assert await uploads.list() == []
            assert await uploads.used() == 0
            assert await uploads.get("a.png") is None
            for name in ("a.png", "\ud800"):
                with pytest.raises(ApiError) as refusal:
                    await uploads.delete(name)
                assert refusal.value.status == 404

    asyncio.run(main())


def test_a_restart_forgets_no_webhook(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            for id in ("told", "failed", "ended", "runs"):
                await running(store, id, webhook="https://example.org/")
                if id != "runs":
                    await store.finish(id, 1, "failed")
            await running(store, "none")
            await store.finish("none", 1, "done")
            for id, due in (("told", None), ("failed", 9e9)):
                row = await store.job(id)
                assert row is not None
                await store.webhooks.note(id, row.last_event, 1, due, None)
        async with opened(tmp_path) as store:
            pending = await store.webhooks.pending()
            assert [(one.job, one.tries) for one in pending] == [("failed", 1), ("ended", 0)]
            await store.retry("told")
            await store.claim(["told"], None)
            await store.finish("told", 2, "done")
            assert {one.job for one in await store.webhooks.pending()} == {
                "told", "failed", "ended",
            }  # fmt: skip
            await store.delete("told")
            await store.submit(new("told"), queue_limit=10)

    asyncio.run(main())
