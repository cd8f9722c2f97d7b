"""The queue's rules, with a pool that has no processes."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import pytest

from web.jobs.fake_pool import FakePool
from web.jobs.queues import Queue, queue, until
from weft_web.api.schemas import Move
from weft_web.errors import ApiError, StorageFullError
from weft_web.jobs import dispatcher as dispatching
from weft_web.jobs import room as rooms
from weft_web.jobs.space import make_room
from weft_web.store.reserve import allocate
from weft_web.workers.pool import Ended


def order(pool: FakePool) -> list[str]:
    return [one.job for one in pool.began]


def test_jobs_run_by_priority_then_as_they_came(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path, FakePool(slots=1), started=False) as one:
            low = [await one.submit(priority=-5) for _ in range(2)]
            usual = [await one.submit() for _ in range(3)]
            high = [await one.submit(priority=9) for _ in range(2)]
            await one.dispatcher.start()
            await one.settled([*low, *usual, *high])
            assert order(one.pool) == [*high, *usual, *low]

    asyncio.run(main())


def test_slots_are_filled_and_never_overfilled(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path, FakePool(slots=5)) as one:
            ids = await asyncio.gather(*(one.submit() for _ in range(200)))
            rows = await one.settled(ids)
            assert {row.state for row in rows} == {"done"}
            assert one.pool.most_at_once == 5
            assert sorted(order(one.pool)) == sorted(ids), "each once"

    asyncio.run(main())


def test_a_trivial_job_tells_little(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path) as one:
            id = await one.submit()
            (row,) = await one.settled([id])
            names = [name for name, _ in await one.events(id)]
            assert names == ["queued", "started", "planned", "nodes", "finished"]
            assert row.nodes == {"n0": {"state": "ran", "seconds": 0.001}}

    asyncio.run(main())


def test_what_900_nodes_tell_is_small(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path) as one:
            heard = one.hub.subscribe()
            id = await one.submit("busy", count=900)
            size = 0
            async for message in heard:
                size += len(message)
                if '"finished","data"' in str(message):
                    break
            assert size < 100_000
            assert len(await one.events(id)) < 10

    asyncio.run(main())


def test_the_position_counts_those_before_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path) as one:
            one.dispatcher.pause("a test")
            ids = [await one.submit() for _ in range(4)]
            first = await one.submit(priority=1)
            assert one.dispatcher.waiting() == [first, *ids]
            assert [one.dispatcher.position(id) for id in [first, *ids]] == [0, 1, 2, 3, 4]
            assert one.dispatcher.position("nobody") is None

    asyncio.run(main())


def test_moving_changes_the_order(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path, FakePool(slots=1)) as one:
            one.dispatcher.pause("a test")
            a, b, c, d = [await one.submit() for _ in range(4)]
            await one.dispatcher.move(d, Move.model_validate({"to": "front"}))
            await one.dispatcher.move(a, Move.model_validate({"to": "back"}))
            await one.dispatcher.move(c, Move.model_validate({"before": b}))
            await until(lambda: one.dispatcher.waiting() == [d, c, b, a])
            # Told to the store alone, it is found out all the same.
            await one.store.move(a, Move.model_validate({"priority": 7}))
            await until(lambda: one.dispatcher.waiting() == [a, d, c, b])
            one.dispatcher.resume()
            await one.settled([a, b, c, d])
            assert order(one.pool) == [a, d, c, b]

    asyncio.run(main())


def test_what_was_stored_past_the_dispatcher_runs_too(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path) as one:
            id = await one.submit("fail", told=False)
            await one.settled([id])
            await one.store.retry(id)
            await until(lambda: len(one.pool.began) == 2)
            await one.settled([id])

    asyncio.run(main())


def test_a_failed_node_and_a_deadline_are_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path) as one:
            failed, late = await one.submit("fail"), await one.submit("deadline", deadline_s=1.0)
            first, second = await one.settled([failed, late])
            assert first.state == second.state == "failed"
            assert first.error is not None
            assert second.error is not None
            assert first.error["kind"] == "node_failed"
            assert (first.error["node"], first.error["message"]) == ("n0", "it broke")
            assert second.error["kind"] == "deadline"

    asyncio.run(main())


def test_a_fault_of_the_pool_fails_the_job_and_the_queue_goes_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path) as one:
            bad = await one.submit("raise")
            good = [await one.submit() for _ in range(10)]
            rows = await one.settled([bad, *good])
            assert rows[0].state == "failed"
            assert rows[0].error is not None
            assert rows[0].error["kind"] == "internal"
            assert {row.state for row in rows[1:]} == {"done"}
            await until(lambda: not one.dispatcher.running())

    asyncio.run(main())


def test_a_fault_of_the_store_does_not_stop_the_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with queue(tmp_path) as one:
            claim, faults = one.store.claim, [RuntimeError("once"), OSError("twice")]

            async def sometimes(*given: Any) -> Any:
                if faults:
                    raise faults.pop()
                return await claim(*given)

            monkeypatch.setattr(one.store, "claim", sometimes)
            monkeypatch.setattr(dispatching, "FAULT_PAUSE", 0.01)
            rows = await one.settled([await one.submit() for _ in range(5)])
            assert {row.state for row in rows} == {"done"}

    asyncio.run(main())


def test_an_end_that_cannot_be_stored_is_still_an_end(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path) as one:
            id = await one.submit("wait")
            await until(lambda: id in one.pool.running)
            one.pool.end(id, Ended("done", nodes={"n": {"state": {1, 2}}}))  # no JSON
            (row,) = await one.settled([id])
            assert row.state == "failed"
            assert "could not be stored" in (row.error or {})["message"]
            assert (await one.settled([await one.submit()]))[0].state == "done"

    asyncio.run(main())


# --- cancelling ---------------------------------------------------------------------------------


def test_cancel_waiting_running_and_stuck(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path, FakePool(slots=2)) as one:
            running, stuck = await one.submit("wait"), await one.submit("stuck")
            await until(lambda: len(one.pool.running) == 2)
            waiting = await one.submit("wait")
            assert (await one.dispatcher.cancel(waiting)).state == "cancelled"
            assert (await one.dispatcher.cancel(running)).cancel_wanted
            await one.dispatcher.cancel(stuck)
            rows = await one.settled([running, stuck, waiting])
            assert {row.state for row in rows} == {"cancelled"}
            assert waiting not in order(one.pool)
            assert {row.attempts for row in rows} == {0}
            with pytest.raises(ApiError, match="cancelled") as refusal:
                await one.dispatcher.cancel(running)
            assert refusal.value.status == 409

    asyncio.run(main())


def test_a_cancel_at_any_moment_ends_the_job(tmp_path: Path) -> None:
    async def main() -> None:
        chance = random.Random(7)
        async with queue(tmp_path, FakePool(slots=3)) as one:
            ids = []

            async def submit_and_cancel() -> None:
                ids.append(id := await one.submit("wait"))
                for _ in range(chance.randrange(12)):
                    await asyncio.sleep(0)
                await asyncio.sleep(chance.random() * 0.01)
                await one.dispatcher.cancel(id)

            await asyncio.gather(*(submit_and_cancel() for _ in range(60)))
            rows = await one.settled(ids)
            assert {row.state for row in rows} == {"cancelled"}

    asyncio.run(main())


def test_deleting_what_has_not_ended_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path, FakePool(slots=1)) as one:
            running, waiting = await one.submit("wait"), await one.submit()
            await until(lambda: running in one.pool.running)
            for id in (running, waiting):
                with pytest.raises(ApiError) as refusal:
                    await one.dispatcher.delete(id)
                assert refusal.value.status == 409
            one.pool.end(running)
            await one.settled([running, waiting])
            await one.dispatcher.delete(running)
            assert await one.store.job(running) is None

    asyncio.run(main())


# --- processes that die ---------------------------------------------------------------------------


def test_d2_a_poison_job_is_quarantined_and_the_rest_is_done(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path, FakePool(slots=4)) as one:
            one.dispatcher.pause("until all are in")
            poison = await one.submit("poison")
            good = [await one.submit() for _ in range(20)]
            one.dispatcher.resume()
            rows = await one.settled([poison, *good])
            assert rows[0].state == "quarantined"
            assert rows[0].attempts == 3
            assert rows[0].error is not None
            assert rows[0].error["kind"] == "worker_died"
            assert {row.state for row in rows[1:]} == {"done"}
            assert one.pool.deaths == 3
            # It can be tried again by hand, from the start.
            again = await one.dispatcher.retry(poison)
            assert (again.state, again.attempts) == ("queued", 0)
            await one.settled([poison])

    asyncio.run(main())


def test_after_a_loss_a_job_runs_alone_and_nobody_overtakes_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path, FakePool(slots=3)) as one:
            first = [await one.submit("wait") for _ in range(2)]
            await until(lambda: len(one.pool.running) == 2)
            later = [await one.submit("wait") for _ in range(4)]
            await until(lambda: len(one.pool.running) == 3)
            one.pool.die()
            lost = [*first, later[0]]
            for id in lost:
                await until(lambda id=id: list(one.pool.running) == [id])  # type: ignore[misc]
                assert one.pool.running[id].assignment.alone
                await asyncio.sleep(0.02)
                assert list(one.pool.running) == [id]
                one.pool.end(id)
            await until(lambda: len(one.pool.running) == 3)
            assert not any(at.assignment.alone for at in one.pool.running.values())
            for id in later[1:]:
                one.pool.end(id)
            await one.settled([*lost, *later])

    asyncio.run(main())


def test_a_released_job_runs_again_first_and_is_not_blamed(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path, FakePool(slots=1)) as one:
            first = await one.submit("wait")
            await until(lambda: first in one.pool.running)
            second = await one.submit()
            for _ in range(5):
                one.pool.end(first, Ended("released", reason="a neighbour had to be killed"))
                count = len(one.pool.began)
                await until(lambda count=count: len(one.pool.began) > count)  # type: ignore[misc]
            assert second not in order(one.pool)
            one.pool.end(first)
            rows = await one.settled([first, second])
            assert [row.attempts for row in rows] == [0, 0]
            assert [row.run for row in rows] == [6, 1]
            assert not any(one.alone for one in one.pool.began)

    asyncio.run(main())


def test_the_word_of_a_stale_attempt_counts_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path) as one:
            id = await one.submit("wait")
            await until(lambda: id in one.pool.running)
            row = await one.job(id)
            # As if the pool had lost it, and another attempt had begun.
            assert await one.store.release(id, row.run, "a test") is not None
            (again,) = await one.store.claim([id], None)
            one.pool.end(id)
            await until(lambda: not one.dispatcher.running())
            assert (await one.job(id)).state == "running"
            # Nobody runs that attempt: the audit finds it, at the second look.
            await one.dispatcher.audit()
            await one.dispatcher.audit()
            await until(lambda: any(x.attempt == again.run + 1 for x in one.pool.began))

    asyncio.run(main())


# --- stopping and starting ------------------------------------------------------------------------


def test_a_stop_puts_what_runs_back_and_a_start_runs_it(tmp_path: Path) -> None:
    async def first() -> list[str]:
        async with queue(tmp_path, FakePool(slots=2)) as one:
            ids = [await one.submit("wait") for _ in range(5)]
            await until(lambda: len(one.pool.running) == 2)
        return ids

    async def second(ids: list[str]) -> None:
        async with queue(tmp_path, FakePool(slots=1)) as one:
            assert one.dispatcher.paused is None
            for id in ids:
                await until(lambda id=id: id in one.pool.running)  # type: ignore[misc]
                one.pool.end(id)
            rows = await one.settled(ids)
            assert {(row.state, row.attempts) for row in rows} == {("done", 0)}
            assert order(one.pool) == ids

    asyncio.run(second(asyncio.run(first())))


def test_two_unclean_starts_pause_the_queue_until_somebody_looks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def crash() -> list[str]:
        async with queue(tmp_path, clean=False) as one:
            assert one.dispatcher.paused is None
            ids = [await one.submit("wait") for _ in range(2)]
            await until(lambda: len(one.pool.running) >= 1)
            return ids

    async def after(ids: list[str]) -> None:
        async with queue(tmp_path) as one:
            assert "unexpectedly" in (one.dispatcher.paused or "")
            assert (
                "the queue waits; resume it when the cause is known (in the editor" in caplog.text
            )
            await asyncio.sleep(0.05)
            assert not one.pool.began
            one.dispatcher.resume()
            for id in ids:
                await until(lambda id=id: id in one.pool.running)  # type: ignore[misc]
                one.pool.end(id)
            await one.settled(ids)

    ids = asyncio.run(crash()) + asyncio.run(crash())
    asyncio.run(after(ids))


def test_a_job_under_which_the_server_dies_is_quarantined(tmp_path: Path) -> None:
    async def crash(first: bool) -> str:
        async with queue(tmp_path, clean=False) as one:
            one.dispatcher.resume()
            id = await one.submit("wait") if first else ""
            await until(lambda: len(one.pool.running) == 1)
            return id or next(iter(one.pool.running))

    async def after(id: str) -> None:
        async with queue(tmp_path) as one:
            row = await one.job(id)
            assert (row.state, row.attempts) == ("quarantined", 3)

    id = asyncio.run(crash(True))
    assert {asyncio.run(crash(False)), asyncio.run(crash(False))} == {id}
    asyncio.run(after(id))


# --- no room ------------------------------------------------------------------------------------


def full_disk(one: Queue, monkeypatch: pytest.MonkeyPatch, *names: str) -> dict[str, bool]:
    """Let some of the store's methods find no room; gives the switch."""
    switch = {"full": True}
    monkeypatch.setattr(rooms, "STORAGE_RETRY", 0.05)

    def room(*_: Any) -> None:
        if switch["full"]:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(rooms, "make_room", room)
    for name in names:
        owner = one.store.blobs if name == "add" else one.store
        method = getattr(owner, name)

        async def guarded(*given: Any, _method: Any = method, **more: Any) -> Any:
            if switch["full"]:
                raise StorageFullError("there is no room to write")
            return await _method(*given, **more)

        monkeypatch.setattr(owner, name, guarded)
    return switch


