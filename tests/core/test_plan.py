"""The plan says of every node whether it will run, is cached or is not needed, and why."""

import sys
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import pytest

from core.helpers import Calls, MakeEngine, flow, use
from weft import (
    Cache,
    Choices,
    Engine,
    ModelFolders,
    Node,
    Plan,
    Registry,
    WeftError,
    Workflow,
    WorkflowError,
    node,
)
from weft.plan import Memory

T = TypeVar("T")


def add(calls: Calls | None = None) -> Node[..., Any]:
    calls = calls if calls is not None else Calls()

    @node("t:number.add")
    def add(a: int = 0, b: int = 0) -> int:
        calls.note("add")
        return a + b

    return add


@node("t:text.show")
def show(value: T) -> None:
    """An output node."""


def chain(**values: int) -> Workflow:
    """
    a ── b ── c        d ── show
    """
    return flow(
        {
            "a": use("t:number.add", a=values.get("a", 1)),
            "b": use("t:number.add", b=values.get("b", 1), links={"a": "a.value"}),
            "c": use("t:number.add", b=values.get("c", 1), links={"a": "b.value"}),
            "d": use("t:number.add", a=5),
            "show": use("t:text.show", links={"value": "d.value"}),
        }
    )


def said(plan: Plan) -> dict[str, tuple[str, str]]:
    return {id: (step.state, step.reason) for id, step in plan.steps.items()}


def test_a_new_workflow_is_new_and_what_nobody_needs_is_not_needed(engine: MakeEngine) -> None:
    steps = said(engine(add(), show).plan(chain(), ["c"], memory=Memory()))
    assert {id: steps[id] for id in "abc"} == dict.fromkeys("abc", ("run", "new"))
    assert steps["d"][0] == steps["show"][0] == "unneeded"


def test_what_was_made_is_cached_and_nothing_before_it_is_needed(engine: MakeEngine) -> None:
    made, memory = engine(add(), show), Memory()
    made.run(chain(), ["c"], memory=memory)
    steps = said(made.plan(chain(), ["c"], memory=memory))
    assert steps["c"] == ("cached", "host")
    assert steps["a"][0] == steps["b"][0] == "unneeded"


def test_a_value_changed_and_with_it_what_follows(engine: MakeEngine) -> None:
    made, memory = engine(add(), show), Memory()
    made.run(chain(), ["c"], memory=memory)
    steps = said(made.plan(chain(b=9), ["c"], memory=memory))
    assert steps["a"] == ("cached", "host")
    assert steps["b"] == ("run", "value changed")
    assert steps["c"] == ("run", "upstream changed")


def test_code_changed(engine: MakeEngine) -> None:
    cache, memory = Cache(), Memory()
    engine(add(), show, cache=cache).run(chain(), ["c"], memory=memory)

    @node("t:number.add")
    def added(a: int = 0, b: int = 0) -> int:
        return b + a

    steps = said(engine(added, show, cache=cache).plan(chain(), ["c"], memory=memory))
    assert {steps[id] for id in "abc"} == {("run", "code changed")}


def test_what_was_evicted_is_not_kept(engine: MakeEngine) -> None:
    made, memory = engine(add(), show), Memory()
    made.run(chain(), ["c"], memory=memory)
    made.cache.clear()
    steps = said(made.plan(chain(), ["c"], memory=memory))
    assert {steps[id] for id in "abc"} == {("run", "not kept")}


def test_an_output_node_always_runs_and_its_input_need_not(engine: MakeEngine) -> None:
    made, memory = engine(add(), show), Memory()
    made.run(chain(), memory=memory)
    steps = said(made.plan(chain(), memory=memory))
    assert steps["show"] == ("run", "output")
    assert steps["d"] == ("cached", "host")


def test_the_memory_of_a_workflow_survives_a_restart(engine: MakeEngine, tmp_path: Path) -> None:
    made = engine(add(), show)
    made.run(chain(), ["c"], memory=Memory.of("/home/me/flow.json", tmp_path))
    again = Memory.of("/home/me/flow.json", tmp_path)
    assert said(made.plan(chain(a=2), ["c"], memory=again))["a"] == ("run", "value changed")
    other = Memory.of("/home/me/other.json", tmp_path)
    assert said(made.plan(chain(a=2), ["c"], memory=other))["a"] == ("run", "new")


