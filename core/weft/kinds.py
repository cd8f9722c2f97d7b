"""Socket kinds: what may flow along a link.

A kind has an id, a colour and a shape for the editor, and, for tensors, the rank and dtype that a
value must have. Two sorts of annotation name a kind:

- `Annotated[Tensor, Kind(...)]` for plain tensors, such as `Image` and `Mask`;
- a frozen dataclass decorated with `@kind(...)`: the class is the kind.

How a value of such a class is sized, moved to a device, stored on disk and shown follows from its
fields: tensors, primitives, lists, dicts and other frozen dataclasses. A class that holds more than
that says it in methods of its own: `Weighs`, `Moves`, `Stores` and `Shows` are their signatures.

This module must not import torch: node declarations are read by programs that never touch a
tensor. At run time `Tensor` is a placeholder that only annotations use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    Protocol,
    Self,
    TypeVar,
    runtime_checkable,
)

if TYPE_CHECKING:
    from torch import Tensor as Tensor
else:

    class Tensor:
        """Stands for `torch.Tensor` in annotations, so that they need no torch."""


Shape = Literal["circle", "square", "diamond", "triangle", "hexagon", "ring", "pill"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A socket kind.

    id: the kind's name, unique; a plugin prefixes its own with `namespace:`.
    colour: `#rrggbb`, for sockets and links in the editor.
    shape: the socket's outline, so that kinds differ without colour too.
    rank, dtype: for tensors, what every value must have; None where anything goes.
    help: one sentence.
    """

    id: str
    colour: str = "#9aa0a6"
    shape: Shape = "circle"
    rank: int | None = None
    dtype: str | None = None
    help: str = ""


Image = Annotated[
    Tensor,
    Kind("image", "#4f9dde", "square", 4, "float32", "float32 [B, H, W, C], values in 0..1"),
]
Mask = Annotated[
    Tensor,
    Kind("mask", "#8bc48a", "ring", 3, "float32", "float32 [B, H, W], 1 = selected"),
]


@runtime_checkable
class Weighs(Protocol):
    """A value that holds memory which its fields do not show."""

    def weft_bytes(self) -> int:
        """Bytes of host memory, besides tensors in fields. The cache's budgets count them."""
        ...


@runtime_checkable
class Moves(Protocol):
    """A value that knows how to be in another place."""

    def weft_moved(self, device: str) -> Self:
        """The same value on a device, such as "cpu" or "cuda:0"; itself where it is there.

        Without it, a value moves by its fields; one with an opaque field stays until it is evicted.
        """
        ...


@runtime_checkable
class Stores(Protocol):
    """A value that can be written to disk though its fields cannot."""

    def weft_stored(self) -> object:
        """What is written: tensors, primitives, lists and dicts of them by text."""
        ...

    @classmethod
    def weft_restored(cls, stored: Any) -> Self:
        """The inverse. Raises ValueError, KeyError or TypeError for what it did not write."""
        ...


@runtime_checkable
class Shows(Protocol):
    """A value that people can look at, with the node `value.show`."""

    def weft_shown(self) -> str | Tensor:
        """A text, or pictures as float32 [B, H, W, C] in 0..1."""
        ...


C = TypeVar("C", bound=type)


def kind(
    id: str, *, colour: str = "#9aa0a6", shape: Shape = "circle", help: str = ""
) -> Callable[[C], C]:
    """Make a class a socket kind. The class should be a frozen dataclass.

    >>> from dataclasses import dataclass
    >>> @kind("acme:palette", colour="#cc8844", shape="diamond")
    ... @dataclass(frozen=True)
    ... class Palette:
    ...     colours: tuple[str, ...]
    """

    def mark(cls: C) -> C:
        text = help or (cls.__doc__ or "").strip().split("\n")[0]
        cls.__weft_kind__ = Kind(id, colour, shape, help=text)  # type: ignore[attr-defined]
        return cls

    return mark
