"""The built editor: its page, and the files that the page loads.

Those under `assets` carry a digest of their content in their names: what one of them says never
changes.
"""

from __future__ import annotations

from pathlib import Path

from weft import InputError, confined
from weft_web.api.static import StaticFile, read_static

BUILT = Path(__file__).parent.parent / "static"


class Editor:
    """The built editor in a folder, if it is there. Its methods block: call them in a thread."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = BUILT if folder is None else folder

    def page(self) -> StaticFile | None:
        """The page; None where the editor is not built."""
        return read_static(self.folder / "index.html")

    def icon(self) -> StaticFile | None:
        """The page's icon."""
        return read_static(self.folder / "icon.svg")

    def asset(self, name: str) -> StaticFile | None:
        """What the page loads by that name; None where there is no such file."""
        try:
            return read_static(confined(self.folder / "assets", name))
        except InputError:
            return None
