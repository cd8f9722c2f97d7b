"""Checking run-time values against kinds: what a node returned, and what an `any` link brought."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from weft.expansion import Expansion
from weft.kinds import Kind
from weft.node import Node

# None where a value is right, else what was expected.
Check = Callable[[Any], str | None]


def output_checks(node: Node[..., Any]) -> tuple[Check | None, ...]:
    """A check for each output of a node; None where anything goes."""
    annotation = get_type_hints(node.function, include_extras=True).get("return")
    if hasattr(annotation, "_fields"):
        hints = get_type_hints(annotation, include_extras=True)
        return tuple(check_of(hints[one.name]) for one in node.spec.outputs)
    return tuple(check_of(annotation) for _ in node.spec.outputs)


def input_checks(node: Node[..., Any]) -> dict[str, Check | None]:
    """A check for each input of a node; None where anything goes."""
    hints = get_type_hints(node.function, include_extras=True)
    return {one.name: check_of(hints[one.name]) for one in node.spec.inputs}


def check_of(annotation: Any) -> Check | None:
    """The check that an annotation asks for; None where anything goes."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        for extra in args[1:]:
            if isinstance(extra, Kind):
                return _tensor_check(extra)
        return check_of(args[0])
    if annotation is Any or isinstance(annotation, TypeVar):
        return None
    if origin in (Union, types.UnionType):
        return _union_check([one for one in args if one is not Expansion])
    if origin is list or annotation is list:
        return _list_check(args)
    if origin is Literal:
        allowed = ", ".join(map(repr, args))
        return lambda value: None if value in args else f"one of {allowed}"
    if annotation is float:
        return _plain_check((int, float), "a float")
    if isinstance(origin, type):
        return _plain_check((origin,), f"a {origin.__name__}")
    if isinstance(annotation, type) and not getattr(annotation, "_is_protocol", False):
        return _plain_check((annotation,), f"a {annotation.__name__}")
    return None


def _plain_check(allowed: tuple[type, ...], expected: str) -> Check:
    def check(value: Any) -> str | None:
        if isinstance(value, bool) and bool not in allowed:
            return expected
        return None if isinstance(value, allowed) else expected

    return check


def _list_check(args: tuple[Any, ...]) -> Check:
    inner = check_of(args[0]) if args else None

    def check(value: Any) -> str | None:
        if not isinstance(value, list):
            return "a list"
        for index, one in enumerate(value) if inner is not None else ():
            expected = inner(one) if inner is not None else None
            if expected is not None:
                return f"{expected} at place {index} of the list"
        return None

    return check


def _union_check(options: list[Any]) -> Check | None:
    checks = [
        (lambda value: None if value is None else "None") if one is type(None) else check_of(one)
        for one in options
    ]
    if any(check is None for check in checks):
        return None

    def check(value: Any) -> str | None:
        answers = [each(value) for each in checks if each is not None]
        return None if None in answers else " or ".join(filter(None, answers))

    return check


def _tensor_check(kind: Kind) -> Check:
    shape = f"{kind.dtype or 'any'} tensor of rank {kind.rank}" if kind.rank else "tensor"
    expected = f"{kind.id} ({shape})"

    def check(value: Any) -> str | None:
        import torch

        if not isinstance(value, torch.Tensor):
            return expected
        if kind.rank is not None and value.dim() != kind.rank:
            return expected
        if kind.dtype is not None and str(value.dtype) != f"torch.{kind.dtype}":
            return expected
        return None

    return check


def describe_value(value: Any) -> str:
    """A value in a few words: "a Tensor of float64 [2, 3]"."""
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        dtype = str(value.dtype).removeprefix("torch.")
        return f"a {type(value).__name__} of {dtype} {list(value.shape)}"
    if dataclasses.is_dataclass(value):
        return f"a {type(value).__name__}"
    text = repr(value)
    return f"{type(value).__name__} {text}" if len(text) < 60 else f"a {type(value).__name__}"