@pytest.mark.parametrize("names", [("claim",), ("finish", "append"), ("add",), ("add", "release")])
def test_d3_a_full_disk_pauses_the_queue_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    async def main() -> None:
        async with queue(tmp_path, FakePool(slots=2)) as one:
            switch = full_disk(one, monkeypatch, *names)
            ids = [await one.submit("files", count=3) for _ in range(6)]
            await until(lambda: one.dispatcher.paused is not None)
            await asyncio.sleep(0.3)
            assert one.dispatcher.paused is not None
            assert len(one.pool.began) <= 4, "it does not try in circles"
            switch["full"] = False
            rows = await one.settled(ids)
            assert {(row.state, row.attempts) for row in rows} == {("done", 0)}
            assert one.dispatcher.paused is None
            outputs = await one.store.outputs(ids)
            assert all(len(made) == 3 for made in outputs.values())

    asyncio.run(main())


@pytest.mark.parametrize("system", ["this", "one without fallocate"])
def test_room_is_found_on_every_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    if system != "this":
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    size = 3 * 1024**2 + 17
    with (tmp_path / "held").open("wb") as file:
        allocate(file.fileno(), size)
        assert os.fstat(file.fileno()).st_size == size
    make_room(tmp_path, size)
    assert [path.name for path in tmp_path.iterdir()] == ["held"]