@pytest.mark.parametrize("content", ["", "[]", '{"a": 3}', "{", '{"a": ["x"]}', "\x00"])
def test_a_damaged_memory_remembers_nothing(
    engine: MakeEngine, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "memory.json"
    path.write_text(content)
    assert said(engine(add(), show).plan(chain(), ["c"], memory=Memory(path)))["a"][0] == "run"


def test_a_plan_runs_nothing(engine: MakeEngine) -> None:
    calls = Calls()
    engine(add(calls), show).plan(chain(), ["c"])
    assert calls == {}


def test_a_decided_switch_needs_one_side_only(engine: MakeEngine) -> None:
    """
    a ─┐
       ├─ switch (condition: a literal)
    b ─┘
    """

    @node("t:flow.switch")
    def switch(condition: bool, on_true: T | None = None, on_false: T | None = None) -> T | None:
        return on_true if condition else on_false

    @switch.needs
    def _(condition: bool) -> set[str]:
        return {"on_true"} if condition else {"on_false"}

    links = {"on_true": "a.value", "on_false": "b.value"}
    workflow = flow(
        {
            "a": use("t:number.add", a=1),
            "b": use("t:number.add", a=2),
            "switch": use("t:flow.switch", condition=False, links=links),
        }
    )
    steps = said(engine(add(), switch).plan(workflow, ["switch"]))
    assert (steps["a"][0], steps["b"][0], steps["switch"][0]) == ("unneeded", "run", "run")


# Keys


def key_of(engine: Engine, type: str, **values: Any) -> str:
    return engine.plan(flow({"n": use(type, **values)}), ["n"]).keys["n"]


def test_literals_are_tagged_with_their_type(engine: MakeEngine) -> None:
    @node("t:value.of")
    def of(value: int | float | bool | str | list[int] | None) -> int:
        return 0

    made = engine(of)
    values = [1, True, 1.0, "1", [1], 0, False, 0.0, -0.0, "", "0", None, "None", "int:1", []]
    assert len({key_of(made, "t:value.of", value=one) for one in values}) == len(values)


def test_objects_are_compared_by_content(engine: MakeEngine) -> None:
    @node("t:value.object")
    def of(value: dict[str, Any]) -> int:
        return 0

    made = engine(of)

    def key(value: Any) -> str:
        return key_of(made, "t:value.object", value=value)

    assert key({"a": 1, "b": [True]}) == key({"b": [True], "a": 1})
    different = [{"a": 1}, {"a": True}, {"a": 1.0}, {"a": "1"}, {"a": [1]}, {"a": {"1": 1}}, {}]
    assert len({key(one) for one in different}) == len(different)


def test_one_text_cannot_pose_as_two_inputs(engine: MakeEngine) -> None:
    """What separates the parts of a key cannot be written into a value."""

    @node("t:value.pair")
    def pair(a: str = "", b: str = "") -> str:
        return a + b

    made = engine(pair)
    tricks = [
        {"a": "x", "b": "y"},
        {"a": "x\0b=str:'y'", "b": ""},
        {"a": "x'\0b=str:'y", "b": ""},
        {"a": "", "b": "x\0y"},
        {"a": "x\1b<y"},
        {"a": "xy"},
        {"b": "xy"},
    ]
    assert len({key_of(made, "t:value.pair", **one) for one in tricks}) == len(tricks)


def test_a_default_that_is_written_is_the_same_as_one_that_is_not(engine: MakeEngine) -> None:
    made = engine(add())
    assert key_of(made, "t:number.add", a=0) == key_of(made, "t:number.add", b=0)
    assert key_of(made, "t:number.add", b=1, a=2) == key_of(made, "t:number.add", a=2, b=1)


def test_an_integer_for_a_float_is_that_float(engine: MakeEngine) -> None:
    @node("t:number.half")
    def half(number: float) -> float:
        return number / 2

    made = engine(half)
    assert key_of(made, "t:number.half", number=1) == key_of(made, "t:number.half", number=1.0)


def test_names_and_places_of_nodes_are_no_part_of_a_key(engine: MakeEngine) -> None:
    made = engine(add())
    one = flow({"x": use("t:number.add", a=1)}, view={"nodes": {"x": [1, 2]}})
    two = flow({"y": use("t:number.add", a=1) | {"title": "Sum"}})
    assert made.plan(one, ["x"]).keys["x"] == made.plan(two, ["y"]).keys["y"]


def test_which_input_and_which_output_is_linked_is_part_of_a_key(engine: MakeEngine) -> None:
    class Parts(NamedTuple):
        quotient: int
        remainder: int

    @node("t:number.divide")
    def divide(number: int = 7) -> Parts:
        return Parts(*divmod(number, 2))

    made = engine(add(), divide)
    links = [
        {"a": "d.quotient"},
        {"b": "d.quotient"},
        {"a": "d.remainder"},
        {"a": "d.quotient", "b": "d.remainder"},
        {"b": "d.quotient", "a": "d.remainder"},
    ]
    flows = [
        flow({"d": use("t:number.divide"), "n": use("t:number.add", links=one)}) for one in links
    ]
    assert len({made.plan(one, ["n"]).keys["n"] for one in flows}) == len(links)


def test_the_version_of_a_node_is_part_of_its_key(engine: MakeEngine) -> None:
    def make(version: int) -> Node[..., Any]:
        @node("t:number.one", version=version)
        def one() -> int:
            return 1

        @one.fingerprint
        def _() -> str:
            return "same"

        if version == 2:
            one.migrate(1)(lambda old: old)
        return one

    keys = {key_of(engine(make(version)), "t:number.one") for version in (1, 2)}
    assert len(keys) == 2


def test_the_code_in_a_closure_is_part_of_the_key(engine: MakeEngine) -> None:
    def make(factor: int) -> Node[..., Any]:
        @node("t:number.scale")
        def scale(number: int) -> int:
            return number * factor

        return scale

    keys = {key_of(engine(make(factor)), "t:number.scale", number=1) for factor in (2, 3)}
    assert len(keys) == 2


# The outside world


def test_a_fingerprint_decides_whether_a_node_runs_again(engine: MakeEngine) -> None:
    calls, weather = Calls(), ["sunny"]

    @node("t:world.weather")
    def today(town: str) -> str:
        calls.note("today")
        return weather[0]

    @today.fingerprint
    def _(town: str) -> str:
        return f"{town} {weather[0]}"

    made = engine(today)
    workflow = flow({"n": use("t:world.weather", town="Ulm")})
    assert made.run(workflow, ["n"])["n.value"] == "sunny"
    assert made.run(workflow, ["n"])["n.value"] == "sunny"
    weather[0] = "rainy"
    assert made.run(workflow, ["n"])["n.value"] == "rainy"
    assert calls == {"today": 2}


def test_a_fingerprint_that_raises_is_an_error_that_names_the_node(engine: MakeEngine) -> None:
    @node("t:world.broken")
    def broken(file: str) -> str:
        return file

    @broken.fingerprint
    def _(file: str) -> str:
        raise PermissionError("no")

    with pytest.raises(WeftError, match=r"nodes\.n"):
        engine(broken).plan(flow({"n": use("t:world.broken", file="x")}), ["n"])


@node("t:file.read")
def read(file: Annotated[str, Choices.files("texts")]) -> str:
    return file


@node("t:file.own")
def own(file: Annotated[str, Choices.uploads()]) -> str:
    return Path(file).read_text("utf-8")


def test_the_content_of_a_model_file_is_part_of_the_key(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    path = tmp_path / "texts" / "a.txt"
    path.write_text("one")
    (tmp_path / "texts" / "copy.txt").write_text("one")
    with Engine(
        registry=Registry([read]), device="cpu", models=ModelFolders((tmp_path,)), cache=Cache()
    ) as engine:
        before = key_of(engine, "t:file.read", file="a.txt")
        assert key_of(engine, "t:file.read", file="a.txt") == before
        path.write_text("two")
        assert key_of(engine, "t:file.read", file="a.txt") != before
        path.write_text("one")
        assert key_of(engine, "t:file.read", file="a.txt") == before


def test_the_content_of_an_own_file_is_part_of_the_key(engine: MakeEngine, tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    made = engine(own)
    workflow = flow({"n": use("t:file.own", file=str(path))})
    with pytest.raises(WorkflowError, match="there is no such file"):
        made.run(workflow, ["n"])
    path.write_text("one")
    assert made.run(workflow, ["n"])["n.value"] == "one"
    path.write_text("two")
    assert made.run(workflow, ["n"])["n.value"] == "two"


# Cost


@pytest.mark.parametrize("shape", ["chain", "ladder"])
def test_planning_is_linear_in_the_graph(
    engine: MakeEngine, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    ladder:  a1 ─┬─ b2 ─┬─ ...     with two links between all levels: 2**n paths
             b1 ─┴─ a2 ─┴─
    """

    def workflow(count: int) -> Workflow:
        nodes: dict[str, Any] = {"a0": use("t:number.add", a=1)}
        for index in range(1, count):
            links = {"a": f"a{index - 1}.value"}
            if shape == "ladder":
                links["b"] = f"a{index - 1}.value"
            nodes[f"a{index}"] = use("t:number.add", links=links)
        return flow(nodes)

    def steps(count: int) -> int:
        made, document = engine(add()), workflow(count)
        counted = 0

        def count_line(frame: Any, event: str, argument: Any) -> Any:
            nonlocal counted
            counted += 1
            return count_line

        with tracing(count_line):
            made.plan(document, [f"a{count - 1}"])
        return counted

    small, large = steps(200), steps(800)
    assert large < 4.5 * small


class tracing:  # noqa: N801 - reads as what it does
    def __init__(self, tracer: Any) -> None:
        self._tracer = tracer

    def __enter__(self) -> None:
        self._before = sys.gettrace()
        sys.settrace(self._tracer)

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)


def test_a_plan_is_data(engine: MakeEngine) -> None:
    plan = engine(add(), show).plan(chain(), ["a"])
    assert plan.as_dict()["a"] == {"state": "run", "reason": "not cached"}
    assert (plan.count("run"), plan.count("cached"), plan.count("unneeded")) == (1, 0, 4)


def test_output_nodes_run_with_named_targets_only_if_named(engine: MakeEngine) -> None:
    steps = said(engine(add(), show).plan(chain(), ["show", "a"]))
    assert {id for id, (state, _) in steps.items() if state == "run"} == {"a", "d", "show"}


def test_an_earlier_state_tells_why_without_a_memory(engine: MakeEngine) -> None:
    made = engine(add(), show)
    steps = said(made.plan(chain(), ["c"], before=chain(b=9)))
    assert steps["a"] == ("run", "not kept")
    assert steps["b"] == ("run", "value changed")
    assert steps["c"] == ("run", "upstream changed")
    fewer = flow({"a": use("t:number.add", a=1)})
    assert said(made.plan(chain(), ["c"], before=fewer))["b"] == ("run", "new")
    # All of it counts as run before, also what would not run again as its value is kept.
    made.run(chain(), ["c"])
    assert said(made.plan(chain(b=2), ["c"], before=chain()))["a"] == ("cached", "host")
    made.cache.clear_tier(None)
    assert said(made.plan(chain(b=2), ["c"], before=chain()))["a"] == ("run", "not kept")


def test_an_earlier_state_that_could_not_run_tells_nothing(engine: MakeEngine) -> None:
    wrong = flow({"a": use("t:nobody.has")})
    steps = said(engine(add(), show).plan(chain(), ["c"], before=wrong))
    assert steps["a"] == ("run", "not cached")


def test_an_earlier_state_whose_file_is_gone_tells_nothing(
    engine: MakeEngine, tmp_path: Path
) -> None:
    @node("t:world.read")
    def reads(file: str) -> str:
        return file

    @reads.fingerprint
    def _(file: str) -> str:
        return Path(file).read_text("utf-8")

    (tmp_path / "now").write_text("now")
    now, gone = (
        flow({"n": use("t:world.read", file=str(tmp_path / name))}) for name in ("now", "gone")
    )
    steps = said(engine(reads).plan(now, ["n"], before=gone))
    assert steps["n"] == ("run", "not cached")
