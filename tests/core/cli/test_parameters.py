"""From text on the command line to values: `--set`, and an option for each parameter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cli.support import Done, InProcess, Shell, node
from weft.cli.values import value_of
from weft.spec import InputSpec

SPECS = {
    "text": InputSpec("text", "str", {"type": "string"}),
    "int": InputSpec("int", "int", {"type": "integer", "minimum": 1, "maximum": 100}),
    "float": InputSpec("float", "float", {"type": "number"}),
    "bool": InputSpec("bool", "bool", {"type": "boolean"}),
    "either": InputSpec("either", "int|str", {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
    "json": InputSpec("json", "json", {"type": "object"}),
    "list": InputSpec("list", "list[str]", {"type": "array", "items": {"type": "string"}}),
    "maybe": InputSpec("maybe", "int", {"type": "integer"}, False, None, True),
    "number": InputSpec("number", "int", {"type": "integer", "enum": [1, 2]}),
    "any": InputSpec("any", "any"),
    "image": InputSpec("image", "image"),
}
BIG = 2**64 - 1


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        ("text", "5", "5"),
        ("text", "null", "null"),
        ("text", '"quoted"', '"quoted"'),
        ("text", "", ""),
        ("int", "5", 5),
        ("int", " 5 ", 5),
        ("float", "5", 5),
        ("float", "1e3", 1000.0),
        ("bool", "true", True),
        ("either", "5", 5),
        ("either", "five", "five"),
        ("either", "5.5", "5.5"),
        ("json", '{"a": 1}', {"a": 1}),
        ("list", '["a", "5"]', ["a", "5"]),
        ("maybe", "null", None),
        ("number", "2", 2),
        ("any", "five", "five"),
        ("any", str(BIG), BIG),
    ],
)
def test_value_fits_the_input(spec: str, text: str, value: Any) -> None:
    found = value_of(text, SPECS[spec])
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("int", "five"),
        ("int", "5.0"),
        ("int", "500"),
        ("int", "true"),
        ("int", '"5"'),
        ("int", ""),
        ("float", "NaN"),
        ("float", "-Infinity"),
        ("float", "1e999"),
        ("bool", "True"),
        ("bool", "1"),
        ("json", "[1]"),
        ("list", "a"),
        ("list", "[1]"),
        ("number", "3"),
        ("image", "5"),
        ("int", "[" * 100_000),
        ("json", '{"a":' + "[" * 60 + "]" * 60 + "}"),
        ("any", "[" * 300 + "]" * 300),
        ("int", "9" * 10_000),
    ],
)
def test_nothing_is_coerced(spec: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"^(a|an|at|true|one|the) "):
        value_of(text, SPECS[spec])


@given(st.text())
def test_a_text_input_takes_every_text_as_it_is(text: str) -> None:
    assert value_of(text, SPECS["text"]) == text


def shown(done: Done) -> list[Any]:
    """The values that the node under test gave back."""
    assert done.code == 0, done.err
    line = next(one for one in done.out.splitlines() if one.startswith("show: "))
    values: list[Any] = json.loads(line.removeprefix("show: "))
    return values


def test_set_goes_by_the_kind_of_the_input(in_process: InProcess, flow: Path) -> None:
    settings = [
        "values.text=a=b",
        "values.steps=7",
        "values.scale=2",
        "values.on=true",
        "values.mode=slow",
        "values.either=x",
        'values.table={"k": null}',
        'values.names=["ü"]',
        "values.maybe=3",
    ]
    args = [word for one in settings for word in ("--set", one)]
    expected = ["a=b", 7, 2.0, True, "slow", "x", {"k": None}, ["ü"], 3]
    assert shown(in_process("run", str(flow), *args)) == expected


def test_options_of_the_file(in_process: InProcess, flow: Path) -> None:
    done = in_process(
        "run", str(flow), "--step-count", "9", "--prompt=-v --json", "--on", "--mode", "slow"
    )
    values = shown(done)
    assert values[:2] == ["-v --json", 9]
    assert values[3:5] == [True, "slow"]
    assert (flow.parent / "output" / "out.txt").read_text() == "9"


def test_values_may_look_like_options(in_process: InProcess, flow: Path) -> None:
    for text in ("--json", "-5", "--", "-", "--help", "a\nb", " "):
        assert shown(in_process("run", str(flow), "--prompt", text))[0] == text


def test_options_may_stand_before_the_file(in_process: InProcess, flow: Path) -> None:
    assert shown(in_process("run", "--no-cache", "--prompt", "early", str(flow)))[0] == "early"
    assert shown(in_process("run", "--prompt", "x", "--no-on", "--", str(flow)))[3] is False


def test_flags(in_process: InProcess, flow: Path) -> None:
    for args, value in [(["--on"], True), (["--no-on"], False), (["--on=true"], True)]:
        assert shown(in_process("run", str(flow), *args))[3] is value
    assert in_process("run", str(flow), "--on=yes").code == 2


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--promt", "x"], "Did you mean --prompt?"),
        (["--nothing-like-it", "x"], "--prompt, --step_count, --mode, --on, --step-count"),
        (["--prompt"], "--prompt needs a value: a text"),
        (["--prompt", "a", "--prompt", "b"], "given twice"),
        (["--step-count", "many"], '--step_count: wrong value; expected an integer, got "many"'),
        (["--mode", "slwo"], "did you mean 'slow'?"),
        (["--set", "values.stesp=3"], "did you mean 'steps'?"),
        (["--set", "vales.steps=3"], "did you mean 'values'?"),
        (["--set", "values.steps=3.5"], 'expected an integer from 1 to 100, got "3.5"'),
        (["--set", "values.text=\udcff"], "is not UTF-8 text"),
        (["extra"], "extra"),
    ],
)
def test_wrong_line(in_process: InProcess, flow: Path, args: list[str], said: str) -> None:
    done = in_process("run", str(flow), *args)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_wrong_line_in_json(in_process: InProcess, flow: Path) -> None:
    done = in_process("run", str(flow), "--json", "--promt", "x", "--step-count", "y")
    assert done.code == 2
    assert done.last["event"] == "refused"
    assert "--prompt" in done.last["problems"][0]["message"]


def test_every_wrong_value_at_once(in_process: InProcess, flow: Path) -> None:
    done = in_process(
        "run", str(flow), "--json", "--step-count", "y", "--set", "values.on=1", "--set", "a.b=1"
    )
    paths = [one["path"] for one in done.last["problems"]]
    assert paths == ["--step_count", "--set values.on", "--set a.b"]


def test_help_lists_the_parameters(in_process: InProcess, flow: Path) -> None:
    done = in_process("run", str(flow), "--help")
    assert done.code == 0
    assert "--dry-run" in done.out
    tail = done.out.partition("Parameters of")[2]
    assert "--step_count, --step-count  an integer" in tail
    assert "one of 'fast', 'slow'" in tail
    assert 'any text. [default: "red"]' in tail
    assert "Parameters of" not in in_process("run", "--help").out


def test_help_of_a_file_that_cannot_be_read(in_process: InProcess) -> None:
    assert in_process("run", "nowhere.json", "--help").code == 2


def test_parameters_reach_into_subgraphs(in_process: InProcess, weft: Shell) -> None:
    inner = {
        "nodes": {"deep": node("many.values"), "show": node("out.show", value="deep.value")},
        "inputs": {"count": ["deep.steps"]},
    }
    outer = {
        "nodes": {"use": {"type": "subgraph:inner"}},
        "inputs": {"times": "use.count"},
    }
    data = {
        "weft": 1,
        "nodes": {"top": {"type": "subgraph:outer"}},
        "parameters": {"times": "top.times"},
        "subgraphs": {"inner": inner, "outer": outer},
    }
    file = str(weft.write("nested.json", data))
    assert "an integer from 1 to 100" in in_process("run", file, "--help").out
    done = in_process("run", file, "--times", "42")
    assert done.code == 0, done.err
    assert '["", 42,' in done.out
    assert in_process("run", file, "--times", "x").code == 2
    assert in_process("run", file, "--set", "top.times=43").code == 0
    assert "did you mean 'times'?" in in_process("run", file, "--set", "top.tims=43").err


def test_names_that_clash_or_are_odd(in_process: InProcess, weft: Shell) -> None:
    data = {
        "weft": 1,
        "nodes": {"values": node("many.values"), "show": node("out.show", value="values.value")},
        "parameters": {
            "device": "values.text",
            "a_b": "values.steps",
            "a-b": "values.scale",
            "the mode": "values.mode",
            "größe": "values.maybe",
            "x=y": "values.on",
        },
    }
    file = str(weft.write("odd.json", data))
    args = ["--a_b", "5", "--a-b", "0.5", "--the-mode", "slow", "--größe", "3"]
    assert shown(in_process("run", file, *args))[1:5] == [5, 0.5, False, "slow"]
    # Weft's own option goes first; the input is still there for --set.
    assert in_process("run", file, "--device", "text").code == 2
    assert shown(in_process("run", file, "--set", "values.text=t"))[0] == "t"


def test_set_on_a_node_of_an_older_version(in_process: InProcess, weft: Shell) -> None:
    old = node("many.renamed", {"factor": 0.25})
    data = {"weft": 1, "nodes": {"old": old, "show": node("out.show", value="old.value")}}
    file = str(weft.write("old.json", data))
    for setting, value in [("old.factor=0.75", "0.75"), ("old.amount=0.125", "0.125")]:
        assert in_process("run", file, "--set", setting).out == f"show: {value}\n"
    assert in_process("run", file).out == "show: 0.25\n"
    done = in_process("run", file, "--set", "old.amuont=1")
    assert done.code == 2
    assert "did you mean 'amount'?" in done.err
