"""What stands behind the contexts of a run's nodes: reports go to the log, work to the lanes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from weft.context import Context
from weft.errors import InputError
from weft.events import EventLog, NodePreview, NodeProgress, Output
from weft.lanes import Lanes

T = TypeVar("T")


class RunHost:
    """The `Host` of one run. `outputs` collects what nodes made for the person, by node."""

    def __init__(
        self,
        *,
        device: str,
        lanes: Lanes,
        log: EventLog,
        cancelled: threading.Event,
        output_dir: Path | None,
        workflow: Callable[[], dict[str, Any]] | None,
        find_model: Callable[[str, str], Path],
        uploads: Path | None = None,
    ) -> None:
        self.outputs: dict[str, list[dict[str, Any]]] = {}
        self._device = device
        self._lanes = lanes
        self._log = log
        self._cancelled = cancelled
        self._output_dir = output_dir
        self._workflow = workflow
        self._find_model = find_model
        self._uploads = uploads

    def context(self, node: str) -> Context:
        """The context of a node."""
        return Context(
            node=node,
            device=self._device,
            output_dir=self._output_dir,
            host=self,
            cancelled=self._cancelled,
            workflow=self._workflow,
            models=self._find_model,
            uploads=self._uploads,
        )

    def progress(self, node: str, done: float, total: float | None) -> None:
        """Record how far a node has come."""
        self._log.add(NodeProgress(node, done, total))

    def preview(self, node: str, render: Callable[[], Any]) -> None:
        """Publish a picture of unfinished work."""
        self._log.add(NodePreview(node, render))

    def output(self, node: str, item: dict[str, Any]) -> None:
        """Record something a node made for the person. Raises InputError for a stray file."""
        path = item.get("path")
        if path is not None and self._output_dir is not None:
            _check_inside(Path(path), self._output_dir)
        self.outputs.setdefault(node, []).append(item)
        self._log.add(Output(node, item))

    async def on_lane(self, lane: str, function: Callable[[], T]) -> T:
        """Run a function on a lane and wait for its answer."""
        return await self._lanes.call(lane, function)


def _check_inside(path: Path, folder: Path) -> None:
    """A server shows outputs to other machines: none may be a file from elsewhere."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{path} is no output: it lies outside the output folder")
