"""Assertions that a node keeps the laws: the same outputs for the same inputs, and nothing else."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from typing import Any

from weft.checks import describe_value
from weft.errors import InPlaceEditError
from weft.node import Node
from weft.testing.running import run_and_tell
from weft.values import children, rebuilt, tensor_type


def assert_deterministic(
    function: Node[..., Any] | str, /, *, runs: int = 2, **inputs: Any
) -> None:
    """Assert that a node gives the same outputs, to the last bit, each time it is run.

    Between the runs the global random generators of Python, numpy and torch are set to different
    seeds: a node draws from a generator of its own, made from a `seed` that is an input.

    function: a node, or the type id of an installed one. inputs: its inputs by name.
    """
    outputs = []
    for seed in range(max(2, runs)):
        with _Seeded(seed):
            outputs.append(run_and_tell(function, copied(inputs))[0])
    for again in outputs[1:]:
        path = difference(outputs[0], again)
        if path is not None:
            raise AssertionError(f"{_name(function)}: the same inputs gave different outputs{path}")


def assert_pure(function: Node[..., Any] | str, /, **inputs: Any) -> None:
    """Assert that running a node leaves everything but its outputs as it was.

    That is: its inputs, down to the values in them, and what belongs to the whole process: the
    global random generators, torch's default dtype, device and threads, the current folder, the
    environment, the locale, signal handlers, threads that do not end.

    function: a node, or the type id of an installed one. inputs: its inputs by name.
    """
    kept = copied(inputs)
    try:
        _, changes = run_and_tell(function, inputs.copy())
    except InPlaceEditError as error:
        raise AssertionError(str(error)) from error
    path = difference(kept, inputs)
    if path is not None:
        raise AssertionError(f"{_name(function)}: it changed its inputs{path}")
    if changes:
        raise AssertionError(f"{_name(function)}: {'; '.join(changes)}")


def copied(value: Any) -> Any:
    """A value with copies of its tensors, lists and dictionaries; opaque parts are shared."""
    kind = tensor_type()
    if kind is not None and isinstance(value, kind):
        return value.clone()
    return rebuilt(value, copied)


def difference(first: Any, second: Any, path: str = "") -> str | None:
    """Where two values differ, in words; None where they are the same to the last bit."""
    kind = tensor_type()
    if kind is not None and isinstance(first, kind) and isinstance(second, kind):
        return _tensor_difference(first, second, path)
    if type(first) is not type(second):
        return f"{path}: {describe_value(first)} and then {describe_value(second)}"
    parts, others = children(first), children(second)
    if isinstance(first, (list, tuple, dict)) and len(first) != len(second):
        return f"{path}: {len(first)} and then {len(second)} parts"
    if isinstance(first, (list, tuple)):
        return _first(
            difference(one, two, f"{path}[{index}]")
            for index, (one, two) in enumerate(zip(first, second, strict=True))
        )
    if parts:
        if [step for step, _ in parts] != [step for step, _ in others]:
            return f"{path}: other keys"
        return _first(
            difference(one, two, path + step)
            for (step, one), (_, two) in zip(parts, others, strict=True)
        )
    if isinstance(first, float) and first != first and second != second:
        return None
    if first is second or _equal(first, second):
        return None
    return f"{path}: {describe_value(first)} and then {describe_value(second)}"


def _first(answers: Iterator[str | None]) -> str | None:
    return next((one for one in answers if one is not None), None)


def comparable(value: Any) -> bool:
    """Whether `==` tells of an object; one that compares by identity says nothing, nor a method."""
    return not callable(value) and type(value).__eq__ is not object.__eq__  # type: ignore[comparison-overlap]


def _equal(first: Any, second: Any) -> bool:
    """Equal, as far as can be told."""
    if not comparable(first):
        return True
    same = first == second
    return bool(same.all()) if hasattr(same, "all") else bool(same)  # arrays answer with arrays


def _tensor_difference(first: Any, second: Any, path: str) -> str | None:
    import torch

    if first.shape != second.shape or first.dtype != second.dtype:
        return f"{path}: {describe_value(first)} and then {describe_value(second)}"
    one, two = first.detach().cpu(), second.detach().cpu()
    unlike = ~((one == two) | (torch.isnan(one) & torch.isnan(two)))
    if not bool(unlike.any()):
        return None
    where = [int(axis) for axis in unlike.nonzero()[0]]
    values = f"{one[tuple(where)].item()} and then {two[tuple(where)].item()}"
    return (
        f"{path}: {int(unlike.sum())} of {unlike.numel()} values of {describe_value(first)}, "
        f"first at {where}: {values}"
    )


class _Seeded:
    """The global random generators at a seed, and afterwards as they were."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __enter__(self) -> None:
        self._random = random.getstate()
        random.seed(self._seed)
        if "numpy" in sys.modules:
            import numpy

            self._numpy = numpy.random.get_state()
            numpy.random.seed(self._seed)
        if "torch" in sys.modules:
            import torch

            self._torch = torch.get_rng_state()
            torch.manual_seed(self._seed)

    def __exit__(self, *_: object) -> None:
        random.setstate(self._random)
        if hasattr(self, "_numpy"):
            import numpy

            numpy.random.set_state(self._numpy)
        if hasattr(self, "_torch"):
            import torch

            torch.set_rng_state(self._torch)


def _name(function: Any) -> str:
    return function if isinstance(function, str) else function.spec.id
