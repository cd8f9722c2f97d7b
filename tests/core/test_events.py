"""Events: typed, numbered per job, replayable from a number."""

import json
import logging
import threading
from typing import Any, cast

import numpy as np
import pytest
import torch

from core.helpers import Listening, MakeEngine, flow, use
from weft import Context, Event, WeftError, Workflow, WorkflowError, node
from weft.engine import Job
from weft.events import EventLog, Finished, NodeFinished, NodePreview, NodeProgress, Queued


@node("t:number.steps")
def steps(ctx: Context) -> int:
    """Three steps."""
    for _ in ctx.track(range(3)):
        pass
    return 3


@node("t:number.double")
def double(number: int) -> int:
    """Twice the number."""
    return 2 * number


@node("t:text.show")
def show(value: int, ctx: Context) -> None:
    """Show it."""
    ctx.output({"value": value})


WORKFLOW = flow(
    {
        "steps": use("t:number.steps"),
        "show": use("t:text.show", links={"value": "steps.value"}),
    }
)


def test_the_story_of_a_run(engine: MakeEngine) -> None:
    """
    steps ── show
    """
    events = Listening()
    engine(steps, show).run(WORKFLOW, on_event=events)
    assert events.names() == [
        "queued",
        "started",
        "planned",
        "node_started",
        *["node_progress"] * 4,
        "node_finished",
        "node_started",
        "output",
        "node_finished",
        "finished",
    ]
    progress = [(one.done, one.total) for one in events if isinstance(one, NodeProgress)]
    assert progress == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert [one.seq for one in events] == list(range(1, len(events) + 1))
    assert [one.time for one in events] == sorted(one.time for one in events)
    last = events[-1]
    assert isinstance(last, Finished)
    assert (last.status, last.outputs) == ("done", {"show": [{"value": 3}]})


def test_a_run_that_is_wrong_has_no_story(engine: MakeEngine) -> None:
    events = Listening()
    with pytest.raises(WorkflowError):
        engine(steps, show).run(WORKFLOW, ["nowhere"], on_event=events)
    assert events.names() == []


def test_a_run_that_cannot_be_planned_ends(engine: MakeEngine) -> None:
    @node("t:flow.choose")
    def choose(first: bool, one: int | None = None) -> int | None:
        return one if first else None

    @choose.needs
    def _(first: bool) -> set[str]:
        raise ValueError("cannot say")

    workflow = flow(
        {
            "steps": use("t:number.steps"),
            "choose": use("t:flow.choose", first=True, links={"one": "steps.value"}),
        }
    )
    events = Listening()
    with pytest.raises(WeftError, match="cannot say"):
        engine(steps, choose).run(workflow, ["choose"], on_event=events)
    assert events.names() == ["queued", "started", "finished"]
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.status == "failed"


def test_a_cached_node_says_so_and_from_where(engine: MakeEngine) -> None:
    made, events = engine(steps, show), Listening()
    made.run(WORKFLOW)
    made.run(WORKFLOW, on_event=events)
    (cached,) = [one for one in events if isinstance(one, NodeFinished) and one.node == "steps"]
    assert (cached.type, cached.state, cached.tier) == ("t:number.steps", "cached", "host")
    planned = next(one.as_dict() for one in events if one.event == "planned")
    assert (planned["run"], planned["cached"], planned["unneeded"]) == (1, 1, 0)


def test_the_bytes_of_a_value(engine: MakeEngine) -> None:
    @node("t:noise.make")
    def make() -> list[Any]:
        return [torch.zeros(1000), torch.zeros(500)]

    events = Listening()
    engine(make).run(flow({"n": use("t:noise.make")}), ["n"], on_event=events)
    (finished,) = [one for one in events if isinstance(one, NodeFinished)]
    assert 6000 <= finished.bytes <= 6500


def test_a_failure_has_its_traceback(engine: MakeEngine) -> None:
    @node("t:number.broken")
    def broken() -> int:
        raise ValueError("out of ink")

    workflow = flow(
        {
            "broken": use("t:number.broken"),
            "after": use("t:number.double", links={"number": "broken.value"}),
        }
    )
    events = Listening()
    engine(broken, double).run(workflow, ["after"], on_event=events)
    failed = next(one.as_dict() for one in events if one.event == "node_failed")
    assert (failed["node"], failed["error"]) == ("broken", "ValueError: out of ink")
    assert "in broken" in failed["traceback"]
    assert events[-1].as_dict()["status"] == "failed"
    assert events[-1].as_dict()["nodes"]["after"]["state"] == "skipped"


