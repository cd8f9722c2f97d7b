"""Taking jobs in: checked without importing anything, stored once per key."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest

from web.jobs.fake_pool import FakePool
from weft import Choices, ModelFolders, Range, Registry, node
from weft_web.api.schemas import Check, Submission
from weft_web.errors import ApiError
from weft_web.jobs import checking, submissions
from weft_web.jobs.submissions import Submissions
from weft_web.settings import Limits
from weft_web.store.records import JobRow
from weft_web.store.store import Store
from weft_web.workers.pool import AskError


@node("test.value", version=2)
def value(number: Annotated[int, Range(0, 100)] = 1) -> int:
    """Give a number."""
    return number


@node("test.show")
def show(number: int) -> None:
    """Show a number."""


@node("test.open")
def open_files(
    picture: Annotated[str, Choices.uploads()], model: Annotated[str, Choices.files("vae")]
) -> None:
    """Open files."""


def flow(**value: Any) -> dict[str, Any]:
    return {
        "weft": 1,
        "nodes": {
            "a": {"type": "test.value", "version": 2, "values": value},
            "b": {"type": "test.show", "links": {"number": "a.value"}},
        },
        "parameters": {"number": "a.number"},
    }


@asynccontextmanager
async def taking(
    folder: Path, pool: FakePool | None = None, **limits: Any
) -> AsyncIterator[tuple[Submissions, Store, list[JobRow]]]:
    store = await Store.open(folder / "data", boot="test")
    registry = Registry([value, show, open_files])
    (folder / "models" / "vae").mkdir(parents=True, exist_ok=True)
    (folder / "models" / "vae" / "good.safetensors").touch()
    created: list[JobRow] = []
    taken = Submissions(
        registry, pool or FakePool(), store, Limits(**limits),
        ModelFolders((folder / "models",)), on_created=created.append,
    )  # fmt: skip
    try:
        yield taken, store, created
    finally:
        await store.close()


def submission(workflow: Any = None, **more: Any) -> Submission:
    given = {"workflow": workflow if workflow is not None else flow(), **more}
    return Submission.model_validate({name: one for name, one in given.items() if one != ""})


async def refused(taken: Submissions, given: Submission, key: str | None = None) -> ApiError:
    with pytest.raises(ApiError) as refusal:
        await taken.submit(given, key)
    return refusal.value


def test_a_submission_is_stored_with_its_parameters_set(tmp_path: Path) -> None:
    async def main() -> None:
        async with taking(tmp_path) as (taken, store, created):
            given = submission(parameters={"number": 7}, label="seven", priority=3)
            row, new = await taken.submit(given, None)
            assert new
            assert created == [row]
            assert (row.state, row.label, row.priority) == ("queued", "seven", 3)
            content = await store.content(row.id)
            assert content is not None
            assert content.workflow["nodes"]["a"]["values"] == {"number": 7}
            assert content.parameters == {"number": 7}

    asyncio.run(main())


def test_every_problem_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with taking(tmp_path) as (taken, _, created):
            wrong = flow(number=1000)
            wrong["nodes"]["c"] = {"type": "test.sow"}
            wrong["nodes"]["b"]["links"] = {"number": "a.nothing"}
            refusal = await refused(taken, submission(wrong))
            assert (refusal.status, refusal.code) == (422, "invalid_workflow")
            assert {one.path for one in refusal.problems} == {
                "nodes.a.number", "nodes.b.number", "nodes.c.type",
            }  # fmt: skip
            assert await taken.check(Check(workflow=wrong)) == refusal.problems
            refusal = await refused(taken, submission(flow() | {"requires": {"acme": ">=1.2"}}))
            (missing,) = refusal.problems
            assert missing.path == "requires.acme"
            assert "`pip install 'acme>=1.2'` brings it" in missing.message
            assert await taken.check(Check(workflow=flow())) == ()
            for given in (
                submission(parameters={"nobody": 1}),
                submission(targets=["z"]),
                submission({"weft": 1, "nodes": {"a": {"type": "test.value", "version": 2}}}),
                submission({"weft": 2}),
            ):
                refusal = await refused(taken, given)
                assert refusal.code == "invalid_workflow"
                assert refusal.problems
            assert created == []

    asyncio.run(main())


def test_what_the_targets_do_not_need_may_be_unfinished(tmp_path: Path) -> None:
    async def main() -> None:
        async with taking(tmp_path) as (taken, store, _):
            given = flow(number=4)
            finished = dict(given["nodes"])
            given["nodes"]["loose"] = {"type": "nobody:has.this", "version": 1}
            given["parameters"] = {"x": "loose.x"}
            whole = await refused(taken, submission(given))
            assert [one.path for one in whole.problems] == ["nodes.loose.type"]
            row, _ = await taken.submit(submission(given, targets=["a"]), None)
            content = await store.content(row.id)
            assert content is not None
            assert set(content.workflow["nodes"]) <= set(finished)
            assert "a" in content.workflow["nodes"]
            assert "parameters" not in content.workflow
            assert await taken.check(Check(workflow=given, targets=["a"])) == ()
            assert (
                "loose" not in (await taken.document(Check(workflow=given, targets=["a"])))["nodes"]
            )
            # Where the targets need it, everything that is wrong is said.
            for targets in (["loose"], ["a", "loose.out"]):
                refusal = await refused(taken, submission(given, targets=targets))
                assert [one.path for one in refusal.problems] == ["nodes.loose.type"]

    asyncio.run(main())


def test_a_workflow_or_a_name_or_a_state_of_a_saved_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with taking(tmp_path) as (taken, store, _):
            await store.workflows.save("mine", json.dumps(flow(number=4)), 0, None)
            row, _ = await taken.submit(Submission.model_validate({"name": "mine"}), None)
            content = await store.content(row.id)
            assert row.workflow_name == "mine"
            assert content is not None
            assert content.workflow["nodes"]["a"]["values"] == {"number": 4}
            nobody = await refused(taken, Submission.model_validate({"name": "nobody"}))
            assert nobody.status == 404
            changed, _ = await taken.submit(submission(flow(number=5), name="mine"), None)
            content = await store.content(changed.id)
            assert changed.workflow_name == "mine"
            assert content is not None
            assert content.workflow["nodes"]["a"]["values"] == {"number": 5}
            assert (await refused(taken, Submission.model_validate({}))).status == 422

    asyncio.run(main())


def test_d6_the_same_key_is_the_same_job(tmp_path: Path) -> None:
    async def main() -> None:
        async with taking(tmp_path) as (taken, store, created):
            answers = await asyncio.gather(*(taken.submit(submission(), "key") for _ in range(50)))
            assert len({row.id for row, _ in answers}) == 1
            assert [new for _, new in answers].count(True) == 1
            assert len(created) == 1
            refusal = await refused(taken, submission(priority=1), "key")
            assert (refusal.status, refusal.code) == (409, "idempotency_conflict")
            assert (await store.counts())["queued"] == 1

    asyncio.run(main())


def test_a_key_holds_whatever_becomes_of_the_saved_workflow(tmp_path: Path) -> None:
    """A client that heard no answer asks again; meanwhile somebody changed or deleted it."""

    async def main() -> None:
        async with taking(tmp_path) as (taken, store, created):
            saved = await store.workflows.save("mine", json.dumps(flow(number=4)), 0, None)
            asked = Submission.model_validate({"name": "mine"})
            first, _ = await taken.submit(asked, "key")
            await store.workflows.save("mine", json.dumps(flow(number=5)), saved.revision, None)
            again, new = await taken.submit(asked, "key")
            assert (again.id, new) == (first.id, False)
            await store.workflows.delete("mine")
            again, new = await taken.submit(asked, "key")
            assert (again.id, new) == (first.id, False)
            other = Submission.model_validate({"name": "other"})
            assert (await refused(taken, other, "key")).code == "idempotency_conflict"
            assert (await refused(taken, asked, "new key")).status == 404
            assert len(created) == 1

    asyncio.run(main())


def test_a_full_queue_and_too_many_nodes(tmp_path: Path) -> None:
    async def main() -> None:
        async with taking(tmp_path, queue=3, nodes=5) as (taken, _, _):
            answers = await asyncio.gather(
                *(taken.submit(submission(), None) for _ in range(8)), return_exceptions=True
            )
            full = [one for one in answers if isinstance(one, ApiError)]
            assert len(full) == 5
            assert {(one.status, one.code) for one in full} == {(429, "queue_full")}
            large = {"weft": 1, "nodes": {f"n{i}": {"type": "test.value"} for i in range(6)}}
            (problem,) = (await refused(taken, submission(large))).problems
            assert "too many nodes" in problem.message

    asyncio.run(main())


def test_a_repeated_submission_is_not_checked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with taking(tmp_path) as (taken, _, _):
            count = 0
            original = checking.checked

            def counted(*given: Any) -> Any:
                nonlocal count
                count += 1
                return original(*given)

            monkeypatch.setattr(checking, "checked", counted)
            for number in (1, 1, True, 1, 2, 1):
                given = submission(parameters={"number": number})
                if number is True:  # 1 is no true, not even here
                    assert (await refused(taken, given)).problems
                else:
                    await taken.submit(given, None)
            assert count == 3

    asyncio.run(main())


def test_large_workflows_are_checked_in_a_thread(tmp_path: Path) -> None:
    async def main() -> None:
        async with taking(tmp_path) as (taken, _, _):
            nodes = {f"n{i}": {"type": "test.value", "version": 2} for i in range(1500)}
            nodes["end"] = {"type": "test.show", "links": {"number": "n0.value"}}
            row, _ = await taken.submit(submission({"weft": 1, "nodes": nodes}), None)
            assert row.state == "queued"
            del nodes["n0"]
            refusal = await refused(taken, submission({"weft": 1, "nodes": nodes}))
            assert [one.path for one in refusal.problems] == ["nodes.end.number"]

    asyncio.run(main())


def test_old_nodes_are_migrated_by_a_worker(tmp_path: Path) -> None:
    async def main() -> None:
        old = flow()
        old["nodes"]["a"] = {"type": "test.value", "values": {"count": 5}}
        pool = FakePool(answers={"migrate": lambda data: {"workflow": flow(number=5)}})
        async with taking(tmp_path, pool) as (taken, store, _):
            row, _ = await taken.submit(submission(old), None)
            content = await store.content(row.id)
            assert content is not None
            assert content.workflow["nodes"]["a"]["values"] == {"number": 5}

            older = {**old, "parameters": {}}
            pool.answers["migrate"] = lambda data: data
            assert (await refused(taken, submission(older))).status == 422
            pool.answers["migrate"] = AskError("no", ({"path": "nodes.a", "message": "too old"},))
            older["nodes"]["a"]["values"] = {"count": 6}
            refusal = await refused(taken, submission(older))
            assert [str(one) for one in refusal.problems] == ["nodes.a: too old"]
            pool.answers["migrate"] = AskError("no worker is ready")
            older["nodes"]["a"]["values"] = {"count": 7}
            assert (await refused(taken, submission(older))).status == 503
            # That was nobody's fault, so it is not remembered.
            pool.answers["migrate"] = {"workflow": flow(number=7)}
            await taken.submit(submission(older), None)

    asyncio.run(main())


def test_a_large_old_workflow_is_read_in_threads_and_no_more_often_than_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[bool] = []
    read = checking.read

    def watched(*given: Any) -> Any:
        threads.append(threading.current_thread() is not threading.main_thread())
        return read(*given)

    monkeypatch.setattr(checking, "read", watched)

    def large(version: int) -> dict[str, Any]:
        nodes: dict[str, Any] = {
            f"n{i}": {"type": "test.value", "version": version} for i in range(200)
        }
        nodes["end"] = {"type": "test.show", "version": 1, "links": {"number": "n0.value"}}
        return {"weft": 1, "nodes": nodes}

    async def main() -> None:
        pool = FakePool(answers={"migrate": {"workflow": large(2)}})
        async with taking(tmp_path, pool) as (taken, _, _):
            await taken.submit(submission(large(1)), None)
            assert threads == [True, True]

    asyncio.run(main())


def test_files_that_are_not_there(tmp_path: Path) -> None:
    async def main() -> None:
        async with taking(tmp_path) as (taken, store, _):

            def given(picture: str, model: str) -> Submission:
                values = {"picture": picture, "model": model}
                return submission(
                    {"weft": 1, "nodes": {"o": {"type": "test.open", "values": values}}}
                )

            for picture in ("cat.png", "../server/token", "/etc/passwd", "a\x00b"):
                refusal = await refused(taken, given(picture, "../../etc/passwd"))
                paths = [one.path for one in refusal.problems]
                assert paths == ["nodes.o.model", "nodes.o.picture"]
                assert str(tmp_path) not in str(refusal.body())
            await store.uploads.add("cat.png", "0" * 64, 5, "image/png")
            await taken.submit(given("cat.png", "good.safetensors"), None)
            # What was valid a moment ago is looked at again.
            (tmp_path / "models" / "vae" / "good.safetensors").unlink()
            refusal = await refused(taken, given("cat.png", "good.safetensors"))
            assert [one.path for one in refusal.problems] == ["nodes.o.model"]

    asyncio.run(main())


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "http://169.254.169.254/", "ftp://a.b/"])
def test_a_webhook_to_where_none_may_go(tmp_path: Path, url: str) -> None:
    async def main() -> None:
        async with taking(tmp_path) as (taken, _, created):
            given = Submission.model_construct(
                **{**dict(submission()), "webhook": url}  # past the model, which refuses some
            )
            assert (await refused(taken, given)).code == "webhook_refused"
            assert created == []

    asyncio.run(main())


def test_checking_imports_no_node() -> None:
    code = """
import sys
from weft import Registry, outdated
from weft_web.jobs import checking
workflow = {"weft": 1, "nodes": {
    "l": {"type": "image.load", "values": {"path": "/etc/passwd"}},
    "s": {"type": "image.save", "links": {"image": "l.image"}}}}
found = checking.read(workflow, {}, 100)
registry = Registry.installed()
before = set(sys.modules)
assert not outdated(found, registry)
valid = checking.checked(found, [], registry)
assert [one.name for one in valid.files] == ["/etc/passwd"]
names = ("torch", "numpy", "PIL", "diffusers", "weft_nodes")
print([one for one in set(sys.modules) - before if one.split(".")[0] in names])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_cache_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        monkeypatch.setattr(submissions, "CACHE_BYTES", 20_000)
        async with taking(tmp_path) as (taken, _, _):
            for number in range(100):
                await taken.check(Check(workflow=flow(number=number)))
            assert 0 < len(taken._known) < 20

    asyncio.run(main())
