"""The way of a job through the store, step by step."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from web.store.helpers import GRAPH, LIMIT, new, opened, order, running, submitted, told
from weft import InputError
from weft_web.api.schemas import Move
from weft_web.errors import ApiError
from weft_web.store import migrations
from weft_web.store.records import EventRow, OutputRow
from weft_web.store.store import Store

DIED = {"kind": "worker_died", "message": "its process died"}


def test_a_submitted_job_is_what_was_submitted(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            job = new(
                "a", parameters={"seed": 7}, targets=("a.text",), priority=3, deadline_s=1.5,
                webhook="https://example.org/", label="Über ☃", workflow_name="w",
            )  # fmt: skip
            row, created = await store.submit(job, queue_limit=LIMIT)
            assert created
            assert (row.state, row.priority, row.deadline_s) == ("queued", 3, 1.5)
            assert (row.label, row.workflow_name) == ("Über ☃", "w")
            for _ in range(2):  # from memory, then from the database
                content = await store.content("a")
                assert content is not None
                assert content.workflow["nodes"]["a"]["type"] == "primitive.text"
                assert content.parameters == {"seed": 7}
                assert content.targets == ("a.text",)
                store._recent.clear()
        async with opened(tmp_path) as store:
            assert await store.job("a") == row

    asyncio.run(main())


def test_rows_that_writes_return_are_the_rows_that_are_stored(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await submitted(store, "a", "b", "c")
            for _ in range(40):  # positions with all digits that a float has
                await store.move("c", Move(before="b"))
                await store.move("a", Move(before="c"))
            rows = await store.claim(["c", "a"], "cuda:0")
            assert [row.id for row in rows] == ["c", "a"]
            for row in rows:
                assert await store.job(row.id) == row
            output = OutputRow(
                "n", 0, {"text": "x", "width": 3}, "x.png", "image/png", "ab" * 32, 4
            )
            nodes = {"n": {"state": "ran", "seconds": 0.25}}
            error = {"kind": "node_failed", "message": "no"}
            done, events = await store.finish(
                "a", 1, "failed", events=[("output", {"n": 1})], outputs=[output], nodes=nodes,
                error=error,
            )  # fmt: skip
            assert done is not None
            assert done == await store.job("a")
            assert (done.nodes, done.error) == (nodes, error)
            assert events == (await store.events(0, "a"))[-2:]
            assert [one.event for one in events] == ["output", "finished"]
            assert events[-1].data["status"] == "failed"
            assert await store.outputs("a") == [output]
            assert await store.outputs(["a", "c"]) == {"a": [output], "c": []}
            assert await store.output("ab" * 32) == output
            assert await store.output("no digest") is None

    asyncio.run(main())


def test_only_the_running_attempt_is_heard(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path, "one", clean=False) as store:
            await running(store, "a")
            assert await store.append("a", 2, [("x", {})]) == []
            assert await store.finish("a", 2, "done") == (None, [])
            assert await store.release("a", 2) is None
            assert await store.lost("a", 2, 3, DIED) is None
            assert await store.append("b", 1, [("x", {})]) == []
            assert len(await store.append("a", 1, [("x", {"y": 1})])) == 1
        async with opened(tmp_path, "two") as store:  # the same attempt, but of another start
            assert await store.append("a", 1, [("x", {})]) == []
            assert await store.finish("a", 1, "done") == (None, [])
            recovery = await store.recover(3)
            assert [row.id for row in recovery.requeued] == ["a"]
            row = (await store.claim(["a"], None))[0]
            assert (row.run, row.attempts) == (2, 1)
            assert await store.finish("a", 1, "done") == (None, [])
            assert (await store.finish("a", 2, "done"))[0] is not None
            assert await store.finish("a", 2, "failed") == (None, [])
            assert await told(store, "a") == [
                "queued", "started", "x", "requeued", "started", "finished",
            ]  # fmt: skip

    asyncio.run(main())


def test_a_job_whose_process_dies_again_and_again_is_quarantined(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await submitted(store, "poison")
            after = None
            for attempt in (1, 2, 3):
                row = (await store.claim(["poison"], None))[0]
                assert row.attempts == attempt - 1
                after = await store.lost("poison", row.run, 3, DIED)
                assert after is not None
                assert after == await store.job("poison")
                assert after.attempts == attempt
            assert after is not None
            assert after.state == "quarantined"
            assert after.error == DIED
            assert await store.claim(["poison"], None) == []
            again = await store.retry("poison")
            assert (again.state, again.attempts, again.error) == ("queued", 0, None)
            assert again == await store.job("poison")

    asyncio.run(main())


def test_a_crash_counts_as_an_attempt_and_a_proper_end_does_not(tmp_path: Path) -> None:
    async def main() -> None:
        for number in range(2):
            async with opened(tmp_path, str(number), clean=False) as store:
                recovery = await store.recover(3)
                assert recovery.unclean_starts_recent == number
                await submitted(store, "a") if number == 0 else None
                assert await store.claim(["a"], None)
        async with opened(tmp_path, "2") as store:
            recovery = await store.recover(3)
            assert recovery.unclean_starts_recent == 2
            assert [(row.state, row.attempts) for row in recovery.requeued] == [("queued", 2)]
            await store.claim(["a"], None)
        async with opened(tmp_path, "3", clean=False) as store:
            recovery = await store.recover(3)
            assert recovery.requeued == []
            assert recovery.unclean_starts_recent == 2
            row = await store.job("a")
            assert row is not None
            assert (row.state, row.attempts) == ("queued", 2)
            await store.claim(["a"], None)
        async with opened(tmp_path, "4") as store:
            recovery = await store.recover(3)
            assert [row.state for row in recovery.quarantined] == ["quarantined"]

    asyncio.run(main())


def test_cancelling(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await submitted(store, "waits", "runs", "dies", "released")
            assert (await store.cancel("waits")).state == "cancelled"
            for id in ("runs", "dies", "released"):
                await store.claim([id], None)
                row = await store.cancel(id)
                assert (row.state, row.cancel_wanted) == ("running", True)
                assert row == await store.job(id)
            ended, _ = await store.finish("runs", 1, "cancelled")
            assert ended is not None
            assert (ended.state, ended.cancel_wanted) == ("cancelled", False)
            # Nobody wants these to begin again.
            for after in (await store.lost("dies", 1, 3, DIED), await store.release("released", 1)):
                assert after is not None
                assert after.state == "cancelled"
            with pytest.raises(ApiError) as refusal:
                await store.cancel("runs")
            assert refusal.value.status == 409
            with pytest.raises(ApiError) as refusal:
                await store.cancel("nobody")
            assert refusal.value.status == 404

    asyncio.run(main())


def test_a_released_job_keeps_its_place(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await submitted(store, "a", "b")
            await store.claim(["a"], None)
            await submitted(store, "c")
            row = await store.release("a", 1, "the server stopped")
            assert row is not None
            assert (row.state, row.attempts, row.device) == ("queued", 0, None)
            assert await order(store) == ["a", "b", "c"]

    asyncio.run(main())


def test_the_order_of_the_queue(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await submitted(store, "a", "b", "c", "d")
            await submitted(store, "urgent", priority=5)
            assert await order(store) == ["urgent", "a", "b", "c", "d"]
            await store.move("c", Move(to="front"))
            assert await order(store) == ["c", "urgent", "a", "b", "d"]
            await store.move("urgent", Move(to="back"))
            assert await order(store) == ["c", "a", "b", "d", "urgent"]
            await store.move("d", Move(before="a"))
            assert await order(store) == ["c", "d", "a", "b", "urgent"]
            await store.move("b", Move(before="c"))
            assert await order(store) == ["b", "c", "d", "a", "urgent"]
            await store.move("a", Move(priority=100))
            assert await order(store) == ["a", "b", "c", "d", "urgent"]
            await store.move("a", Move(before="a"))
            assert await order(store) == ["a", "b", "c", "d", "urgent"]
            await submitted(store, "last")
            assert (await order(store))[-1] == "last"
            await store.claim(["b"], None)
            for wrong in (("b", Move(to="front")), ("c", Move(before="b"))):
                with pytest.raises(ApiError) as refusal:
                    await store.move(*wrong)
                assert refusal.value.status == 409
            with pytest.raises(ApiError, match="expected one of"):
                await store.move("c", Move())

    asyncio.run(main())


def test_a_place_between_two_never_runs_out(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await submitted(store, "a", "b", "c")
            for turn in range(120):
                first, second = ("b", "c") if turn % 2 else ("c", "b")
                await store.move(first, Move(before=second))
                assert await order(store) == ["a", first, second]
            events = await store.events(0, None, 1000)
            assert [one.number for one in events] == list(range(1, len(events) + 1))

    asyncio.run(main())


def test_deleting(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await running(store, "a")
            await submitted(store, "b")
            for id in ("a", "b"):
                with pytest.raises(ApiError) as refusal:
                    await store.delete(id)
                assert refusal.value.status == 409
            await store.finish("a", 1, "done", outputs=[OutputRow("n", 0, {})])
            await store.delete("a")
            assert await store.job("a") is None
            assert await store.content("a") is None
            assert await store.outputs("a") == []
            assert await told(store, "a") == ["deleted"]
            assert await told(store) == ["queued", "deleted"]
            with pytest.raises(ApiError) as refusal:
                await store.delete("a")
            assert refusal.value.status == 404
            assert await store.last_event() == (await store.events(0))[-1].number

    asyncio.run(main())


def test_a_full_queue_refuses(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            for id in ("a", "b"):
                await store.submit(new(id, idempotency_key=id), queue_limit=2)
            with pytest.raises(ApiError) as refusal:
                await store.submit(new("c"), queue_limit=2)
            assert (refusal.value.status, refusal.value.code) == (429, "queue_full")
            row, created = await store.submit(new("d", idempotency_key="a"), queue_limit=2)
            assert (row.id, created) == ("a", False)
            await store.claim(["a"], None)
            answers = await asyncio.gather(
                *(store.submit(new(id), queue_limit=2) for id in "efg"), return_exceptions=True
            )
            assert [isinstance(one, ApiError) for one in answers] == [False, True, True]

    asyncio.run(main())


def test_idempotency_keys(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            answers = await asyncio.gather(
                *(
                    store.submit(new(f"job{number}", idempotency_key="key"), queue_limit=LIMIT)
                    for number in range(50)
                )
            )
            assert len({row.id for row, _ in answers}) == 1
            assert sum(created for _, created in answers) == 1
            id = answers[0][0].id
            for other in (new("x", idempotency_key="key", priority=1),
                          new("x", idempotency_key="key", workflow=GRAPH + " ")):  # fmt: skip
                with pytest.raises(ApiError) as refusal:
                    await store.submit(other, queue_limit=LIMIT)
                assert (refusal.value.status, refusal.value.code) == (409, "idempotency_conflict")
            await store.claim([id], None)
            row, created = await store.submit(new("y", idempotency_key="key"), queue_limit=LIMIT)
            assert (row.id, row.state, created) == (id, "running", False)
        async with opened(tmp_path) as store:
            row, created = await store.submit(new("z", idempotency_key="key"), queue_limit=LIMIT)
            assert (row.id, created) == (id, False)
            assert sum((await store.counts()).values()) == 1

    asyncio.run(main())


def test_d7_every_job_is_claimed_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            ids = [f"job{number}" for number in range(1000)]
            await asyncio.gather(*(submitted(store, id) for id in ids))

            async def claimer(number: int) -> list[str]:
                mine: list[str] = []
                step = 1 + number % 4
                for start in range(0, len(ids), step):
                    rows = await store.claim(ids[start : start + step], f"device{number}")
                    mine += [row.id for row in rows]
                return mine

            claimed = await asyncio.gather(*(claimer(number) for number in range(8)))
            assert sorted(id for mine in claimed for id in mine) == sorted(ids)
            rows, _ = await store.jobs(["running"], 2000)
            assert {row.run for row in rows} == {1}
            assert (await told(store)).count("started") == 1000

    asyncio.run(main())


def test_events_are_told_after_the_commit_and_in_order(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            heard: list[EventRow] = []
            stored: list[int] = []

            def listen(events: list[EventRow]) -> None:
                with sqlite3.connect(f"file:{tmp_path}/weft.db?mode=ro", uri=True) as other:
                    numbers = {number for (number,) in other.execute("SELECT number FROM event")}
                other.close()
                stored.extend(one.number for one in events if one.number in numbers)
                heard.extend(events)

            store.on_events = listen

            async def one(id: str) -> None:
                before = len(heard)
                row = await running(store, id)
                assert len(heard) > before
                await store.append(id, row.run, [("a", {}), ("b", {"x": 1})])
                await store.finish(id, row.run, "done")

            await asyncio.gather(*(one(f"job{number}") for number in range(20)))
            assert [row.number for row in heard] == list(range(1, 101))
            assert stored == [row.number for row in heard]
            assert heard == await store.events(0, None, 1000)
            assert await store.events(90, None, 4) == heard[90:94]
            assert await store.last_event() == 100

    asyncio.run(main())


def test_a_listener_that_fails_stops_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:

            def listen(events: list[EventRow]) -> None:
                raise ValueError

            store.on_events = listen
            await submitted(store, "a")
            assert await order(store) == ["a"]

    asyncio.run(main())


def test_lists_come_in_pages(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            ids = [f"job{number}" for number in range(10)]
            await submitted(store, *ids)
            await store.claim(ids[::2], None)
            for states, wanted in ((None, ids), (["running"], ids[::2]),
                                   (["queued", "running", "done"], ids)):  # fmt: skip
                seen: list[str] = []
                before = None
                while True:
                    rows, before = await store.jobs(states, 3, before)
                    seen += [row.id for row in rows]
                    if before is None:
                        break
                assert seen == wanted[::-1]
            assert await store.counts() == {
                "queued": 5, "running": 5, "done": 0, "failed": 0, "cancelled": 0,
                "quarantined": 0,
            }  # fmt: skip
            for wrong in ("x", "-1", "9" * 30, "١"):
                with pytest.raises(ApiError) as refusal:
                    await store.jobs(None, 3, wrong)
                assert refusal.value.status == 400

    asyncio.run(main())


def test_one_bad_write_harms_no_other(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await submitted(store, "taken")
            answers: list[Any] = await asyncio.gather(
                *(store.submit(new(id), queue_limit=LIMIT) for id in ("a", "taken", "b")),
                store.cancel("nobody"),
                store.claim(["taken"], None),
                return_exceptions=True,
            )
            assert [type(one) for one in answers] == [
                tuple, sqlite3.IntegrityError, tuple, ApiError, list,
            ]  # fmt: skip
            assert await order(store) == ["a", "b"]
            events = await store.events(0)
            assert [one.number for one in events] == [1, 2, 3, 4]

    asyncio.run(main())


def test_texts_that_cannot_be_stored_are_refused(tmp_path: Path) -> None:
    half = "\ud800"

    async def main() -> None:
        async with opened(tmp_path) as store:
            for job in (new("a", label=half), new("a", idempotency_key=half),
                        new("a", workflow=GRAPH.replace("primitive", half))):  # fmt: skip
                with pytest.raises(ApiError) as refusal:
                    await store.submit(job, queue_limit=LIMIT)
                assert refusal.value.status == 400
            assert await store.job(half) is None
            assert await store.content(half) is None
            assert await store.outputs(half) == []
            assert await store.events(0, half) == []
            for write in (store.cancel, store.retry, store.delete):
                with pytest.raises(ApiError) as refusal:
                    await write(half)
                assert refusal.value.status == 404
            # What a node says cannot be refused any more.
            await running(store, "a")
            await store.append("a", 1, [("x", {"text": half})])
            await store.finish(
                "a", 1, "done", outputs=[OutputRow("n", 0, {"t": half}, f"{half}.png")]
            )
            assert (await store.outputs("a"))[0].name == "?.png"
            assert (await store.outputs("a"))[0].item == {"t": half}

    asyncio.run(main())


def test_a_folder_has_one_server(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path):
            with pytest.raises(InputError, match="in use by another server"):
                await Store.open(tmp_path, boot="other")
        async with opened(tmp_path):
            pass

    asyncio.run(main())


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path):
            pass
        with sqlite3.connect(tmp_path / "weft.db") as connection:
            connection.execute("PRAGMA user_version = 1000")
        connection.close()
        with pytest.raises(InputError, match="newer"):
            await Store.open(tmp_path, boot="b")

    asyncio.run(main())


def test_pruning(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            await submitted(store, "waits")
            for number in range(3):
                await running(store, f"job{number}")
                await store.finish(f"job{number}", 1, "done")
            assert await store.prune(1) == 0
            time.sleep(0.005)
            assert await store.prune(0) == 3
            assert (await store.counts())["done"] == 0
            assert await order(store) == ["waits"]
            assert (await store.sweep(0)).graphs == 0
            await store.cancel("waits")
            await store.delete("waits")
            assert (await store.sweep(0)).graphs == 1
            await submitted(store, "again")  # its graph is stored anew
            assert await store.content("again") is not None

    asyncio.run(main())


def test_equal_graphs_are_stored_once_and_a_job_is_small(tmp_path: Path) -> None:
    async def main() -> None:
        graph = GRAPH + " " * 100_000
        async with opened(tmp_path) as store:

            async def one(number: int) -> None:
                id = f"01935b0e-7c2a-7bbb-8ccc-{number:012d}"
                row = await running(store, id, workflow=graph)
                node = {"node": "a", "type": "primitive.text"}
                await store.append(id, row.run, [("planned", {"run": 1}), ("node_started", node)])
                await store.finish(
                    id, row.run, "done", events=[("node_finished", {**node, "seconds": 0.001})],
                    outputs=[OutputRow("a", 0, {"text": "hello"})],
                    nodes={"a": {"state": "ran", "seconds": 0.001}},
                )  # fmt: skip

            await asyncio.gather(*(one(number) for number in range(1000)))
        assert (tmp_path / "weft.db").stat().st_size < 1000 * 2048 + len(graph)

    asyncio.run(main())


def test_the_log_stays_small_under_writes_and_readers(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as store:
            largest = 0

            async def client(number: int) -> None:
                nonlocal largest
                for turn in range(4):
                    text = GRAPH + f"{number:4}{turn:4}" * 100_000
                    await store.submit(new(f"{number}-{turn}", workflow=text), queue_limit=LIMIT)
                    await store.queued()
                    largest = max(largest, store.wal_bytes())

            await asyncio.gather(*(client(number) for number in range(30)))
            assert 0 < largest <= 64 * 1024**2

    asyncio.run(main())


def test_a_database_of_an_older_version_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for count in range(1, len(migrations.STEPS)):
        folder = tmp_path / str(count)
        folder.mkdir()
        with monkeypatch.context() as patch, closing(sqlite3.connect(folder / "weft.db")) as old:
            patch.setattr(migrations, "STEPS", migrations.STEPS[:count])
            migrations.migrate(old)
            assert old.execute("PRAGMA user_version").fetchone() == (count,)

        async def main(folder: Path) -> None:
            async with opened(folder) as store:
                await submitted(store, "a")
                assert await store.webhooks.pending() == []

        asyncio.run(main(folder))
