"""What a server asks of the engine: what is kept, which device is lost, old nodes, models."""

from pathlib import Path
from typing import Any

import pytest
import torch

from core.helpers import Listening, MakeEngine, flow, use
from weft import (
    Cache,
    Context,
    EventLog,
    Image,
    Job,
    NodeProgress,
    Registry,
    Workflow,
    WorkflowError,
    choose_device,
    describe_model,
    describe_system,
    device_is_lost,
    node,
    outdated,
    up_to_date,
)


@node("test.image")
def image() -> Image:
    """A picture."""
    return torch.zeros(1, 4, 4, 3)


@node("test.paint", version=3, lane="inline")
def paint(ctx: Context, amount: float = 1.0, image: Image | None = None) -> None:
    """Version 1 called `amount` "factor"; version 2 called `image` "picture"."""
    ctx.output({"amount": amount, "workflow": ctx.workflow})


@paint.migrate(1)
def _(old: dict[str, Any]) -> dict[str, Any]:
    new = {**old}
    if "factor" in new:
        new["amount"] = new.pop("factor")
    return new


@paint.migrate(2)
def _(old: dict[str, Any]) -> dict[str, Any]:
    return {**old, "image": old.pop("picture")} if "picture" in old else old


@node("test.stuck", version=2, lane="inline")
def stuck(ctx: Context) -> None:
    """Nobody wrote a migration."""


REGISTRY = Registry([image, paint, stuck])


def test_a_tier_is_reported_and_cleared(tmp_path: Path) -> None:
    cache = Cache(folder=tmp_path)
    cache.put("key", (torch.zeros(1, 4, 4, 3),), 0.01)
    report = cache.report()
    assert report["device"] is None
    assert report["host"] is not None
    assert report["host"]["values"] == 1
    held = report["host"]["bytes"]
    assert held >= 192
    cache.store("key", (torch.zeros(8),), 1.0)
    assert report["disk"] is not None
    assert cache.clear_tier("device") == held  # they share the host's memory
    assert cache.clear_tier("host") == 0
    disk = cache.report()["disk"]
    assert disk is not None
    assert disk["values"] == 1
    assert cache.clear_tier() == disk["bytes"]
    assert cache.clear_tier() == 0
    cache.close()


def test_a_log_that_keeps_nothing_still_tells(engine: MakeEngine) -> None:
    heard = Listening()
    job = Job(keep=False)
    engine(image).run(flow({"a": use("test.image")}), ["a"], job=job, on_event=heard)
    assert heard.names()[-1] == "finished"
    assert [one.seq for one in heard] == list(range(1, len(heard) + 1))
    assert list(job.log.since()) == []
    log = EventLog()
    log.add(NodeProgress("a", 1, 2))
    assert len(list(log.since())) == 1


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (RuntimeError("CUDA error: device-side assert triggered"), True),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), True),
        (RuntimeError("CUDA error: out of memory"), False),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), False),
        (RuntimeError("shapes do not match"), False),
        (ValueError("CUDA error: as a person wrote it"), False),
        (None, False),
    ],
)
def test_a_lost_device_is_told_from_a_full_one(error: BaseException | None, lost: bool) -> None:
    assert device_is_lost(error) is lost
    wrapped = ValueError("it failed")
    wrapped.__cause__ = error
    assert device_is_lost(wrapped) is lost


def test_old_nodes_are_found_and_brought_up_to_date_with_what_names_their_inputs() -> None:
    old = flow(
        {
            "a": use("test.image"),
            "b": {**use("test.paint", factor=2.0, links={"picture": "a.image"}), "version": 1},
        },
        parameters={"strength": "b.factor"},
        subgraphs={
            "inner": {
                "nodes": {"c": {**use("test.paint", factor=1.0), "version": 1}},
                "inputs": {"much": "c.factor", "seen": "c.picture"},
            }
        },
    )
    assert outdated(old, REGISTRY) == ["nodes.b", "subgraphs.inner.nodes.c"]
    new = up_to_date(old, REGISTRY)
    assert outdated(new, REGISTRY) == []
    assert new.nodes["b"].version == 3
    assert new.nodes["b"].values == {"amount": 2.0}
    assert new.nodes["b"].links == {"image": "a.image"}
    assert new.parameters == {"strength": "b.amount"}
    assert new.subgraphs["inner"].inputs["much"] == "c.amount"
    assert new.nodes["a"] == old.nodes["a"]


def test_outputs_carry_the_workflow_at_the_versions_that_ran(engine: MakeEngine) -> None:
    old = flow({"b": {**use("test.paint", factor=2.0), "version": 1}})
    one = engine(image, paint)
    carried = [
        one.run(workflow).outputs["b"][0]["workflow"]
        for workflow in (old, up_to_date(old, one.registry))
    ]
    assert carried[0] == carried[1] == up_to_date(old, one.registry).data()


def test_a_node_that_nobody_can_migrate_is_a_problem() -> None:
    old = flow({"a": {**use("test.stuck"), "version": 1}})
    with pytest.raises(WorkflowError, match="cannot be brought from version 1 to 2"):
        up_to_date(old, REGISTRY)


def test_a_newest_workflow_stays_as_it_is() -> None:
    workflow = Workflow.from_data({"weft": 1, "nodes": {"a": {"type": "test.image"}}})
    assert up_to_date(workflow, REGISTRY) == workflow


def test_models_are_described_by_their_header(tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"\x80\x04")
    assert "pickled" in describe_model(tmp_path / "bad.safetensors")["error"]
    assert "error" in describe_model(tmp_path / "none.safetensors")


def test_the_machine_is_described() -> None:
    about = describe_system(choose_device("cpu"))
    assert about["devices"][0]["used"] is True
    assert about["memory"]["total"] > about["memory"]["resident"] > 0
    assert about["versions"]["torch"] in torch.__version__
