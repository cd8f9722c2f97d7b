"""spandrel, imported late, and also beside a torchvision that does not fit torch.

spandrel imports three names of torchvision, for LaMa and RestoreFormer, which fill holes and
restore faces; neither is an upscaler. But torchvision fails to import where it was built for CUDA
and torch for the CPU, as package indexes give them by default. Then something that has these
names stands in for it while spandrel is imported.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NoReturn

from weft_nodes import importing


def spandrel() -> Any:
    """The module. Its first import takes about a second after torch's."""
    with importing():  # no other thread may see what stands in
        if "spandrel" in sys.modules or _has_torchvision():
            return importlib.import_module("spandrel")
        with _stand_in():
            return importlib.import_module("spandrel")


def warm_up() -> None:
    """Import all of it now."""
    spandrel()


def _has_torchvision() -> bool:
    try:
        importlib.import_module("torchvision.transforms.functional")
    except Exception:  # whatever a library raises that was built for another
        return False
    return True


@contextmanager
def _stand_in() -> Iterator[None]:
    """Modules with torchvision's names, for as long as spandrel is imported."""
    names = "torchvision", "torchvision.transforms", "torchvision.transforms.functional"
    before = {name: sys.modules.get(name) for name in names if name in sys.modules}
    functional = ModuleType(names[-1])
    for name in ("InterpolationMode", "normalize", "rotate"):
        setattr(functional, name, _Missing())
    sys.modules |= {name: ModuleType(name) for name in names[:-1]} | {names[-1]: functional}
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)  # type: ignore[arg-type]  # None hides a module


class _Missing:
    """Says what is wrong where one of the architectures that need torchvision is run."""

    def __call__(self, *args: object, **options: object) -> NoReturn:
        raise RuntimeError("torchvision cannot be imported: it does not fit the installed torch")

    def __getattr__(self, name: str) -> Any:
        return self
