"""The workflows that ship, to begin from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import weft_web
from weft import InputError, Workflow, WorkflowError, confined

HERE = Path(weft_web.__file__).parent
# In an installed package beside the code; in a clone of the repository at its root.
SHIPPED = next(
    (one for one in (HERE / "workflows", HERE.parent.parent / "workflows") if one.is_dir()),
    HERE / "workflows",
)


@dataclass(frozen=True, slots=True)
class Template:
    """A workflow that ships. picture: a small WebP of what it makes, where there is one."""

    name: str
    workflow: Workflow
    picture: Path | None

    @property
    def title(self) -> str:
        """What it is called."""
        return str(self.workflow.view.get("title") or self.name)

    @property
    def description(self) -> str:
        """What it does, in a sentence."""
        return str(self.workflow.view.get("description") or "")


class Templates:
    """The workflows in a folder. The methods block: call them in a thread."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = SHIPPED if folder is None else folder

    def list(self) -> list[Template]:
        """All of them, the simplest first."""
        found = [self.get(path.stem) for path in self.folder.glob("*.json")]
        known = [one for one in found if one is not None]
        return sorted(known, key=lambda one: (len(one.workflow.nodes), one.name))

    def get(self, name: str) -> Template | None:
        """The one of that name; None where there is none that can be read."""
        try:
            path = confined(self.folder, f"{name}.json")
            stat = path.stat()
            workflow = _read(path, stat.st_mtime_ns, stat.st_size)
        except (InputError, OSError, WorkflowError):
            return None
        picture = path.with_suffix(".webp")
        return Template(name, workflow, picture if picture.is_file() else None)


@lru_cache(maxsize=64)
def _read(path: Path, modified: int, size: int) -> Workflow:
    """The workflow of a file as it was when it had this time and size."""
    return Workflow.load(path)
