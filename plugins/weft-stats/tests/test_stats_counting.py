"""What the listener counts of real runs, and what it writes when many write or nobody can."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import weft_stats
from weft import Cache, Finished, InputError, NodeFailed, NodeFinished, Queued, node
from weft.testing import run_workflow
from weft_stats import counts, listener, store
from weft_stats.counts import NodeCount, RunCount, Tally
from weft_stats.listener import Recorder
from weft_stats.store import EVER, Store, clear, read

PLUGINS = {"weft-stats": "weft_stats.plugin"}
NOON = 1_767_268_800.0  # seconds since the epoch; 2026-01-01 at noon in Greenwich
DAY = 86_400.0
SECRET = "a castle at night"


@node("t:text.double", lane="inline")
def double(text: str) -> str:
    """Double."""
    return text * 2


@node("t:text.fail", lane="inline")
def fail(text: str) -> str:
    """Fail."""
    raise ValueError(f"no {text}")


NODES = [double, fail]


def run(type_id: str, cache: Cache) -> str:
    nodes = {
        "castle": {"type": "t:text.double", "version": 1, "values": {"text": SECRET}},
        "last": {"type": type_id, "version": 1, "links": {"text": "castle.value"}},
    }
    workflow = {"weft": 1, "nodes": nodes}
    return run_workflow(
        workflow, targets=["last"], nodes=NODES, plugins=PLUGINS, cache=cache, check=False
    ).status


def test_real_runs_are_counted(path: Path) -> None:
    cache = Cache()
    assert run("t:text.double", cache) == "done"
    assert run("t:text.double", cache) == "done"
    assert run("t:text.fail", cache) == "failed"
    kept = read(path, EVER, EVER)
    runs = kept.runs[EVER]
    assert (runs.done, runs.failed, runs.cancelled) == (2, 1, 0)
    assert runs.seconds > 0
    assert set(kept.by_type()) == {"t:text.double", "t:text.fail"}
    doubled = kept.by_type()["t:text.double"]
    # "last" was cached in the second run, where nobody asked for "castle"; that was in the third.
    assert (doubled.ran, doubled.cached, doubled.failed) == (2, 2, 0)
    assert 0 < doubled.longest <= doubled.seconds
    assert doubled.bytes > 0
    assert kept.by_type()["t:text.fail"] == NodeCount(failed=1)
    days = read(path, "2000-01-01", "2999-12-31")
    assert len(days.runs) == 1
    assert days.all_runs() == runs
    assert days.by_type() == kept.by_type()


def test_nothing_private_is_written(path: Path) -> None:
    cache = Cache()
    run("t:text.double", cache)
    run("t:text.fail", cache)
    listener.RECORDER.close()
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    content = path.read_bytes()
    assert b"t:text.fail" in content
    for private in (SECRET, "castle", "last", "ValueError"):
        assert private.encode() not in content


def tell(recorder: Recorder, job: str = "1", when: float = NOON, **more: Any) -> None:
    """A job with one node that ran for two seconds and one that was cached."""
    recorder.hear(job, Queued(job))
    recorder.hear(job, NodeFinished("n", "ran", 2.0, 100, type="t:a"))
    recorder.hear(job, NodeFinished("m", "cached", 0.0, 50, "host", "t:a"))
    finished = Finished(more.get("status", "done"), 3.0, {}, {})
    finished.time = when
    recorder.hear(job, finished)


def test_jobs_at_once_do_not_mix(path: Path) -> None:
    recorder = Recorder()
    for job in ("1", "2"):
        recorder.hear(job, Queued(job))
    recorder.hear("1", NodeFinished("n", "ran", 1.0, 1, type="t:a"))
    recorder.hear("2", NodeFailed("n", "t:b", "no"))
    cancelled = Finished("cancelled", 1.0, {}, {})
    cancelled.time = NOON
    recorder.hear("2", cancelled)
    assert set(read(path, EVER, EVER).by_type()) == {"t:b"}
    # The same id again, after a run that ended without a word.
    recorder.hear("1", Queued("1"))
    tell(recorder, "1")
    recorder.close()
    kept = read(path, EVER, EVER)
    assert kept.by_type()["t:a"] == NodeCount(1, 1, 0, 2.0, 2.0, 100)
    assert kept.runs[EVER] == RunCount(1, 0, 1, 4.0)


def test_runs_that_end_without_a_word_do_not_pile_up(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "MOST_JOBS", 3)
    recorder = Recorder()
    for number in range(10):
        recorder.hear(str(number), Queued(str(number)))
        recorder.hear(str(number), NodeFailed("n", "t:a", "no"))
    for number in range(10):
        finished = Finished("failed", 1.0, {}, {})
        finished.time = NOON
        recorder.hear(str(number), finished)
    recorder.close()
    kept = read(path, EVER, EVER)
    assert (kept.runs[EVER].failed, kept.by_type()["t:a"].failed) == (10, 3)


def test_old_days_go_and_the_sums_stay(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEPT_DAYS", 3)
    recorder = Recorder()
    for number in (0, 1, 2, 2, 3, 4):
        tell(recorder, when=NOON + number * DAY)
    recorder.close()
    kept = read(path, "0000-00-00", "9999-99-99")
    assert [one.done for one in kept.runs.values()] == [2, 1, 1]
    assert sorted({day for day, _ in kept.nodes}) == list(kept.runs)
    assert read(path, EVER, EVER).by_type()["t:a"] == NodeCount(6, 6, 0, 12.0, 2.0, 600)
    assert counts.KEPT_DAYS >= 366


WRITER = """
import sys
from weft import Finished, NodeFinished, Queued
from weft_stats.listener import count
print("ready", flush=True)
sys.stdin.readline()
for number in range(60):
    job = str(number)
    count(job, Queued(job))
    count(job, NodeFinished("n", "ran", 1.0, 10, type="t:" + "ab"[number % 2]))
    count(job, Finished("done", 1.0, {}, {}))