def test_every_event_is_json(engine: MakeEngine) -> None:
    @node("t:image.draw")
    def draw(ctx: Context) -> int:
        ctx.preview(lambda: torch.zeros(2, 2, 3))
        ctx.progress(1)
        ctx.progress(cast(float, torch.tensor(1)), cast(float, np.int64(2)))
        return 1

    events = Listening()
    engine(draw).run(flow({"n": use("t:image.draw")}), ["n"], on_event=events)
    data = [json.loads(json.dumps(one.as_dict())) for one in events]
    assert [one["event"] for one in data] == events.names()
    assert all(one["seq"] and one["time"] for one in data)
    told = [(one["done"], one.get("total")) for one in data if one["event"] == "node_progress"]
    assert told == [(1, None), (1.0, 2.0)]


def test_a_preview_is_rendered_only_if_someone_looks(engine: MakeEngine) -> None:
    rendered = []

    @node("t:image.draw")
    def draw(ctx: Context) -> int:
        for step in range(3):

            def render(step: int = step) -> Any:
                rendered.append(step)
                return torch.zeros(2, 2, 3)

            ctx.preview(render)
        return 1

    events = Listening()
    engine(draw).run(flow({"n": use("t:image.draw")}), ["n"], on_event=events)
    previews = [one for one in events if isinstance(one, NodePreview)]
    assert (len(previews), rendered) == (3, [])
    assert previews[2].render().shape == (2, 2, 3)
    assert rendered == [2]
    # The log lets go of a picture when the next one comes.
    assert previews[0].render() is None


# Replay


def test_replay_from_a_number(engine: MakeEngine) -> None:
    job, live, late = Job(), Listening(), Listening()
    engine(steps, show).run(WORKFLOW, on_event=live, job=job)
    job.log.listen(late, since=5)
    assert [one.seq for one in late] == list(range(6, len(live) + 1))
    assert [one.seq for one in job.log.since(5)] == [one.seq for one in late]
    assert list(job.log.since(len(live))) == []


def test_a_listener_that_comes_while_an_event_is_told_hears_it_once() -> None:
    log, late = EventLog(), Listening()

    def invite(event: Event) -> None:
        if event.seq == 2:
            log.listen(late)

    log.listen(invite)
    for _ in range(3):
        log.add(Queued("job"))
    assert [one.seq for one in late] == [1, 2, 3]


def test_events_from_many_threads_are_numbered_without_gaps() -> None:
    log, events = EventLog(), Listening()
    log.listen(events)

    def report() -> None:
        for _ in range(200):
            log.add(Queued("job"))

    threads = [threading.Thread(target=report) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one.seq for one in log.since()] == list(range(1, 801))
    assert sorted(one.seq for one in events) == list(range(1, 801))


def test_jobs_are_numbered_apart(engine: MakeEngine) -> None:
    made = engine(steps, show)
    for _ in range(2):
        events = Listening()
        made.run(WORKFLOW, on_event=events)
        assert events[0].seq == 1


def test_a_listener_that_raises_is_dropped_and_the_run_goes_on(
    engine: MakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    calls = 0

    def broken(event: Event) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise ValueError("no more")

    job, sound = Job(), Listening()
    job.log.listen(sound)
    with caplog.at_level(logging.ERROR, "weft"):
        outcome = engine(steps, show).run(WORKFLOW, on_event=broken, job=job)
    assert outcome.status == "done"
    assert calls == 3
    assert "listener" in caplog.text
    assert sound.names()[-1] == "finished"


# The context by hand


def test_a_null_context_is_enough_to_call_a_node() -> None:
    ctx = Context.null()
    assert steps(ctx) == 3
    show(1, ctx)
    ctx.preview(lambda: None)
    assert ctx.device == "cpu"
    assert ctx.output_dir.is_dir()
    assert ctx.log.name.startswith("weft")
    ctx.output_dir.rmdir()


def test_a_context_knows_its_run(engine: MakeEngine, tmp_path: Any) -> None:
    @node("t:context.look")
    def look(ctx: Context) -> list[str]:
        assert ctx.workflow is not None
        return [ctx.node, ctx.device, str(ctx.output_dir), *ctx.workflow["nodes"]]

    made = engine(look, output_dir=tmp_path / "out")
    workflow = flow({"n": use("t:context.look")})
    assert made.run(workflow, ["n"])["n.value"] == ["n", "cpu", str(tmp_path / "out"), "n"]
    made.cache.clear()
    other = made.run(workflow, ["n"], output_dir=tmp_path / "other")
    assert other["n.value"][2] == str(tmp_path / "other")


def test_the_workflow_in_the_context_has_its_parameters_set(engine: MakeEngine) -> None:
    """What a picture carries is what made it."""
    seen = []

    @node("t:context.save")
    def save(number: int, ctx: Context) -> None:
        seen.append(ctx.workflow)

    workflow = flow({"n": use("t:context.save", number=1)}, parameters={"count": "n.number"})
    engine(save).run(workflow, parameters={"count": 7})
    assert Workflow.from_data(seen[0]).nodes["n"].values == {"number": 7}
