"""The file: what it may say, how it is written, and what is refused before it is understood."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from core.helpers import flow, use
from weft import InputError, Workflow, WorkflowError, write_atomically

names = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="./:"), min_size=1)
texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
node_data = st.fixed_dictionaries(
    {"type": names, "version": st.integers(1, 9)},
    optional={
        "title": texts,
        "mode": st.sampled_from(["mute", "bypass"]),
        "values": st.dictionaries(names, json_values, max_size=3),
        "links": st.dictionaries(names, st.tuples(names, names).map(".".join), max_size=3),
    },
)
graph_data = st.dictionaries(names, node_data, max_size=4)
target = st.tuples(names, names).map(".".join)
workflow_data = st.fixed_dictionaries(
    {"weft": st.just(1), "nodes": graph_data},
    optional={
        "parameters": st.dictionaries(names, target | st.lists(target, min_size=1), max_size=2),
        "requires": st.dictionaries(names, texts, max_size=2),
        "subgraphs": st.dictionaries(
            names,
            st.fixed_dictionaries(
                {"nodes": graph_data},
                optional={
                    "inputs": st.dictionaries(names, target, max_size=2),
                    "outputs": st.dictionaries(names, target, max_size=2),
                },
            ),
            max_size=2,
        ),
    },
)


def refusal(text: str) -> str:
    with pytest.raises(WorkflowError) as caught:
        Workflow.loads(text)
    return str(caught.value)


def exactly(value: Any) -> str:
    """A text in which 1, 1.0, True and -0.0 differ."""
    return json.dumps(value, sort_keys=True)


# Round trips


@settings(max_examples=200, deadline=None)
@given(workflow_data)
def test_what_is_written_is_what_is_read(data: dict[str, Any]) -> None:
    workflow = Workflow.from_data(data)
    text = workflow.dumps()
    again = Workflow.loads(text)
    assert exactly(again.data()) == exactly(workflow.data())
    assert again.dumps() == text
    for id, one in data["nodes"].items():
        kept = json.loads(text)["nodes"][id]
        assert exactly(kept.get("values", {})) == exactly(one.get("values", {}))
        assert kept.get("links", {}) == one.get("links", {})


@settings(max_examples=50, deadline=None)
@given(workflow_data)
def test_the_text_does_not_depend_on_the_order_of_keys(data: dict[str, Any]) -> None:
    def backwards(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: backwards(value[key]) for key in reversed(list(value))}
        return value

    assert Workflow.from_data(backwards(data)).dumps() == Workflow.from_data(data).dumps()


def test_the_canonical_text() -> None:
    workflow = flow(
        {
            "b": use("t:a.b", links={"x": "a.value"}),
            "a": use("t:a.a", text="ü", amount=0.5, many=[1, 2.0]),
        },
        parameters={"text": "a.text"},
        view={"nodes": {"b": [40.000001, 80.126], "a": [0, -0.0]}, "groups": []},
    )
    assert (
        workflow.dumps()
        == """\
{
  "weft": 1,
  "nodes": {
    "a": {
      "type": "t:a.a",
      "version": 1,
      "values": {
        "amount": 0.5,
        "many": [1, 2.0],
        "text": "ü"
      }
    },
    "b": {
      "type": "t:a.b",
      "version": 1,
      "links": {
        "x": "a.value"
      }
    }
  },
  "parameters": {
    "text": "a.text"
  },
  "view": {
    "groups": [],
    "nodes": {
      "a": [0, 0],
      "b": [40, 80.13]
    }
  }
}
"""
    )


def test_moving_a_node_touches_only_the_layout() -> None:
    nodes = {"a": use("t:a.a", x=1), "b": use("t:a.b")}
    before = flow(nodes, view={"nodes": {"a": [1, 2]}}).dumps().splitlines()
    after = flow(nodes, view={"nodes": {"a": [300, 2]}}).dumps().splitlines()
    changed = [index for index, (x, y) in enumerate(zip(before, after, strict=True)) if x != y]
    assert len(changed) == 1
    assert changed[0] > before.index('  "view": {')


def test_unknown_nodes_are_kept_verbatim(tmp_path: Path) -> None:
    strange = {
        "type": "gone:plugin.node",
        "version": 7,
        "title": "Mine",
        "mode": "bypass",
        "values": {"weights": [["a", 1], {"deep": None}], "number": 1.0, "flag": True},
        "links": {"image": "other.image"},
    }
    path = tmp_path / "flow.json"
    flow({"x": strange}).save(path)
    assert exactly(json.loads(path.read_text("utf-8"))["nodes"]["x"]) == exactly(strange)
    assert Workflow.load(path).dumps() == path.read_text("utf-8")


def test_a_literal_is_never_a_link() -> None:
    """The value `"a.value"` is a text, and `["a", 1]` is a list."""
    workflow = flow({"a": use("t:a.a"), "b": use("t:a.b", x="a.value", y=["a", 1])})
    assert workflow.nodes["b"].links == {}
    assert workflow.nodes["b"].values == {"x": "a.value", "y": ["a", 1]}


def test_a_document_is_changed_only_by_making_another() -> None:
    workflow = flow({"a": use("t:a.a", x=1, links={"y": "b.value"})}, parameters={"p": "a.y"})
    changed = workflow.with_values({"a.x": 2}).with_parameters({"p": 3})
    assert workflow.nodes["a"].values == {"x": 1}
    assert changed.nodes["a"].values == {"x": 2, "y": 3}
    assert changed.nodes["a"].links == {}  # a value takes the place of the link


def test_one_parameter_may_set_several_inputs() -> None:
    workflow = flow({"a": use("t:a.a"), "b": use("t:a.a")}, parameters={"p": ["a.x", "b.x"]})
    changed = workflow.with_parameters({"p": 3})
    assert [one.values for one in changed.nodes.values()] == [{"x": 3}, {"x": 3}]


def test_an_unknown_parameter_is_refused_with_a_suggestion() -> None:
    with pytest.raises(WorkflowError, match="'prompt'"):
        flow({"a": use("t:a.a")}, parameters={"prompt": "a.x"}).with_parameters({"promt": "x"})
    with pytest.raises(WorkflowError, match="'noise'"):
        flow({"noise": use("t:a.a")}).with_values({"niose.seed": 3})


# Refusals


def test_duplicate_keys_are_refused_at_any_depth() -> None:
    assert "'a' stands twice" in refusal('{"weft": 1, "nodes": {"a": {}, "a": {}}}')
    nodes = '{"n": {"type": "t:a.a", "values": {"x": 1, "x": 1}}}'
    assert "'x' stands twice" in refusal(f'{{"weft": 1, "nodes": {nodes}}}')


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have(number: str) -> None:
    text = f'{{"weft": 1, "nodes": {{"n": {{"type": "t:a.a", "values": {{"x": {number}}}}}}}}}'
    assert number in refusal(text)


def test_a_number_with_too_many_digits() -> None:
    text = '{"weft": 1, "nodes": {"n": {"type": "t:a.a", "values": {"x": %s}}}}'
    refusal(text % ("9" * 5000))
    # A float that overflows is infinity by another name.
    refusal(text % "1e999")


@pytest.mark.parametrize("depth", [65, 1_000, 100_000])
@pytest.mark.parametrize(("open", "close"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting(depth: int, open: str, close: str) -> None:
    deep = open * depth + "1" + close * depth
    assert "nested too deeply" in refusal(f'{{"weft": 1, "nodes": {{}}, "view": {{"x": {deep}}}}}')


@pytest.mark.parametrize("end", range(1, 60, 7))
def test_a_truncated_file(end: int) -> None:
    assert "not JSON" in refusal(
        '{"weft": 1, "nodes": {"n": {"type": "t:a.a", "values": {}}}}'[:end]
    )


@pytest.mark.parametrize("text", ["", " ", "[]", "3", "null", '"weft"', "{} {}", "\x00"])
def test_what_is_no_document(text: str) -> None:
    refusal(text)


def test_every_problem_of_the_document_is_told_at_once() -> None:
    with pytest.raises(WorkflowError) as caught:
        Workflow.from_data(
            {
                "weft": 2,
                "nodes": {
                    "a": {"type": "t:a.a", "version": 0},
                    "b": {"type": "t:a.a", "vlaues": {}},
                    "c": {"type": "t:a.a", "mode": "off"},
                    "d": {"type": 3},
                    "e": {},
                    "with.dot": {"type": "t:a.a"},
                },
                "nodse": {},
            },
            source="flow.json",
        )
    found = {one.path: one for one in caught.value.problems}
    assert set(found) == {
        "weft",
        "nodes.a.version",
        "nodes.b.vlaues",
        "nodes.c.mode",
        "nodes.d.type",
        "nodes.e.type",
        "nodes.with.dot",
        "nodse",
    }
    assert found["nodes.b.vlaues"].suggestion == "values"
    assert found["nodse"].suggestion == "nodes"
    assert str(caught.value).startswith("flow.json: 8 problems")


@pytest.mark.parametrize("version", [True, 1.0, "1"])
def test_a_version_is_a_whole_number(version: Any) -> None:
    with pytest.raises(WorkflowError, match=r"nodes\.a\.version"):
        flow({"a": {"type": "t:a.a", "version": version}})


@pytest.mark.parametrize("format", [0, 2, True, 1.0, "1", None])
def test_the_version_of_the_format(format: Any) -> None:
    with pytest.raises(WorkflowError, match="weft"):
        Workflow.from_data({"weft": format, "nodes": {}})


# Files


def test_the_file_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WorkflowError, match=r"missing\.json: 1 problem\n.*No such file"):
        Workflow.load(tmp_path / "missing.json")
    with pytest.raises(WorkflowError, match="directory"):
        Workflow.load(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_the_wrong_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "flow.json"
    path.write_bytes(flow({"a": use("t:a.a", x="größe")}).dumps().encode(encoding))
    with pytest.raises(WorkflowError, match="UTF-8"):
        Workflow.load(path)


def test_a_byte_order_mark_is_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "flow.json"
    workflow = flow({"a": use("t:a.a", x="größe")})
    path.write_bytes(workflow.dumps().encode("utf-8-sig"))
    assert Workflow.load(path) == workflow


def test_a_lone_surrogate_is_no_text() -> None:
    r"""JSON can say "\ud800", which is no text."""
    text = '{"weft": 1, "nodes": {"a": {"type": "t:a.a", "values": {"x": "\\ud800"}}}}'
    assert "surrogate" in refusal(text)


def test_a_picture_carries_its_workflow(tmp_path: Path) -> None:
    workflow = flow({"a": use("t:a.a", x="größe")})
    info = PngImagePlugin.PngInfo()
    info.add_itxt("weft", workflow.dumps())
    Image.new("RGB", (2, 2)).save(tmp_path / "with.png", pnginfo=info)
    assert Workflow.load(tmp_path / "with.png") == workflow

    Image.new("RGB", (2, 2)).save(tmp_path / "without.png")
    with pytest.raises(WorkflowError, match="carries no workflow"):
        Workflow.load(tmp_path / "without.png")


@pytest.mark.parametrize("size", [9, 20, 40, 60])
def test_a_truncated_picture(tmp_path: Path, size: int) -> None:
    Image.new("RGB", (2, 2)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:size])
    with pytest.raises(WorkflowError, match=r"cut\.png"):
        Workflow.load(tmp_path / "cut.png")


def test_a_file_of_50_000_nodes(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    nodes = {
        f"n{index}": use("t:a.a", links={"x": f"n{index - 1}.value"}) for index in range(1, 50_000)
    }
    flow({"n0": use("t:a.a", x=1)} | nodes).save(path)
    assert len(Workflow.load(path).nodes) == 50_000


# Saving


def test_saving_replaces_the_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "flow.json"
    flow({"a": use("t:a.a")}).save(path)
    flow({"b": use("t:a.a")}).save(path)
    assert list(Workflow.load(path).nodes) == ["b"]
    assert [one.name for one in path.parent.iterdir()] == ["flow.json"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "flow.json"
    flow({"a": use("t:a.a")}).save(path)
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(InputError, match="No space left on device"):
            flow({"b": use("t:a.a")}).save(path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["flow.json"]
    flow({"b": use("t:a.a")}).save(path)
    assert list(Workflow.load(path).nodes) == ["b"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"flow\.json cannot be written"):
        flow({}).save(tmp_path / "file" / "flow.json")


def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", b"content")
    assert list(tmp_path.iterdir()) == []


def test_a_part_is_what_the_targets_need() -> None:
    """
    a ── b ── c      alone
          └── group (a subgraph) ── d
    """
    workflow = Workflow.from_data(
        {
            "weft": 1,
            "nodes": {
                "a": {"type": "x:a.a"},
                "b": {
                    "type": "x:a.b",
                    "links": {"in": "a.out", "no": "link", "lost": "z.out"},
                },
                "c": {"type": "x:a.c", "links": {"in": "b.out"}},
                "alone": {"type": "x:a.d"},
                "group": {"type": "subgraph:g", "links": {"in": "b.out"}},
                "d": {"type": "x:a.d", "links": {"in": "group.out"}},
            },
            "parameters": {"one": "a.x", "both": ["a.x", "c.x"], "other": "alone.x"},
            "subgraphs": {"g": {"nodes": {"inner": {"type": "x:a.e"}}}},
            "view": {"nodes": {"a": [0, 0]}},
        }
    )

    def part(*wanted: str) -> list[str]:
        return sorted(workflow.part(wanted).nodes)

    assert part("b.out") == ["a", "b"]
    assert part("c", "alone.out") == ["a", "alone", "b", "c"]
    assert part("group/inner.out") == part("group.out") == ["a", "b", "group"]
    assert part("d") == ["a", "b", "d", "group"]
    assert part("nobody.out") == []
    assert workflow.part([]) is workflow
    assert list(workflow.part(["b"]).parameters) == ["one"]
    assert set(workflow.part(["c"]).parameters) == {"both", "one"}
    assert workflow.part(["b"]).view == workflow.view


def test_a_part_of_a_circle_is_the_circle() -> None:
    node = {"type": "x:a.a", "links": {"in": "b.out"}}
    other = {"type": "x:a.a", "links": {"in": "a.out"}}
    workflow = Workflow.from_data({"weft": 1, "nodes": {"a": node, "b": other, "c": node}})
    assert sorted(workflow.part(["a"]).nodes) == ["a", "b"]
