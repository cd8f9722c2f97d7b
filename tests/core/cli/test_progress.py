"""What people see of a run: rates, durations, lines and bars."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from weft.cli.bars import Bars
from weft.cli.progress import Lines, Rate, clock, duration
from weft.events import NodeFailed, NodeFinished, NodeProgress, NodeStarted, Planned


def test_times() -> None:
    assert [clock(one) for one in (0, 59.4, 59.6, 3599, 3661)] == [
        "0:00",
        "0:59",
        "1:00",
        "59:59",
        "1:01:01",
    ]
    assert [duration(one) for one in (0.0012, 0.5, 2.34, 75)] == ["1 ms", "500 ms", "2.3 s", "1:15"]


def test_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("weft.cli.progress.time.monotonic", lambda: now)
    rate = Rate()
    rate.add(0)
    assert rate.text(10) == ""
    now = 102.0
    rate.add(4)
    assert rate.text(10) == ", 2.0 steps/s, 0:03 left"
    assert rate.text(None) == ", 2.0 steps/s"
    now = 116.0
    assert rate.text(10) == ", 2.0 steps/s, 0:03 left"
    rate.add(8)
    assert rate.text(10) == ", 2.0 s/step, 0:04 left"


def test_lines_speak_of_a_long_node_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 0.0
    monkeypatch.setattr("weft.cli.progress.time.monotonic", lambda: now)
    lines = Lines()
    lines(Planned(2, 1, 0))
    lines(NodeFinished("old", "cached", 0.0, tier="disk"))
    lines(NodeStarted("slow", "a.b"))
    for step in range(13):
        lines(NodeProgress("slow", step, 12))
        now += 1
    lines(NodeFinished("slow", "ran", 13.0))
    lines(NodeFailed("bad", "a.b", "no"))
    assert capsys.readouterr().err.splitlines() == [
        "2 to run, 1 cached",
        "old: cached (disk)",
        "slow: 5/12, 1.0 steps/s, 0:07 left",
        "slow: 10/12, 1.0 steps/s, 0:02 left",
        "slow: 13.0 s",
        "bad: failed",
    ]


def test_bars() -> None:
    stream = io.StringIO()
    bars = Bars(Console(file=stream, force_terminal=True, width=100))
    bars(Planned(1, 1, 0))
    bars(NodeFinished("old", "cached", 0.0))
    bars(NodeStarted("slow [bold]", "a.b"))
    for step in range(4):
        bars(NodeProgress("slow [bold]", step, None if step == 0 else 3))
    bars(NodeFinished("slow [bold]", "ran", 1.0))
    # More nodes than were planned came into being.
    bars(NodeFailed("extra", "a.b", "no"))
    bars.close()
    shown = stream.getvalue()
    assert "3/3" in shown
    assert "\x1b[?25h" in shown
