"""The store against a dict: any sequence of submissions, runs, crashes and restarts.

500 sequences of 50 steps with WEFT_FULL, in parts that end within the suite's patience.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from web.store.helpers import FULL, check_files, new
from weft_web.api.schemas import Move
from weft_web.errors import ApiError
from weft_web.store.records import EventRow, OutputRow
from weft_web.store.store import Store

T = TypeVar("T")
MAX_ATTEMPTS = 3
QUEUE_LIMIT = 6
DIED = {"kind": "worker_died", "message": "it died"}
FINAL = ("done", "failed", "cancelled", "quarantined")
pick = st.integers(0, 10**6)


@dataclass
class Expected:
    """What is known of a job."""

    state: str = "queued"
    priority: int = 0
    run: int = 0
    attempts: int = 0
    cancel_wanted: bool = False
    outputs: int = 0
    key: str | None = None


class Machine(RuleBasedStateMachine):
    """Does the same to a store and to a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="weft-store-"))
        self.boots = itertools.count()
        self.ids = itertools.count()
        self.jobs: dict[str, Expected] = {}
        self.queue: list[str] = []
        self.heard: list[EventRow] = []
        self.store: Store

    def do(self, work: Awaitable[T]) -> T:
        async def main() -> T:
            return await work

        return self.loop.run_until_complete(main())

    def refused(self, work: Awaitable[Any], status: int) -> None:
        with pytest.raises(ApiError) as refusal:
            self.do(work)
        assert refusal.value.status == status

    def any_job(self, number: int) -> str:
        return list(self.jobs)[number % len(self.jobs)] if self.jobs else "nobody"

    def in_state(self, number: int, *states: str) -> str | None:
        ids = [id for id, job in self.jobs.items() if job.state in states]
        return ids[number % len(ids)] if ids else None

    def place(self, id: str, index: int | None = None) -> None:
        """Put a job into the queue: at an index, or last of its priority."""
        if index is None:
            priority = self.jobs[id].priority
            index = sum(self.jobs[one].priority >= priority for one in self.queue)
        self.queue.insert(index, id)

    # --- starts and ends -------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        self.open()

    def open(self) -> Any:
        self.store = self.do(Store.open(self.folder, boot=str(next(self.boots))))
        self.store.on_events = self.heard.extend
        return self.do(self.store.recover(MAX_ATTEMPTS))

    def back(self, id: str) -> None:
        """A job that ran goes back to its place. The model takes that from the store, once."""
        self.queue.append(id)

    @rule()
    def restart(self) -> None:
        self.do(self.store.close())
        recovery = self.open()
        assert recovery.requeued == recovery.quarantined == recovery.cancelled == []
        for id, job in self.jobs.items():
            if job.state == "running":
                self.stopped(id, job, None)
        self.same_queue_as_a_set()

    @rule()
    def crash(self) -> None:
        self.do(self.store.close(clean=False))
        recovery = self.open()
        found = {row.id for row in (*recovery.requeued, *recovery.quarantined, *recovery.cancelled)}
        assert found == {id for id, job in self.jobs.items() if job.state == "running"}
        for id in found:
            self.stopped(id, self.jobs[id], MAX_ATTEMPTS)
        self.same_queue_as_a_set()

    def stopped(self, id: str, job: Expected, limit: int | None) -> None:
        """A running job does so no more; it is to blame where there is a limit."""
        if job.cancel_wanted:
            job.state, job.cancel_wanted = "cancelled", False
            return
        if limit is not None:
            job.attempts += 1
            if job.attempts >= limit:
                job.state = "quarantined"
                return
        job.state = "queued"
        self.back(id)

    def same_queue_as_a_set(self) -> None:
        """Jobs that came back have places of their own; the others keep their order."""
        order = [row.id for row in self.do(self.store.queued())]
        assert sorted(order) == sorted(self.queue)
        priorities = [self.jobs[id].priority for id in order]
        assert priorities == sorted(priorities, reverse=True)
        self.queue = order

    # --- clients ---------------------------------------------------------------------------

    @rule(priority=st.integers(-1, 1), keyed=st.booleans())
    def submit(self, priority: int, keyed: bool) -> None:
        id = f"job{next(self.ids)}"
        key = f"key-{id}" if keyed else None
        work = self.store.submit(
            new(id, priority=priority, idempotency_key=key), queue_limit=QUEUE_LIMIT
        )
        if len(self.queue) >= QUEUE_LIMIT:
            return self.refused(work, 429)
        row, created = self.do(work)
        assert created
        assert (row.id, row.state) == (id, "queued")
        self.jobs[id] = Expected(priority=priority, key=key)
        return self.place(id)

    @rule(number=pick, same=st.booleans())
    def submit_again(self, number: int, same: bool) -> None:
        keyed = [id for id, job in self.jobs.items() if job.key]
        if not keyed:
            return
        id = keyed[number % len(keyed)]
        first = self.jobs[id]
        submitted = new("other", idempotency_key=first.key, workflow="{}") if not same else None
        if submitted is not None:
            self.refused(self.store.submit(submitted, queue_limit=QUEUE_LIMIT), 409)
            return
        priority = self.submitted_priority(id)
        repeat = new("other", priority=priority, idempotency_key=first.key)
        row, created = self.do(self.store.submit(repeat, queue_limit=QUEUE_LIMIT))
        assert (row.id, row.state, created) == (id, first.state, False)

    def submitted_priority(self, id: str) -> int:
        """The priority of the submission: a move may have changed the job's."""
        event = self.do(self.store.events(0, id, 1))[0]
        assert event.event == "queued"
        priority: int = event.data["priority"]
        return priority

    @rule(number=pick)
    def cancel(self, number: int) -> None:
        id = self.any_job(number)
        job = self.jobs.get(id)
        if job is None:
            return self.refused(self.store.cancel(id), 404)
        if job.state in FINAL:
            return self.refused(self.store.cancel(id), 409)
        self.do(self.store.cancel(id))
        if job.state == "running":
            job.cancel_wanted = True
        else:
            job.state = "cancelled"
            self.queue.remove(id)
        return None

    @rule(number=pick)
    def retry(self, number: int) -> None:
        id = self.any_job(number)
        job = self.jobs.get(id)
        if job is None or job.state not in ("failed", "cancelled", "quarantined"):
            return self.refused(self.store.retry(id), 409 if job else 404)
        self.do(self.store.retry(id))
        job.state, job.attempts, job.outputs = "queued", 0, 0
        return self.place(id)

    @rule(number=pick)
    def delete(self, number: int) -> None:
        id = self.any_job(number)
        job = self.jobs.get(id)
        if job is None or job.state not in FINAL:
            return self.refused(self.store.delete(id), 409 if job else 404)
        self.do(self.store.delete(id))
        del self.jobs[id]
        return None

    @rule(number=pick, to=st.sampled_from(["front", "back"]))
    def move_to_an_end(self, number: int, to: Any) -> None:
        id = self.any_job(number)
        job = self.jobs.get(id)
        if job is None or job.state != "queued":
            return self.refused(self.store.move(id, Move(to=to)), 409 if job else 404)
        end = self.queue[0 if to == "front" else -1]
        row = self.do(self.store.move(id, Move(to=to)))
        job.priority = self.jobs[end].priority
        assert row.priority == job.priority
        self.queue.remove(id)
        self.queue.insert(0 if to == "front" else len(self.queue), id)
        return None

    @rule(number=pick, other=pick)
    def move_before(self, number: int, other: int) -> None:
        id, target = self.in_state(number, "queued"), self.in_state(other, "queued")
        if id is None or target is None:
            return
        self.do(self.store.move(id, Move(before=target)))
        if id != target:
            self.jobs[id].priority = self.jobs[target].priority
            self.queue.remove(id)
            self.queue.insert(self.queue.index(target), id)

    @rule(number=pick, priority=st.integers(-1, 1))
    def change_priority(self, number: int, priority: int) -> None:
        id = self.in_state(number, "queued")
        if id is None:
            return
        self.do(self.store.move(id, Move(priority=priority)))
        self.jobs[id].priority = priority
        self.queue.remove(id)
        self.place(id)

    # --- workers ---------------------------------------------------------------------------

    @rule(count=st.integers(1, 3), number=pick)
    def claim(self, count: int, number: int) -> None:
        ids = [*self.queue[:count], self.any_job(number), "nobody"]
        rows = self.do(self.store.claim(ids, "cpu"))
        expected = [id for id in dict.fromkeys(ids) if id in self.queue]
        assert [row.id for row in rows] == expected
        for id in expected:
            job = self.jobs[id]
            job.state, job.run = "running", job.run + 1
            self.queue.remove(id)

    @rule(number=pick, stale=st.booleans())
    def append(self, number: int, stale: bool) -> None:
        id = self.any_job(number)
        job = self.jobs.get(id, Expected())
        rows = self.do(self.store.append(id, job.run - stale, [("x", {"n": number})]))
        assert len(rows) == (job.state == "running" and not stale)

    @rule(
        number=pick, stale=st.booleans(), outputs=st.integers(0, 3),
        state=st.sampled_from(["done", "failed", "cancelled"]),
    )  # fmt: skip
    def finish(self, number: int, stale: bool, outputs: int, state: Any) -> None:
        id = self.any_job(number)
        job = self.jobs.get(id, Expected())
        made = [OutputRow("n", index, {"i": index}) for index in range(outputs)]
        row, events = self.do(
            self.store.finish(id, job.run - stale, state, events=[("y", {})], outputs=made)
        )
        if job.state != "running" or stale:
            assert (row, events) == (None, [])
            return
        assert row is not None
        assert [one.event for one in events] == ["y", "finished"]
        job.state, job.outputs, job.cancel_wanted = state, outputs, False

    @rule(number=pick, stale=st.booleans(), died=st.booleans())
    def interrupt(self, number: int, stale: bool, died: bool) -> None:
        id = self.any_job(number)
        job = self.jobs.get(id, Expected())
        run = job.run - stale
        row = self.do(
            self.store.lost(id, run, MAX_ATTEMPTS, DIED) if died else self.store.release(id, run)
        )
        if job.state != "running" or stale:
            assert row is None
            return
        self.stopped(id, job, MAX_ATTEMPTS if died else None)
        self.same_queue_as_a_set()

    @rule()
    def sweep(self) -> None:
        self.do(self.store.sweep(0))

    @precondition(lambda self: len(self.jobs) > 12)
    @rule()
    def prune(self) -> None:
        before = {id for id, job in self.jobs.items() if job.state in FINAL}
        self.do(asyncio.sleep(0.003))
        assert self.do(self.store.prune(0)) == len(before)
        for id in before:
            del self.jobs[id]

    # --- what always holds -----------------------------------------------------------------

    @invariant()
    def the_store_is_as_the_model_says(self) -> None:
        rows, following = self.do(self.store.jobs(None, 1000))
        assert following is None
        assert {
            row.id: (row.state, row.priority, row.run, row.attempts, row.cancel_wanted)
            for row in rows
        } == {
            id: (job.state, job.priority, job.run, job.attempts, job.cancel_wanted)
            for id, job in self.jobs.items()
        }
        assert [row.id for row in self.do(self.store.queued())] == self.queue
        outputs = self.do(self.store.outputs(list(self.jobs)))
        assert {id: len(made) for id, made in outputs.items()} == {
            id: job.outputs for id, job in self.jobs.items()
        }
        counts = self.do(self.store.counts())
        assert sum(counts.values()) == len(self.jobs)
        assert counts["queued"] == len(self.queue)

    @invariant()
    def events_are_told_in_order_and_once(self) -> None:
        numbers = [row.number for row in self.heard]
        assert numbers == sorted(set(numbers))
        stored = {row.number for row in self.do(self.store.events(0, None, 10_000))}
        assert self.do(self.store.last_event()) >= max(stored, default=0)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.do(self.store.close())
            check_files(self.folder)
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        shutil.rmtree(self.folder)


@pytest.mark.parametrize("part", range(20 if FULL else 1))
def test_the_store_is_as_a_model_says(part: int) -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25 if FULL else 15,
            stateful_step_count=50 if FULL else 30,
            deadline=None,
            derandomize=not FULL,  # every part its own
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
