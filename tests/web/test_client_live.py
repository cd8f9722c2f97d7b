"""The client and the server together: every method, its answer as a model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cli.support import node
from web.server_process import PATIENCE, ServerProcess, flow, make_environment, server_process
from weft import Workflow
from weft_web.client import Client, RefusedError, SyncClient


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    env = make_environment(tmp_path_factory.mktemp("live"))
    with server_process(env, tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest.fixture
def client(server: ServerProcess) -> Iterator[SyncClient]:
    with SyncClient(server.url) as client:
        yield client


SHOW = {
    **flow(
        values=node("many.values", {"text": "red"}),
        show=node("out.show", value="values.value"),
        write=node("out.write", {"name": "a.txt"}, value="values.value"),
    ),
    "parameters": {"prompt": "values.text"},
}


def test_a_job_from_its_submission_to_its_end(client: SyncClient, tmp_path: Path) -> None:
    job = client.submit(SHOW, parameters={"prompt": "blue"}, label="mine", priority=3)
    assert (job.state, job.label, job.priority) == ("queued", "mine", 3)
    done = client.wait(job.id, seconds=PATIENCE)
    assert done.state == "done"
    assert done.workflow["nodes"]["values"]["values"]["text"] == "blue"
    names = [one.event for one in client.events(job.id)]
    assert (names[0], names[-1]) == ("queued", "finished")
    last = client.history(job.id).last
    assert last == done.last_event
    assert list(client.events(job.id, since=last)) == []
    (path,) = client.download(done, tmp_path)
    assert json.loads(path.read_text())[0] == "blue"
    assert client.read(next(one for one in done.outputs if one.sha256)) == path.read_bytes()
    assert client.jobs(["done"], limit=500).counts["done"] >= 1
    with pytest.raises(RefusedError) as refused:
        client.cancel(job.id)
    assert refused.value.status == 409
    assert client.delete(job.id).deleted == 1
    with pytest.raises(RefusedError, match="404"):
        client.job(job.id)


def test_waiting_jobs_are_moved_cancelled_and_queued_again(client: SyncClient) -> None:
    client.pause()
    try:
        first, second = (client.submit(SHOW, label=one) for one in ("first", "second"))
        assert client.move(second.id, to="front").position == 0
        assert client.job(first.id).position == 1
        assert client.cancel(first.id).state == "cancelled"
        assert client.cancel(first.id).state == "cancelled"  # as when the first answer is lost
        assert client.retry(first.id).state == "queued"
    finally:
        client.pause(False)
    assert client.wait(first.id, seconds=PATIENCE).state == "done"
    assert client.wait(second.id, seconds=PATIENCE).state == "done"


def test_a_wrong_workflow_is_refused_with_its_problems(client: SyncClient) -> None:
    wrong = flow(a=node("no.such"))
    checked = client.validate(wrong)
    assert not checked.valid
    with pytest.raises(RefusedError) as refused:
        client.submit(wrong)
    assert refused.value.problems == tuple(checked.problems)
    assert client.validate(SHOW).valid


def test_workflows_are_kept_with_their_revisions(client: SyncClient) -> None:
    name = "my flow"
    first = client.save_workflow(name, SHOW, message="new")
    assert first.revision == 1
    changed = Workflow.from_data(SHOW).with_values({"values.text": "green"})
    assert client.save_workflow(name, changed, revision=1).revision == 2
    with pytest.raises(RefusedError) as refused:
        client.save_workflow(name, SHOW, revision=1)
    assert refused.value.status == 409
    assert client.workflow(name).workflow["nodes"]["values"]["values"]["text"] == "green"
    assert client.workflow(name, 1).revision == 1
    assert [one.revision for one in client.workflow_history(name).revisions] == [2, 1]
    job = client.run(name=name, parameters={"prompt": "pink"}, seconds=PATIENCE)
    assert (job.state, job.workflow_name) == ("done", name)
    assert client.rename_workflow(name, "other", 2).name == "other"
    assert "other" in [one.name for one in client.workflows().workflows]
    assert client.delete_workflow("other").deleted == 1


def test_what_the_server_knows(client: SyncClient) -> None:
    assert client.health().status in ("ok", "starting")
    assert "test:out.show" in [one["id"] for one in client.nodes().nodes]
    assert "weft" in client.system().versions
    assert {one.name for one in client.plugins().plugins} >= {"weft", "test"}
    client.wait(client.submit(SHOW).id, seconds=PATIENCE)
    assert client.plan(SHOW).nodes["values"].action in ("run", "cached")
    assert "starter-unet.safetensors" in client.choices("test:file.pick", "file").choices
    assert [one for one in client.models().models if one.error] == []
    assert client.clear_cache("host").freed >= 0


def test_uploads(client: SyncClient, tmp_path: Path) -> None:
    from web.test_cli_submit import PNG

    file = tmp_path / "cat.png"
    file.write_bytes(PNG)
    made = client.upload(file)
    assert made.bytes == len(PNG)
    assert client.upload(file).name == made.name
    assert made.name in [one.name for one in client.uploads().uploads]
    workflow = flow(
        read=node("file.read", {"file": made.name}), show=node("out.show", value="read.value")
    )
    (output,) = client.run(workflow, seconds=PATIENCE).outputs
    assert output.item["text"] == f"{len(PNG)} bytes"
    assert client.delete_upload(made.name).deleted == 1


def test_many_at_once_on_one_loop(server: ServerProcess) -> None:
    async def main() -> list[str]:
        async with Client(server.url) as client:
            jobs = await asyncio.gather(*(client.submit(SHOW) for _ in range(20)))
            assert len({one.id for one in jobs}) == 20
            ended = await asyncio.gather(*(client.wait(one.id, seconds=PATIENCE) for one in jobs))
            return [one.state for one in ended]

    assert asyncio.run(main()) == ["done"] * 20


def test_a_server_of_ones_own_is_found(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WEFT_TOKEN", "WEFT_SERVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WEFT_DATA_DIR", str(server.data_dir))
    with SyncClient() as client:
        assert client.server == server.base
        assert client.system().versions
    with SyncClient("http://localhost:1") as client:
        assert client._client._token is None  # a token is for the server that made it