assert "torch" not in sys.modules
"""


def test_two_processes_write_at_once(path: Path) -> None:
    package = Path(weft_stats.__file__).parents[1]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package), *filter(None, sys.path)])}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    said = [child.communicate(timeout=60) for child in children]
    assert [child.returncode for child in children] == [0, 0], said
    kept = read(path, EVER, EVER)
    assert kept.runs[EVER].done == 120
    assert {type_id: one.ran for type_id, one in kept.by_type().items()} == {"t:a": 60, "t:b": 60}


def test_a_locked_file_costs_a_warning_and_loses_nothing(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "WAIT", 0.02)
    recorder = Recorder()
    tell(recorder)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        tell(recorder)
        tell(recorder)
        other.execute("ROLLBACK")
    assert read(path, EVER, EVER).runs[EVER].done == 1
    warnings = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert ["locked" in one.getMessage() for one in warnings] == [True]
    tell(recorder)
    assert read(path, EVER, EVER).runs[EVER].done == 4
    recorder.close()


def test_what_waits_is_written_when_the_process_ends(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "WAIT", 0.0)
    recorder = Recorder()
    Store(path).add(Tally(), 1.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        tell(recorder)
        other.execute("ROLLBACK")
    monkeypatch.setenv("WEFT_PLUGIN_DATA", str(path.parent / "elsewhere"))
    recorder.close()
    assert read(path, EVER, EVER).runs[EVER].done == 1
    assert not (path.parent / "elsewhere").exists()


@pytest.mark.parametrize("damage", ["header", "middle"])
def test_a_damaged_file_is_put_aside(
    path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder()
    tell(recorder)
    recorder.close()
    content = bytearray(path.read_bytes())
    if damage == "header":
        content[:100] = b"x" * 100
    else:
        content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot be read: .*--clear"):
        read(path, EVER, EVER)
    tell(recorder)
    assert read(path, EVER, EVER).runs[EVER].done == 1
    assert path.with_suffix(".damaged").read_bytes() == content
    assert "begin anew" in caplog.text
    recorder.close()


def test_a_file_that_is_gone_is_made_again(path: Path) -> None:
    recorder = Recorder()
    tell(recorder)
    shutil.rmtree(path.parent)
    tell(recorder)
    recorder.close()
    assert read(path, EVER, EVER).runs[EVER].done == 1


def test_a_run_goes_on_where_nothing_can_be_written(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.parent.mkdir()
    path.parent.write_text("a file, where the folder should be")
    assert run("t:text.double", Cache()) == "done"
    assert "the run is not affected" in caplog.text
    assert "was dropped" not in caplog.text
    path.parent.unlink()


def test_a_full_disk_changes_nothing(path: Path) -> None:
    recorder = Recorder()
    tell(recorder)
    kept = recorder._stores[path]
    assert kept._connection is not None
    pages = kept._connection.execute("PRAGMA page_count").fetchone()[0]
    kept._connection.execute(f"PRAGMA max_page_count = {pages}")
    many = Tally()
    many.add_run(
        "2026-01-02", RunCount(done=1), {f"t:{n}" * 9: NodeCount(ran=1) for n in range(999)}
    )
    with pytest.raises(sqlite3.OperationalError, match="full"):
        kept.add(many, 0.1)
    assert read(path, EVER, EVER).runs[EVER].done == 1
    tell(recorder)
    assert read(path, EVER, EVER).runs[EVER].done == 2
    recorder.close()


def test_the_file_of_a_newer_version_is_left_alone(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder()
    tell(recorder)
    recorder.close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 2")
    tell(recorder)
    assert "update weft-stats" in caplog.text
    with pytest.raises(InputError, match="is of version 2"):
        read(path, EVER, EVER)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT done FROM runs WHERE day = 'ever'").fetchone() == (1,)
    with pytest.raises(InputError, match="is of version 2"):
        clear(path)
    recorder.close()
