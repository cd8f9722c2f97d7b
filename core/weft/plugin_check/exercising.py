"""In a child: running a plugin's nodes on generated inputs, and watching what they do.

For every node a line when it begins and one when it is done, so that a crash has a culprit.
"""

from __future__ import annotations

import random
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from weft.checks import describe_value, output_checks
from weft.cli.shell import last_line
from weft.errors import Cancelled, WeftError
from weft.expansion import Expansion
from weft.global_state import PROCESS, THREAD, compare, read
from weft.node import Node
from weft.plugin_check.generating import CannotMakeError, Case, Maker, run
from weft.plugin_check.values_check import counters, edited, lost, opaque, unshown
from weft.registry import Registry
from weft.spec import NodeSpec
from weft.testing.laws import copied, difference

BUDGET = 15.0  # seconds after which a node's further cases are left out
ASPECTS = PROCESS + THREAD
ELSEWHERE = ("site-packages", "plugin_check")  # in the path of what is not the plugin's own code
SEEDS = (0x5EED1, 0x5EED2)


def exercise(question: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Two lines for each node: {"start": id}, then {"done": id, ...} with its problems."""
    import torch

    torch.set_num_threads(min(2, torch.get_num_threads()))
    registry = Registry.installed()
    with tempfile.TemporaryDirectory(prefix="weft-check-", ignore_cleanup_errors=True) as folder:
        maker = Maker(registry, question["distribution"], Path(folder))
        for id in question["nodes"]:
            spec = registry.get(id)
            if spec is None:
                yield {"done": id, "skipped": _absence(registry)}
                continue
            yield {"start": id}
            yield {"done": id} | _Exercise(spec, registry.load(spec), maker).all()


def _absence(registry: Registry) -> str:
    """Why a plugin that can be described is not among the installed ones."""
    why = "; ".join(f"{name}: {last_line(text)}" for name, text in registry.failed.items())
    return f"Weft does not take it in ({why or 'it is disabled'})"


class _Exercise:
    """One node under all its cases."""

    def __init__(self, spec: NodeSpec, node: Node[..., Any], maker: Maker) -> None:
        self.spec = spec
        self.node = node
        self.maker = maker
        self.checks = output_checks(node)
        self.problems: list[dict[str, str]] = []
        self.refusals: list[str] = []
        self.opaque: set[str] = set()
        self.case = Case("", {})
        self.ran = 0

    def all(self) -> dict[str, Any]:
        """Run every case; what came of it."""
        start = time.monotonic()
        cases = left = 0
        try:
            for case in self.maker.cases(self.spec, self.node):
                if time.monotonic() - start > BUDGET:
                    left += 1
                    continue
                cases += 1
                self.case = case
                self._one()
        except CannotMakeError as error:
            return {"skipped": str(error)}
        return {
            "cases": cases,
            "left": left,
            "ran": self.ran,
            "refusals": self.refusals,
            "problems": self.problems,
            "opaque": sorted(self.opaque),
        }

    def _one(self) -> None:
        inputs = {name: copied(value) for name, value in self.case.inputs.items()}
        kept = {name: copied(value) for name, value in inputs.items()}
        counts = {name: counters(value) for name, value in inputs.items()}
        _seed(SEEDS[0])
        before = read(ASPECTS)
        try:
            first = run(self.node, self.spec, inputs, self.maker.folder)
        except WeftError as error:
            self.refusals.append(f"{self.case.title}: {error}")
            return
        except (Exception, SystemExit, Cancelled) as error:
            self._says("raises", f"raised {type(error).__name__}: {error}", _line(error))
            return
        finally:
            for change in compare(ASPECTS, before):
                self._says("global-state", change.what)
        self.ran += 1
        if self._edited(inputs, kept, counts) or isinstance(first, Expansion):
            return
        self._looks_right(first)
        kept_first = copied(first)
        self._again(kept_first)

    def _edited(self, inputs: Any, kept: Any, counts: Any) -> bool:
        """Whether an input is not what it was."""
        for name, value in inputs.items():
            change = difference(kept[name], value)
            if edited(counts[name]) or change is not None:
                self._says("in-place", f"changed its input {name!r} in place{change or ''}")
                return True
        return False

    def _again(self, first: Any) -> None:
        """The same inputs, other global random numbers: the same outputs."""
        inputs = {name: copied(value) for name, value in self.case.inputs.items()}
        _seed(SEEDS[1])
        before = read(ASPECTS)
        try:
            second = run(self.node, self.spec, inputs, self.maker.folder)
        except (Exception, SystemExit, Cancelled) as error:
            self._says("deterministic", f"raised {type(error).__name__} the second time: {error}")
            return
        finally:
            compare(ASPECTS, before)
        change = difference(first, second, "it")
        if change is not None:
            self._says("deterministic", f"gave another answer the second time: {change}")
        self.opaque |= opaque(first)

    def _looks_right(self, result: Any) -> None:
        """What comes back has the kinds that the signature declares."""
        spec = self.spec
        if not spec.outputs:
            if result is not None:
                self._says("outputs", f"returned {describe_value(result)}", expected="nothing")
            return
        values = tuple(result) if spec.named_outputs and isinstance(result, tuple) else (result,)
        if len(values) != len(spec.outputs):
            expected = f"{len(spec.outputs)} outputs"
            self._says("outputs", f"returned {len(values)}", expected=expected)
            return
        for output, check, value in zip(spec.outputs, self.checks, values, strict=True):
            wanted = check(value) if check is not None else None
            if wanted is not None:
                text = f"gave {describe_value(value)} for {output.name!r}"
                self._says("outputs", text, expected=wanted)
                continue
            if output.kind in ("image", "mask", "list[image]", "list[mask]"):
                self._in_range(output.name, value)
            trouble = lost(value) or unshown(value)
            if trouble is not None:
                self._says("values", f"gave a value for {output.name!r} that {trouble}")

    def _in_range(self, name: str, value: Any) -> None:
        for one in value if isinstance(value, list) else [value]:
            if one.numel() == 0:
                self._says("outputs", f"gave an empty tensor {list(one.shape)} for {name!r}")
            elif not bool(one.isfinite().all()):
                self._says("outputs", f"gave NaN or infinity in {name!r}", expected="numbers")
            elif float(one.min()) < 0 or float(one.max()) > 1:
                low, high = float(one.min()), float(one.max())
                text = f"gave values from {low:.4g} to {high:.4g} in {name!r}"
                self._says("outputs", text, expected="values in 0..1")

    def _says(
        self, check: str, message: str, where: list[Any] | None = None, expected: str = ""
    ) -> None:
        """Note a problem: each sort once, with the case in which it came first."""
        if any(one["check"] == check for one in self.problems):
            return
        problem: dict[str, Any] = {"check": check, "message": message, "case": self.case.title}
        if expected:
            problem["expected"] = expected
        if where is not None:
            problem["where"] = where
        self.problems.append(problem)


def _seed(number: int) -> None:
    """Give the global generators, which a node must not read, a state that differs by run."""
    import numpy
    import torch

    random.seed(number)
    numpy.random.seed(number)
    torch.manual_seed(number)


def _line(error: BaseException) -> list[Any]:
    """The last line outside of libraries that an error came through."""
    lines = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    own = [one for one in lines if not any(part in one[0] for part in ELSEWHERE)]
    return list((own or lines)[-1])
