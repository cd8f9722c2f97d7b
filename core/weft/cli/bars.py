"""Progress bars in a terminal: one for the run, one for each node that reports its steps."""

from __future__ import annotations

import threading
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from weft.cli.progress import Rate, clock
from weft.events import Event, NodeFailed, NodeFinished, NodeProgress, NodeStarted, Planned

BLINK = 0.05  # seconds between two movements of the run's bar: a run may have 50,000 nodes


class _Speed(ProgressColumn):
    """Of a node steps per second and time left; of the run the time, and what runs now."""

    def render(self, task: Task) -> Text:
        rate = task.fields.get("rate")
        if isinstance(rate, Rate):
            return Text(rate.text(task.total).removeprefix(", "), style="cyan")
        return Text(f"{clock(task.elapsed or 0)} {task.fields.get('now', '')}", style="dim")


class Bars:
    """Bars on stderr. What is printed meanwhile appears above them."""

    def __init__(self, console: Console | None = None) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.completed:g}/{task.fields[of]}", markup=False),
            _Speed(),
            console=console or Console(stderr=True),
            transient=True,
        )
        self._lock = threading.Lock()
        self._run = self._progress.add_task("run", total=None, of="?")
        self._total = 0
        self._finished = 0
        self._nodes: dict[str, TaskID] = {}
        self._rates: dict[str, Rate] = {}
        self._running: dict[str, None] = {}
        self._moved = 0.0
        self._progress.start()

    def __call__(self, event: Event) -> None:
        """Move the bars."""
        with self._lock:
            match event:
                case Planned(run=run, cached=cached):
                    self._total = run + cached
                    self._show_run()
                case NodeStarted(node=node):
                    self._running[node] = None
                    self._show_run()
                case NodeProgress(node=node, done=done, total=total):
                    self._step(node, done, total)
                case NodeFinished(node=node) | NodeFailed(node=node):
                    self._finish(node)

    def close(self) -> None:
        """Take the bars away."""
        with self._lock:
            self._moved = 0.0
            self._show_run()
        self._progress.stop()

    def _show_run(self) -> None:
        now = time.monotonic()
        if now - self._moved < BLINK:
            return
        self._moved = now
        # Nodes that come into being during the run, and cached ones nobody reads, shift the total.
        total = max(self._total, self._finished)
        names = ", ".join(one for one in list(self._running)[:3] if one not in self._nodes)
        self._progress.update(
            self._run, total=total, completed=self._finished, of=f"{total}", now=names
        )

    def _step(self, node: str, done: float, total: float | None) -> None:
        rate = self._rates.setdefault(node, Rate())
        rate.add(done)
        of = f"{total:g}" if total else "?"
        if node not in self._nodes:
            self._nodes[node] = self._progress.add_task(node, total=total, of=of, rate=rate)
        self._progress.update(self._nodes[node], completed=done, total=total, of=of)

    def _finish(self, node: str) -> None:
        self._finished += 1
        self._running.pop(node, None)
        task = self._nodes.pop(node, None)
        if task is not None:
            self._progress.remove_task(task)
        self._show_run()
