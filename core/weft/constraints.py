"""What `Annotated` may add to an input: its range, its widget, its choices.

steps: Annotated[int, Range(1, 1000)] = 20
amount: Annotated[float, Slider(0, 1)] = 0.5
text: Annotated[str, Text(multiline=True)] = ""
file: Annotated[str, Choices.files("checkpoints")]
tint: Annotated[str, Widget("acme/colour")] = "#ffffff"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from weft.errors import SpecError
from weft.offers import Group

WIDGET_NAME = re.compile(r"[a-z][a-z0-9_-]*/[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Range:
    """A number from `minimum` to `maximum`, both allowed; `step` is what the widget moves by."""

    minimum: float
    maximum: float
    step: float | None = None
    widget = "number"

    def schema(self) -> dict[str, Any]:
        """The constraint as JSON Schema, plus `x-` hints for the editor."""
        data: dict[str, Any] = {"minimum": self.minimum, "maximum": self.maximum}
        if self.step is not None:
            data["x-step"] = self.step
        return data | {"x-widget": self.widget}


@dataclass(frozen=True, slots=True)
class Slider(Range):
    """A `Range` that the editor shows as a slider."""

    widget = "slider"


@dataclass(frozen=True, slots=True)
class Seed:
    """A seed, 0 to 2**64 - 1; the editor offers fixed, random and increment."""

    def schema(self) -> dict[str, Any]:
        """The constraint as JSON Schema, plus `x-` hints for the editor."""
        return {"minimum": 0, "maximum": 2**64 - 1, "x-widget": "seed"}


@dataclass(frozen=True, slots=True)
class Text:
    """A text; `multiline` asks for a larger field."""

    multiline: bool = False
    max_length: int = 100_000

    def schema(self) -> dict[str, Any]:
        """The constraint as JSON Schema, plus `x-` hints for the editor."""
        widget = "textarea" if self.multiline else "text"
        return {"maxLength": self.max_length, "x-widget": widget}


@dataclass(frozen=True, slots=True)
class Choices:
    """One of a list that is made when it is asked for.

    `Choices(function)` calls the function, which returns the allowed texts. `Choices.files(folder)`
    lists the model files in a folder such as "checkpoints"; it is data, so it needs no import, and
    the chosen file's content becomes part of the node's cache key. `Choices.uploads()` names any
    file by path, or in a server an uploaded one by name, whose content joins the key likewise;
    `ctx.input_file(name)` gives its path. `Choices.offered(group)` lists what plugins offer by name
    in a group such as "samplers"; the code behind the chosen one joins the key.
    """

    ask: Callable[[], Sequence[str]] | None = None
    folder: str | None = None
    path: bool = False
    group: str | None = None

    @classmethod
    def files(cls, folder: str) -> Choices:
        """The model files of a folder: "checkpoints", "vae", "loras" and so on."""
        return cls(folder=folder)

    @classmethod
    def uploads(cls) -> Choices:
        """A file of the person's own: by its path, or in a server by its name among the uploads."""
        return cls(path=True)

    @classmethod
    def offered(cls, group: Group) -> Choices:
        """What plugins offer in a group: "samplers", "schedules", "guiders" and so on."""
        return cls(group=group)

    def schema(self) -> dict[str, Any]:
        """The constraint as JSON Schema, plus `x-` hints for the editor."""
        if self.group is not None:
            return {"x-offered": self.group}
        if self.folder is not None:
            return {"x-widget": "files", "x-folder": self.folder}
        if self.path:
            return {"x-widget": "path", "x-path": True}
        return {"x-widget": "choices", "x-choices": True}


@dataclass(frozen=True, slots=True)
class Widget:
    """Edited in the editor by a widget that a plugin brings, such as "acme/colour".

    The hook `weft_web_assets` says where the widget is. Beside a `Range` or a `Text`, which then
    bounds the value. Where the plugin's widget cannot be shown, the value can still be written.
    Raises SpecError for a name that is not "namespace/name".
    """

    name: str

    def __post_init__(self) -> None:
        if not WIDGET_NAME.fullmatch(self.name):
            raise SpecError(
                f"{self.name!r} cannot name a widget; expected `namespace/name`, in small letters, "
                "digits, dashes and underscores"
            )

    def schema(self) -> dict[str, Any]:
        """The constraint as JSON Schema, plus `x-` hints for the editor."""
        return {"x-widget": self.name}


@dataclass(frozen=True, slots=True)
class Advanced:
    """A value that few people set: the editor folds it away until it is asked for."""

    def schema(self) -> dict[str, Any]:
        """The constraint as JSON Schema, plus `x-` hints for the editor."""
        return {"x-advanced": True}


Constraint = Range | Seed | Text | Choices | Widget | Advanced
