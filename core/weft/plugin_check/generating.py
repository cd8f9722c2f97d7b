"""In a child: values for a node's inputs, made from their kinds and constraints."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weft.context import Context
from weft.files import ModelFolders, packaged_folder
from weft.node import Node
from weft.registry import Registry
from weft.spec import InputSpec, NodeSpec, short_id

HEIGHT, WIDTH = 24, 32
MODEST = 256  # whole numbers beyond it are often sizes, whose ends take all memory
DEPTH = 3  # nodes in a row that are run to make one value
WORD = "a word"


class CannotMakeError(Exception):
    """There is no value of some kind here; the text says why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One call of a node: its inputs, and what is special about them, in words."""

    title: str
    inputs: dict[str, Any]


class Maker:
    """Makes values of kinds, by running other nodes where it takes them."""

    def __init__(self, registry: Registry, plugin: str, folder: Path) -> None:
        self.registry = registry
        self.folder = folder
        shipped = [packaged_folder(one) for one in registry.model_folders]
        # Not the person's own models: they may be huge, and no two people have the same.
        self.models = ModelFolders(tuple(one for one in shipped if one is not None))
        self.providers = [one for one in registry.specs() if one.distribution == plugin]
        self.built_in = [one for one in registry.specs() if one.distribution == "weft"]
        self._made: dict[str, Any] = {}

    def cases(self, spec: NodeSpec, node: Node[..., Any]) -> Iterator[Case]:
        """The calls to try: as it comes, a batch of two, then one input changed at a time.

        Raises CannotMakeError where a required input has no value.
        """
        base = {one.name: self.usual(one, node) for one in spec.inputs}
        if spec.extra is not None:
            base |= {name: self.of_kind(spec.extra, 1) for name in ("a", "b")}
        yield Case("its defaults", base)
        if any(one.kind in ("image", "mask") for one in spec.inputs) and not self._composite(spec):
            two = {
                one.name: self.of_kind(one.kind, 2)
                for one in spec.inputs
                if one.kind in ("image", "mask") and base[one.name] is not None
            }
            yield Case("a batch of 2", base | two)
        for one in spec.inputs:
            for value in self.others(one, node, base[one.name]):
                yield Case(f"{one.name} = {_short(value)}", base | {one.name: value})

    def _composite(self, spec: NodeSpec) -> bool:
        """Whether values of other nodes go in, which may be bound to one picture's size."""
        return any(one.required and not one.literal and ":" in one.kind for one in spec.inputs)

    def usual(self, one: InputSpec, node: Node[..., Any]) -> Any:
        """The default, or some value where there is none."""
        if not one.required:
            return one.default
        if not one.literal:
            return self.of_kind(one.kind, 1)
        return next(self._literals(one, node))

    def others(self, one: InputSpec, node: Node[..., Any], usual: Any) -> Iterator[Any]:
        """Further values of an input: the ends of its range, every choice, null."""
        if one.literal:
            found = list(self._literals(one, node))
        elif not one.required:
            try:
                found = [self.of_kind(one.kind, 1)]
            except CannotMakeError:
                found = []
        else:
            return
        if one.nullable:
            found.append(None)
        seen = [usual]
        for value in found:
            if not any(type(value) is type(known) and value is known for known in seen) and not (
                one.literal and any(type(value) is type(k) and value == k for k in seen)
            ):
                seen.append(value)
                yield value

    # --- values that a file can hold -------------------------------------------------------------

    def _literals(self, one: InputSpec, node: Node[..., Any]) -> Iterator[Any]:
        schema = one.schema
        if "x-folder" in schema:
            names = self.models.list(schema["x-folder"])
            if not names:
                raise CannotMakeError(f"no model in {schema['x-folder']!r} comes with a plugin")
            yield names[0]
        elif "x-choices" in schema:
            choices = node.choices(one.name)
            if not choices:
                raise CannotMakeError(f"{one.name!r} has no choices here")
            yield from choices[:3]
        elif "x-path" in schema:
            yield str(self._picture())
        elif schema.get("x-widget") == "subgraph":
            raise CannotMakeError(f"{one.name!r} is a subgraph")
        else:
            yield from literals(schema, one.default)

    def _picture(self) -> Path:
        from PIL import Image

        path = self.folder / "picture.png"
        if not path.exists():
            Image.linear_gradient("L").resize((WIDTH, HEIGHT)).convert("RGB").save(path)
        return path

    # --- values that only come along links -------------------------------------------------------

    def of_kind(self, kind: str, batch: int, depth: int = DEPTH) -> Any:
        """A value of a kind. Raises CannotMakeError."""
        if kind.startswith("list[") and kind.endswith("]"):
            return [self.of_kind(kind[5:-1], batch, depth) for _ in range(2)]
        if "|" in kind:
            return self.of_kind(kind.partition("|")[0], batch, depth)
        if kind in ("image", "any") or kind.startswith("$"):
            return _noise((batch, HEIGHT, WIDTH, 3))
        if kind == "mask":
            return _noise((batch, HEIGHT, WIDTH))
        plain = {"int": 3, "float": 0.5, "bool": True, "str": WORD, "json": {}}
        if kind in plain:
            return plain[kind]
        if kind not in self._made:
            self._made[kind] = self._provided(kind, depth)
        return self._made[kind]

    def _provided(self, kind: str, depth: int) -> Any:
        """What another node makes of that kind, with its defaults."""
        reasons = []
        for spec in self._makers(kind) if depth > 0 else ():
            try:
                return self._run(spec, kind, depth - 1)
            except CannotMakeError as error:
                reasons.append(str(error))
            except Exception as error:
                reasons.append(f"{short_id(spec.id)}: {type(error).__name__}: {error}")
        why = f" ({reasons[0]})" if reasons else ""
        raise CannotMakeError(f"no node makes a value of the kind {kind!r} here{why}")

    def _makers(self, kind: str) -> list[NodeSpec]:
        # What is Weft's own kind is made best by Weft's own nodes: a plugin's are often special.
        both = (self.providers, self.built_in) if ":" in kind else (self.built_in, self.providers)
        found = [one for part in both for one in part if any(o.kind == kind for o in one.outputs)]
        needs = {
            one.id: [each.kind for each in one.inputs if each.required and not each.literal]
            for one in found
        }
        return sorted(
            (one for one in found if kind not in needs[one.id]), key=lambda one: len(needs[one.id])
        )

    def _run(self, spec: NodeSpec, kind: str, depth: int) -> Any:
        node = self.registry.load(spec)
        inputs: dict[str, Any] = {}
        for one in spec.inputs:
            if one.required and not one.literal:
                inputs[one.name] = self.of_kind(one.kind, 1, depth)
            else:
                inputs[one.name] = self.usual(one, node)
        result = run(node, spec, inputs, self.folder)
        index = next(at for at, one in enumerate(spec.outputs) if one.kind == kind)
        return result[index] if spec.named_outputs else result