def test_outputs_are_on_disk_before_they_are_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path) as one:
            id = await one.submit("files", count=2)
            await one.settled([id])
            told = [data for name, data in await one.events(id) if name == "output"]
            rows = await one.store.outputs(id)
            assert [data["sha256"] for data in told] == [row.sha256 for row in rows]
            for row in rows:
                assert row.sha256 is not None
                content = one.store.blobs.path(row.sha256).read_text()
                assert content == f"{id} {row.index}"

    asyncio.run(main())


# --- by hand --------------------------------------------------------------------------------------


def test_pausing_by_hand(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path) as one:
            one.dispatcher.pause("somebody said so")
            id = await one.submit()
            await asyncio.sleep(0.05)
            assert not one.pool.began
            assert one.dispatcher.paused == "somebody said so"
            one.dispatcher.resume()
            await one.settled([id])

    asyncio.run(main())


def test_previews_are_asked_for_only_while_somebody_looks(tmp_path: Path) -> None:
    async def main() -> None:
        async with queue(tmp_path) as one:
            id = await one.submit("wait")
            await until(lambda: id in one.pool.running)
            assert not one.pool.watched
            with one.hub.subscribe(previews=True), one.hub.subscribe(id, previews=True):
                assert one.pool.watched == {id}
                other = await one.submit("wait")
                await until(lambda: other in one.pool.watched)
            assert not one.pool.watched
            one.pool.end(id)
            one.pool.end(other)
            await one.settled([id, other])

    asyncio.run(main())
