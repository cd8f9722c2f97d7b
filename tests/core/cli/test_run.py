"""`weft run` as a real process: exit codes, streams, signals, the cache between processes."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from core.cli.support import Done, InProcess, Shell, node


def interrupt(process: subprocess.Popen[str], until: str, times: int = 1) -> Done:
    """Send SIGINT once a line on stdout or stderr holds a text; give the end of the process."""
    seen = threading.Event()
    texts: dict[str, list[str]] = {"out": [], "err": []}

    def read(name: str, stream: Any) -> None:
        for line in stream:
            texts[name].append(line)
            if until in line:
                seen.set()

    threads = [
        threading.Thread(target=read, args=("out", process.stdout)),
        threading.Thread(target=read, args=("err", process.stderr)),
    ]
    for one in threads:
        one.start()
    assert seen.wait(30), texts
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3 if times > 1 else 0)
    code = process.wait(30)
    for one in threads:
        one.join(10)
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    return Done(code, "".join(texts["out"]), "".join(texts["err"]))


def test_outputs_on_stdout_and_all_else_on_stderr(weft: Shell, flow: Path) -> None:
    done = weft("run", str(flow), "--no-cache", "--prompt", "blue")
    assert done.code == 0
    # What a node prints by itself is not Weft's to hide, but only Weft's own lines are promised.
    lines = [one for one in done.out.splitlines() if one != "printed by a node"]
    assert sorted(lines) == [
        str(Path("output") / "out.txt"),
        'show: ["blue", 20, 1.0, false, "fast", 0, {}, [], null]',
    ]
    assert (weft.folder / "output" / "out.txt").read_text() == "3"
    assert "4 to run, 0 cached" in done.err
    assert "count: " in done.err
    assert "done in" in done.err


def test_json_lines_are_all_of_stdout(weft: Shell, flow: Path) -> None:
    done = weft("run", str(flow), "--json", "--no-cache")
    assert done.code == 0
    assert "printed by a node" in done.err
    assert [one["seq"] for one in done.lines] == list(range(1, len(done.lines) + 1))
    assert [one["done"] for one in done.lines if one["event"] == "node_progress"] == [0, 1, 2, 3]
    assert done.last["event"] == "finished"
    assert done.last["status"] == "done"
    path = str(Path("output") / "out.txt")
    assert done.last["outputs"]["write"] == [{"path": path, "sha256": "of it"}]
    assert {id: one["state"] for id, one in done.last["nodes"].items()} == dict.fromkeys(
        ["count", "values", "write", "show"], "ran"
    )
    assert all(one["seconds"] >= 0 for one in done.last["nodes"].values())


def test_second_process_finds_everything_cached(in_process: InProcess, weft: Shell) -> None:
    flow = weft.write(
        "slow.json",
        {
            "weft": 1,
            "nodes": {
                "slow": node("number.slow", {"steps": 3, "seconds": 0.05}),
                "write": node("out.write", value="slow.value"),
            },
        },
    )
    cache = str(weft.folder / "own cache")
    args = ["run", str(flow), "--json", "--cache-dir", cache]
    assert in_process(*args).last["nodes"]["slow"]["state"] == "ran"
    second = weft(*args)
    assert second.last["nodes"]["slow"]["state"] == "cached"
    plan = in_process(*args, "--dry-run").last
    assert plan["nodes"]["slow"] == {
        "type": "test:number.slow",
        "state": "cached",
        "reason": "disk",
    }
    assert plan["nodes"]["write"]["state"] == "run"
    changed = in_process(*args, "--dry-run", "--set", "slow.steps=4").last
    assert changed["nodes"]["slow"]["reason"] == "value changed"
    fresh = in_process(*args, "--no-cache")
    assert fresh.last["nodes"]["slow"]["state"] == "ran"
    cleared = in_process("cache", "--cache-dir", cache, "clear")
    assert cleared.out.startswith("cleared 1 values of ")
    assert in_process(*args, "--dry-run").last["nodes"]["slow"]["reason"] == "not kept"


def test_dry_run_is_a_table_and_runs_nothing(in_process: InProcess, flow: Path) -> None:
    done = in_process("run", str(flow), "--dry-run")
    assert done.code == 0
    rows = [line.split() for line in done.out.splitlines()]
    assert rows[0] == ["NODE", "TYPE", "STATE", "WHY"]
    assert ["count", "test:number.slow", "run", "new"] in rows
    assert ["write", "test:out.write", "run", "output"] in rows
    assert rows[-1] == ["4", "to", "run,", "0", "cached,", "0", "not", "needed"]
    assert not (flow.parent / "output").exists()


def failing(weft: Shell) -> str:
    nodes = {
        "fail": node("number.fail", {"value": 7}),
        "lost": node("out.write", {"name": "lost.txt"}, value="fail.value"),
        "fine": node("number.int"),
        "kept": node("out.write", {"name": "kept.txt"}, value="fine.value"),
    }
    return str(weft.write("failing.json", {"weft": 1, "nodes": nodes}))


def test_failed_node(in_process: InProcess, weft: Shell) -> None:
    file = failing(weft)
    done = in_process("run", file, "--json", "--no-cache")
    assert done.code == 1
    assert done.last["status"] == "failed"
    states = {id: one["state"] for id, one in done.last["nodes"].items()}
    assert states == {"fail": "failed", "lost": "skipped", "fine": "ran", "kept": "ran"}
    assert "nodes.fail (test:number.fail): ValueError: no luck with 7" in done.err
    assert "Traceback" not in done.err
    assert "--verbose (-v) shows the traceback" in done.err
    assert os.listdir(weft.folder / "output") == ["kept.txt"]  # noqa: PTH208
    for flag in ("-v", "--traceback"):
        assert "Traceback" in in_process("run", file, "--no-cache", flag).err


def test_ctrl_c_cancels_at_the_next_step(weft: Shell) -> None:
    nodes = {
        "slow": node("number.slow", {"steps": 3000, "seconds": 0.01}),
        "write": node("out.write", value="slow.value"),
    }
    flow = weft.write("long.json", {"weft": 1, "nodes": nodes})
    process = weft.start("run", str(flow), "--json", "--no-cache")
    done = interrupt(process, '"node_progress"')
    assert done.code == 130
    assert done.last["event"] == "finished"
    assert done.last["status"] == "cancelled"
    assert "once more stops at once" in done.err
    assert "Traceback" not in done.err
    assert not (weft.folder / "output").exists()


def test_second_ctrl_c_stops_at_once(weft: Shell) -> None:
    nodes = {"deaf": node("number.deaf"), "write": node("out.write", value="deaf.value")}
    flow = weft.write("deaf.json", {"weft": 1, "nodes": nodes})
    start = time.monotonic()
    done = interrupt(weft.start("run", str(flow), "--no-cache"), "deaf", times=2)
    assert done.code == 130
    assert time.monotonic() - start < 40


def test_a_reader_that_leaves_ends_the_run(weft: Shell) -> None:
    nodes = {
        "slow": node("number.slow", {"steps": 3000, "seconds": 0.01}),
        "write": node("out.write", value="slow.value"),
    }
    flow = weft.write("long.json", {"weft": 1, "nodes": nodes})
    process = weft.start("run", str(flow), "--json", "--no-cache")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 1
    assert "Traceback" not in err


def test_wrong_workflow_names_every_problem(in_process: InProcess, weft: Shell) -> None:
    nodes = {
        "count": node("number.int", {"value": 500}),
        "pick": node("file.pick", {"file": "nowhere.safetensors"}),
        "write": node("out.wriet", value="count.value"),
    }
    file = str(weft.write("wrong.json", {"weft": 1, "nodes": nodes}))
    done = in_process("run", file, "--json")
    assert done.code == 2
    assert done.last["event"] == "refused"
    problems = {one["path"]: one for one in done.last["problems"]}
    assert set(problems) == {"nodes.count.value", "nodes.pick.file", "nodes.write.type"}
    assert problems["nodes.write.type"]["suggestion"] == "test:out.write"
    assert problems["nodes.count.value"]["got"] == "500"
    assert "3 problems" in done.err
    assert not (weft.folder / "output").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "the file is not JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b'{"weft": 1, "nodes": {}, "nodes": {}}', "stands twice"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"weft": 1, "view": ' + b'{"a":' * 70 + b"1" + b"}" * 71, "nested too deeply"),
        (b"[]", "problem"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b'{"weft": 1, "nodes": {}}', "nothing to run"),
    ],
)
def test_unreadable_file(in_process: InProcess, tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(content)
    done = in_process("run", str(file), "--json")
    assert done.code == 2
    assert said in done.err
    assert done.last["problems"]


@pytest.mark.parametrize("command", ["run", "validate", "format"])
def test_file_that_is_none(in_process: InProcess, tmp_path: Path, command: str) -> None:
    for file, said in [("nowhere.json", "No such file"), (str(tmp_path), "Is a directory")]:
        done = in_process(command, file)
        assert done.code == 2
        assert said in done.err


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission(in_process: InProcess, flow: Path) -> None:
    flow.chmod(0)
    assert in_process("run", str(flow)).code == 2


def test_output_folder_that_cannot_be(in_process: InProcess, flow: Path) -> None:
    (flow.parent / "file").write_text("in the way")
    done = in_process("run", str(flow), "--output-dir", "file", "--json", "--no-cache")
    assert done.code == 1
    assert "cannot be written" in done.err
    assert "Traceback" not in done.err
    assert done.last["nodes"]["show"]["state"] == "ran"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--device", "tpu"], "is no device"),
        (["--device", "cuda:99"], "there is no device"),
        (["--set", "nothing=1"], "names no input"),
        (["--set", "cuont.steps=1"], "did you mean 'count'?"),
        (["--set", "count.steps"], "has no value"),
    ],
)
def test_wrong_option_value(in_process: InProcess, flow: Path, args: list[str], said: str) -> None:
    done = in_process("run", str(flow), "--json", *args)
    assert done.code == 2
    assert said in done.err
    assert done.last["event"] == "refused"


def test_stdin(in_process: InProcess, flow: Path) -> None:
    done = in_process("run", "-", "--prompt", "read", stdin=flow.read_bytes())
    assert done.code == 0
    assert "read" in done.out
    assert in_process("run", "-", stdin=b"\xff").code == 2


def test_picture_that_carries_a_workflow(in_process: InProcess, flow: Path) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("weft", flow.read_text())
    picture = flow.parent / "picture.png"
    Image.new("RGB", (2, 2)).save(picture, pnginfo=info)
    assert in_process("run", str(picture), "--prompt", "again").code == 0
    printed = in_process("format", str(picture))
    assert json.loads(printed.out)["parameters"]["prompt"] == "values.text"
    assert in_process("format", "--write", str(picture)).code == 2


def test_wrong_config(in_process: InProcess, flow: Path, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[cache]\nhost = 'much'\n")
    done = in_process("run", str(flow))
    assert done.code == 2
    assert "cache.host" in done.err


def test_quiet(in_process: InProcess, flow: Path) -> None:
    done = in_process("run", str(flow), "-q", "--no-cache")
    assert done.code == 0
    assert done.err == ""


def test_a_large_workflow(in_process: InProcess, weft: Shell) -> None:
    count = 20_000
    nodes = {"n0": node("number.int")}
    nodes |= {
        f"n{at}": {
            "type": "test:many.values",
            "links": {"maybe": f"n{at - 1}.value"},
        }
        if at == 1
        else {"type": "flow.reroute", "links": {"value": f"n{at - 1}.value"}}
        for at in range(1, count)
    }
    nodes["write"] = node("out.write", value=f"n{count - 1}.value")
    file = str(weft.write("large.json", {"weft": 1, "nodes": nodes}))
    assert in_process("validate", file).code == 0
    done = in_process("run", file, "--dry-run", "--json")
    assert done.code == 0
    assert done.last["run"] == count + 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_bars_in_a_terminal(weft: Shell, flow: Path) -> None:
    import pty

    leader, follower = pty.openpty()
    args = ["run", str(flow), "--no-cache", "--set", "count.seconds=0.1"]
    process = subprocess.Popen(
        weft.command(*args),
        cwd=weft.folder,
        env=weft.env | {"TERM": "xterm-256color", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=follower,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(leader)
    assert process.stdout is not None
    out = process.stdout.read()
    process.stdout.close()
    assert process.wait(30) == 0
    assert b"out.txt" in out
    assert b"steps/s" in shown
    assert b"count" in shown
    # The cursor that the bars hid is back.
    assert shown.rfind(b"\x1b[?25h") > shown.rfind(b"\x1b[?25l") >= 0


def test_interrupted_before_there_is_a_run(
    in_process: InProcess, flow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("weft.cli.documents.read_workflow", interrupted)
    done = in_process("run", str(flow), "--json")
    assert done.code == 130
    assert done.last["status"] == "cancelled"


def test_closed_streams(weft: Shell, flow: Path) -> None:
    line = " ".join(map(shlex.quote, weft.command("run", str(flow), "--json", "--no-cache")))
    for closed in (">&-", ">&- 2>&-"):
        done = subprocess.run(
            ["sh", "-c", f"{line} {closed}"],
            cwd=weft.folder,
            env=weft.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr


def test_a_full_disk(weft: Shell, flow: Path) -> None:
    assert weft("nodes").code == 0
    command = weft.command("run", str(flow), "--json", "--no-cache")
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 0 && exec "$@"', "sh", *command],
        cwd=weft.folder,
        env=weft.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "cannot be written: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["nodes"]["show"]["state"] == "ran"
    assert list((weft.folder / "output").iterdir()) == []


def test_of_many_nodes_only_the_slow_ones_are_told(in_process: InProcess, weft: Shell) -> None:
    nodes = {f"n{at}": node("number.int", {"value": at}) for at in range(1, 60)}
    nodes |= {f"s{at}": node("out.show", value=f"n{at}.value") for at in range(1, 60)}
    nodes["slow"] = node("number.slow", {"steps": 1, "seconds": 0.2})
    nodes["shown"] = node("out.show", value="slow.value")
    done = in_process("run", str(weft.write("many.json", {"weft": 1, "nodes": nodes})))
    assert done.code == 0
    assert "slow: " in done.err
    assert len(done.err.splitlines()) < 10


def test_plan_for_a_device_that_only_torch_could_open(
    in_process: InProcess, flow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weft.devices.has_driver", lambda: True)
    plan = in_process("run", str(flow), "--dry-run", "--json", "--device", "cuda:3")
    assert plan.last["device"] == "cuda:3"
    assert in_process("run", str(flow), "--dry-run", "--device", "tpu").code == 2
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert in_process("run", str(flow), "--dry-run", "--json").last["device"] == "cpu"