def run(node: Node[..., Any], spec: NodeSpec, inputs: Mapping[str, Any], folder: Path) -> Any:
    """Call a node as a run does: without gradients, with a context, to its end."""
    import torch

    arguments = dict(inputs)
    if spec.context is not None:
        arguments[spec.context] = Context.null(output_dir=folder)
    with torch.no_grad():
        result = node.function(**arguments)
        return asyncio.run(_finished(result)) if inspect.isawaitable(result) else result


async def _finished(result: Any) -> Any:
    return await result


def literals(schema: Mapping[str, Any], default: Any = None) -> Iterator[Any]:
    """Values that a schema allows: the default, both ends, every member of an enum."""
    if default is not None:
        yield default
    if "enum" in schema:
        yield from schema["enum"]
    elif "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from literals(one)
    else:
        yield from _of_type(schema, default)


def _of_type(schema: Mapping[str, Any], default: Any) -> Iterator[Any]:
    match schema.get("type"):
        case "integer":
            yield from _integers(schema, default)
        case "number":
            yield from (float(one) for one in _ends(schema, 0.5))
        case "boolean":
            yield from (True, False)
        case "string":
            longest = schema.get("maxLength")
            yield WORD if longest is None else WORD[:longest]
            yield ""
        case "array":
            items = list(literals(schema.get("items", {})))
            yield (items * 3)[:3]
        case "object":
            yield {}
        case _:
            yield WORD


def _ends(schema: Mapping[str, Any], middle: float) -> Iterator[float]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None or high is None:
        yield middle
    else:
        yield from ((low + high) / 2, low, high)


def _integers(schema: Mapping[str, Any], default: Any) -> Iterator[int]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None or high is None:
        yield from (1, 2)
    elif schema.get("x-widget") == "seed":
        yield from (0, 7, high)
    else:
        usual = default if isinstance(default, int) else low
        yield from (int(low), int(min(high, max(MODEST, 2 * usual))))


def _noise(shape: tuple[int, ...]) -> Any:
    import torch

    generator = torch.Generator().manual_seed(sum(shape))
    return torch.rand(shape, generator=generator)


def _short(value: Any) -> str:
    from weft.checks import describe_value

    if isinstance(value, (bool, int, float, str, list, dict, type(None))):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:59]}…"
    return describe_value(value)
