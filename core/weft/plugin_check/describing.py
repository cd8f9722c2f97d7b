"""In a child: importing a plugin as Weft does to describe it, and watching what that brings in."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from types import FrameType, ModuleType
from typing import Any

from weft.global_state import PROCESS, THREAD, compare, read
from weft.node import Node
from weft.plugins import Catalogue, build_catalogue

# What takes long to import, or much memory. The last two are quick enough to only warn of.
HEAVY = frozenset(
    {
        "accelerate",
        "av",
        "bitsandbytes",
        "cv2",
        "datasets",
        "diffusers",
        "gradio",
        "imageio",
        "jax",
        "kornia",
        "matplotlib",
        "moviepy",
        "numba",
        "onnx",
        "onnxruntime",
        "pandas",
        "peft",
        "pytorch_lightning",
        "skimage",
        "sklearn",
        "scipy",
        "spandrel",
        "sympy",
        "tensorflow",
        "timm",
        "torch",
        "torchaudio",
        "torchvision",
        "transformers",
        "triton",
        "ultralytics",
        "xformers",
    }
)
SLOW = frozenset({"numpy", "PIL"})


class Watch(MetaPathFinder):
    """Notes where each heavy module is imported from, the first time. Finds nothing itself."""

    def __init__(self, packages: Sequence[str]) -> None:
        self.packages = packages
        self.seen: dict[str, dict[str, Any]] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        """Asked for every module that is not imported yet."""
        if fullname in HEAVY | SLOW and fullname not in self.seen:
            by, own = self._importers(sys._getframe(1))
            self.seen[fullname] = {"module": fullname, "by": by, "own": own}

    def _importers(self, frame: FrameType | None) -> tuple[str, list[Any] | None]:
        """The module that asks for it, and the line of the plugin that began it."""
        by = ""
        while frame is not None:
            name = str(frame.f_globals.get("__name__", ""))
            if not name.startswith("importlib") and name != "_frozen_importlib":
                by = by or name
                if name.partition(".")[0] in self.packages:
                    return by, [frame.f_code.co_filename, frame.f_lineno]
            frame = frame.f_back
        return by, None


def describe(question: dict[str, str]) -> Iterator[dict[str, Any]]:
    """One line: the catalogue, what was imported with it, and what only the code can tell."""
    watch = Watch([question["module"].partition(".")[0]])
    sys.meta_path.insert(0, watch)
    aspects = PROCESS + THREAD
    before = read(aspects)
    start = time.process_time()
    catalogue = build_catalogue(
        question["point"], question["module"], question["distribution"], question["version"]
    )
    seconds = time.process_time() - start
    yield {
        "catalogue": catalogue.dumps(),
        "seconds": seconds,
        "state": [one.what for one in compare(aspects, before)],
        "heavy": [one for name, one in watch.seen.items() if name in sys.modules],
        "nodes": {} if catalogue.error else {one.id: _facts(one) for one in catalogue.nodes},
        "kinds": list(_classes(watch.packages)),
        "offers": list(_offers(catalogue)),
    }


def _facts(spec: Any) -> dict[str, Any]:
    """What the catalogue does not hold of a node: its place, its choices, its migrations."""
    member: Node[..., Any] = getattr(sys.modules[spec.module], spec.attribute)
    code = member.function.__code__
    choices: dict[str, Any] = {}
    for one in spec.inputs:
        if "x-choices" in one.schema:
            try:
                choices[one.name] = [str(each) for each in member.choices(one.name)]
            except Exception as error:
                choices[one.name] = f"{type(error).__name__}: {error}"
    return {
        "file": code.co_filename,
        "line": code.co_firstlineno,
        "choices": choices,
        "migrations": sorted(member.migrations),
    }


def _classes(packages: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The kinds that are classes of the plugin, and whether their values stay as they are."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in packages:
            continue
        for one in list(vars(module).values()):
            if isinstance(one, type) and one.__module__ == name and "__weft_kind__" in vars(one):
                parameters = getattr(one, "__dataclass_params__", None)
                frozen = dataclasses.is_dataclass(one) and bool(parameters and parameters.frozen)
                # A protocol leaves open what values are; a class with such methods takes care.
                own = any(attribute.startswith("weft_") for attribute in vars(one))
                frozen = frozen or own or bool(getattr(one, "_is_protocol", False))
                yield {
                    "id": vars(one)["__weft_kind__"].id,
                    "class": f"{name}.{one.__qualname__}",
                    "module": name,
                    "name": one.__name__,
                    "frozen": frozen,
                }


def _offers(catalogue: Catalogue) -> Iterator[dict[str, str]]:
    """What a plugin names that cannot be imported when it is used."""
    for offer in catalogue.offers:
        try:
            offer.load(object)
        except BaseException as error:
            yield {"offer": str(offer), "error": f"{type(error).__name__}: {error}"}
