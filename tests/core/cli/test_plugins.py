"""`weft plugins`, `weft plugin disable` and `enable`, and `--safe-mode`."""

import json
from pathlib import Path

import pytest

from core.cli.support import InProcess, Shell, distribution, node

FLOW = {"weft": 1, "nodes": {"a": node("many.values")}}


def states(weft: Shell, path: str, *args: str) -> dict[str, dict[str, object]]:
    """What `weft plugins --json` says, by plugin."""
    done = weft(*args, "plugins", "--json", PYTHONPATH=path)
    return {one["name"]: one for one in json.loads(done.out)["plugins"]}


def test_every_plugin_is_listed_with_what_it_brings(in_process: InProcess) -> None:
    done = in_process("plugins")
    assert done.code == 0
    (own,) = [line for line in done.out.splitlines() if line.startswith("weft ")]
    assert "nodes" in own
    assert "samplers" in own
    (line,) = [line for line in done.out.splitlines() if line.startswith("test ")]
    assert "weft_test_nodes 0.1" in line
    assert "ok" in line
    assert "imported in" in line
    assert "1 command" in line


def test_a_failed_plugin_is_named_with_its_traceback(
    weft: Shell, plugin_folder: Path, broken_folder: Path
) -> None:
    path = f"{broken_folder}:{weft.env['PYTHONPATH']}"
    done = weft("plugins", PYTHONPATH=path)
    assert done.code == 1
    assert "broken: RuntimeError: broken on purpose" in done.err
    assert "Traceback" not in done.err
    done = weft("plugins", "--verbose", PYTHONPATH=path)
    assert 'weft_broken_nodes/plugin.py", line 1' in done.err
    found = states(weft, path)
    assert (found["broken"]["state"], found["test"]["state"]) == ("failed", "ok")
    assert "Traceback" in str(found["broken"]["reason"])
    # It can be disabled, and is asked no more.
    assert weft("plugin", "disable", "broken", PYTHONPATH=path).code == 0
    done = weft("plugins", PYTHONPATH=path)
    assert done.code == 0
    assert "it is disabled" in done.err


@pytest.mark.parametrize("name", ["test", "weft_test_nodes"])
def test_a_disabled_plugin_stays_out_until_it_is_enabled(
    weft: Shell, in_process: InProcess, name: str
) -> None:
    config = Path(weft.env["WEFT_CONFIG"])
    config.write_text("# mine\nmodels = []\n")
    file = str(weft.write("flow.json", FLOW | {"requires": {"weft_test_nodes": ">=0.1"}}))
    assert in_process("validate", file).code == 0
    done = in_process("plugin", "disable", name)
    assert done.code == 0
    assert "disabled: test" in done.err
    assert "disabled already" in in_process("plugin", "disable", name).err
    done = in_process("validate", file)
    assert done.code == 2
    assert "unknown node type 'test:many.values'" in done.err
    assert done.err.count("`weft plugin enable test` brings it back") == 2
    assert "pip install" not in done.err
    assert "many.values" not in in_process("nodes").out
    done = in_process("nodes", "test:many.values")
    assert done.code == 2
    assert "it is disabled; `weft plugin enable test` brings it back" in done.err
    assert in_process("hello").code == 2
    assert "comes with weft_test_nodes: it is disabled" in in_process("hello").err
    assert "hello" not in in_process("--help").out
    assert config.read_text() == "# mine\nmodels = []\n"  # a person's file is theirs
    assert in_process("plugin", "enable", name).code == 0
    assert in_process("validate", file).code == 0
    assert "enabled already" in in_process("plugin", "enable", name).err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tset", "did you mean 'test'?"),
        ("nobody", "no installed plugin or distribution is called 'nobody'"),
        ("weft", "cannot be disabled"),
    ],
)
def test_what_cannot_be_disabled(in_process: InProcess, name: str, said: str) -> None:
    done = in_process("plugin", "disable", name)
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize("rubbish", ["{", "[]", '{"disabled": ["test"]}', '{"disabled": {"a": 1}}'])
def test_a_damaged_file_of_disabled_plugins_is_told(
    weft: Shell, in_process: InProcess, rubbish: str
) -> None:
    path = Path(weft.env["WEFT_CONFIG"]).with_suffix(".plugins.json")
    path.write_text(rubbish)
    done = in_process("nodes")
    assert done.code == 2
    assert str(path) in done.err
    assert "delete it" in done.err


def test_safe_mode_leaves_all_others_out(weft: Shell, broken_folder: Path) -> None:
    """By the option before any command, or by the variable; and nothing else is imported."""
    path = f"{broken_folder}:{weft.env['PYTHONPATH']}"
    done = weft("--safe-mode", "nodes", PYTHONPATH=path)
    assert done.code == 0
    assert "safe mode" in done.err
    assert "broken" not in done.err
    assert "image.load" in done.out
    assert "test:" not in done.out
    done = weft("hello", PYTHONPATH=path, WEFT_SAFE_MODE="1")
    assert done.code == 2
    assert "safe mode leaves it out" in done.err
    found = states(weft, path, "--safe-mode")
    assert (found["weft"]["state"], found["broken"]["state"]) == ("ok", "disabled")
    done = weft("validate", str(weft.write("flow.json", FLOW)), WEFT_SAFE_MODE="1")
    assert done.code == 2
    assert "start without --safe-mode" in done.err
    assert "safe mode" not in weft("nodes", PYTHONPATH=path, WEFT_SAFE_MODE="0").err


def test_a_command_that_cannot_be_imported_leaves_the_others_in_the_help(
    weft: Shell, tmp_path: Path
) -> None:
    entries = "[weft.commands]\ntypo = weft_test_typo:nothing\n"
    distribution(tmp_path, "weft_test_typo", entries, {})
    done = weft("--help", PYTHONPATH=f"{tmp_path}:{weft.env['PYTHONPATH']}")
    assert done.code == 0, done.err
    assert "hello" in done.out
    assert "typo" not in done.out
    assert "the command 'typo' of weft_test_typo cannot be imported" in done.err
    assert "Traceback" not in done.err
