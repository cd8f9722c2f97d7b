"""A context that remembers what a node told it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from weft.context import Context
from weft.events import Event, EventLog, NodePreview, NodeProgress
from weft.files import ModelFolders
from weft.host import RunHost
from weft.lanes import Lanes, without_grad
from weft.testing.device import current_device

T = TypeVar("T")


class RecordedContext(Context):
    """A `Context` as a run gives it, which keeps the node's reports for a test to look at.

    Pass it to `run_node` under the name of the node's own parameter:
    `run_node(save, image=picture, ctx=RecordedContext(output_dir=tmp_path))`.

    output_dir: the folder for outputs; a temporary one, removed at the end of the process, where
    none is given.
    cancel_after: the number of reports of progress after which the run is cancelled; `Cancelled`
    is then raised at the node's next report or check. None for a run that nobody cancels.
    """

    def __init__(
        self,
        *,
        output_dir: Path | None = None,
        device: str | None = None,
        cancel_after: int | None = None,
        models: ModelFolders | None = None,
        workflow: dict[str, Any] | None = None,
    ) -> None:
        self._log = EventLog()
        self._stop = threading.Event()
        self._cancel_after = cancel_after
        self._previews: list[Any] = []
        self._log.listen(self._heard)
        device = device or current_device().name
        output_dir = output_dir or temporary_folder()
        self._recording = RunHost(
            device=device,
            lanes=_Here(),
            log=self._log,
            cancelled=self._stop,
            output_dir=output_dir,
            workflow=None,
            find_model=_nowhere,
        )
        super().__init__(
            device=device,
            output_dir=output_dir,
            host=self._recording,
            cancelled=self._stop,
            workflow=workflow,
            models=models.find if models is not None else None,
        )

    def _heard(self, event: Event) -> None:
        if isinstance(event, NodePreview):
            self._previews.append(event.render())
        elif isinstance(event, NodeProgress) and self._cancel_after == len(self.reports):
            self._stop.set()

    @property
    def events(self) -> list[Event]:
        """Every event, in order."""
        return list(self._log.since(0))

    @property
    def reports(self) -> list[tuple[float, float | None]]:
        """Every report of progress, as (done, total)."""
        return [(one.done, one.total) for one in self.events if isinstance(one, NodeProgress)]

    @property
    def previews(self) -> list[Any]:
        """Every picture offered by `preview`, rendered."""
        return list(self._previews)

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """Every output: {"path": ...} for a file, {"text": ...} for a value."""
        return list(self._recording.outputs.get(self.node, []))

    def cancel(self) -> None:
        """Cancel the run, as a person does."""
        self._stop.set()


class _Here(Lanes):
    """Lanes without threads: what an async node asks of the device is done at once."""

    def __init__(self) -> None:
        self.closed = False
        self._pools = {}

    async def call(self, lane: str, function: Callable[[], T]) -> T:
        return without_grad(function)


def _nowhere(folder: str, name: str) -> Path:
    """The host is never asked: the context finds model files itself."""
    raise AssertionError(f"{folder}/{name}")


def temporary_folder() -> Path:
    """A new folder that is removed when the process ends."""
    folder = tempfile.mkdtemp(prefix="weft-testing-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
