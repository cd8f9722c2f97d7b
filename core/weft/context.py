"""What a running node may ask of the engine: progress, cancel, previews, its lane, its folder."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sized
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from weft.errors import Cancelled

T = TypeVar("T")
P = ParamSpec("P")


class Host(Protocol):
    """The run behind a context: receives what the node reports and lends its lanes."""

    def progress(self, node: str, done: float, total: float | None) -> None:
        """Record how far the node has come."""

    def preview(self, node: str, render: Callable[[], Any]) -> None:
        """Publish a picture of the unfinished work; `render` is called only if someone looks."""

    def output(self, node: str, item: dict[str, Any]) -> None:
        """Record something the node made for the person: a file, or a value to show."""

    async def on_lane(self, lane: str, function: Callable[[], T]) -> T:
        """Run a function on a lane and wait for its answer."""
        ...


class Context:
    """Handed to a node that has a parameter annotated `Context`.

    device: where tensors belong, for example "cpu" or "cuda:0".
    output_dir: the folder for files that the person is meant to find.
    log: a logger named after the node.
    """

    def __init__(
        self,
        *,
        node: str = "node",
        device: str = "cpu",
        output_dir: Path | None = None,
        host: Host | None = None,
        cancelled: threading.Event | None = None,
        workflow: dict[str, Any] | Callable[[], dict[str, Any]] | None = None,
        models: Callable[[str, str], Path] | None = None,
        uploads: Path | None = None,
    ) -> None:
        self.node = node
        self.device = device
        self._workflow = workflow
        self._uploads = uploads
        self._output_dir = output_dir
        self._host = host
        self._cancelled = cancelled or threading.Event()
        self._models = models

    @classmethod
    def null(cls, *, device: str = "cpu", output_dir: Path | None = None) -> Context:
        """A context with nothing behind it, for tests and for calling a node by hand."""
        return cls(device=device, output_dir=output_dir)

    @property
    def log(self) -> logging.Logger:
        """A logger named after the node."""
        return logging.getLogger(f"weft.node.{self.node}")

    @property
    def workflow(self) -> dict[str, Any] | None:
        """The document being run, as JSON data, for embedding in outputs; None in tests."""
        return self._workflow() if callable(self._workflow) else self._workflow

    @property
    def output_dir(self) -> Path:
        """The folder for outputs; a fresh temporary folder where none was given.

        Make it, and folders inside it, as needed. Files reported by `output` lie inside it.
        """
        if self._output_dir is None:
            self._output_dir = Path(tempfile.mkdtemp(prefix="weft-"))
        return self._output_dir

    def model_file(self, folder: str, name: str) -> Path:
        """The path of a model file chosen by name, such as ("checkpoints", "sd15.safetensors").

        Raises InputError if no models folder holds it.
        """
        if self._models is None:
            from weft.files import ModelFolders

            self._models = ModelFolders.default().find
        return self._models(folder, name)

    def input_file(self, name: str) -> Path:
        """The path of the person's own file that an input of `Choices.uploads()` names.

        Headless, the name is a path. In a server it is the name of an uploaded file, and nothing
        else can be read: raises InputError for a name that leads out of the folder.
        """
        from weft.named_files import input_file

        return input_file(name, self._uploads)

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if the run was cancelled."""
        if self._cancelled.is_set():
            raise Cancelled(f"cancelled in node {self.node}")

    def progress(self, done: float, total: float | None = None) -> None:
        """Report that `done` of `total` units are finished. Also a point of cancellation."""
        self.check_cancelled()
        if self._host is not None:
            # A tensor's item or another library's number would be no JSON data.
            self._host.progress(self.node, _plain(done), None if total is None else _plain(total))

    def track(self, items: Iterable[T], total: int | None = None) -> Iterator[T]:
        """Iterate, reporting progress and stopping where the run is cancelled."""
        if total is None and isinstance(items, Sized):
            total = len(items)
        self.progress(0, total)
        for count, item in enumerate(items, start=1):
            yield item
            self.progress(count, total)

    def preview(self, render: Callable[[], Any]) -> None:
        """Offer a picture of the unfinished work.

        render: returns an image tensor, float [H, W, 3] in 0..1; called only if someone looks.
        """
        if self._host is not None:
            self._host.preview(self.node, render)

    def output(self, item: dict[str, Any]) -> None:
        """Record an output for the person: {"path": ...} for a file, {"text": ...} for a value.

        Raises InputError for a file outside the folder for outputs.
        """
        if self._host is not None:
            self._host.output(self.node, item)

    async def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function on the device lane and wait, letting other jobs use the lane between.

        For async nodes: everything that touches the device goes through here.
        """
        self.check_cancelled()
        if self._host is None:
            return function(*args, **kwargs)
        return await self._host.on_lane("device", lambda: function(*args, **kwargs))


def _plain(number: float) -> float:
    return number if isinstance(number, (int, float)) else float(number)
