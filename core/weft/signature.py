"""From a typed function to a spec: its annotations, `Annotated` metadata and defaults."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from weft.constraints import Advanced, Choices, Range, Seed, Text, Widget
from weft.context import Context
from weft.errors import SpecError
from weft.expansion import Expansion, Subgraph
from weft.kinds import Kind
from weft.literals import literal_problem
from weft.spec import InputSpec, Lane, NodeSpec, OutputSpec, full_id

TYPE_ID = re.compile(r"([a-z][a-z0-9_-]*):([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)")
SCALARS: dict[Any, tuple[str, dict[str, Any]]] = {
    int: ("int", {"type": "integer"}),
    float: ("float", {"type": "number"}),
    bool: ("bool", {"type": "boolean"}),
    str: ("str", {"type": "string"}),
    dict: ("json", {"type": "object"}),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What an annotation says: kind expression, schema of a literal, whether None is allowed."""

    kind: str
    schema: dict[str, Any]
    nullable: bool = False
    declared: Kind | None = None


def read_annotation(annotation: Any) -> Reading:
    """Read an annotation. Raises TypeError if it names no kind."""
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation in SCALARS:
        kind, schema = SCALARS[annotation]
        return Reading(kind, dict(schema))
    if annotation is Any:
        return Reading("any", {})
    if isinstance(annotation, TypeVar):
        return Reading(f"${annotation.__name__}", {})
    if annotation is Subgraph or origin is Subgraph:
        return Reading("subgraph", {"type": "string", "x-widget": "subgraph"})
    declared = getattr(annotation, "__weft_kind__", None)
    if isinstance(declared, Kind):
        return Reading(declared.id, {}, declared=declared)
    if origin is Annotated:
        return _annotated(args[0], args[1:])
    if origin is Literal:
        return _literal(args)
    if origin is list:
        item = read_annotation(args[0])
        schema = {"type": "array", "items": item.schema} if item.schema else {}
        return Reading(f"list[{item.kind}]", schema)
    if origin is dict:
        return Reading("json", {"type": "object"})
    if origin in (Union, types.UnionType):
        return _union(args)
    raise TypeError(f"{annotation!r} names no kind")


def _annotated(base: Any, extras: tuple[Any, ...]) -> Reading:
    widget = next((extra for extra in extras if isinstance(extra, Widget)), None)
    for extra in extras:
        if isinstance(extra, Kind):
            if widget is not None:
                raise TypeError(f"a widget needs a value, and {extra.id} is only linked")
            return Reading(extra.id, {}, declared=extra)
    reading = read_annotation(base)
    schema = dict(reading.schema)
    for extra in extras:
        if isinstance(extra, (Range, Seed, Text, Choices, Advanced)):
            schema |= extra.schema()
    if widget is not None:
        if not schema:
            raise TypeError(f"a widget needs a value, and {reading.kind} is only linked")
        schema |= widget.schema()
    if reading.kind == "int":
        for bound in ("minimum", "maximum"):
            if bound in schema:
                schema[bound] = int(schema[bound])
    return Reading(reading.kind, schema, reading.nullable)


def _literal(values: tuple[Any, ...]) -> Reading:
    sorts = {type(value) for value in values}
    if len(sorts) != 1 or not sorts <= {str, int}:
        raise TypeError("a Literal must hold texts only or integers only")
    kind, schema = SCALARS[sorts.pop()]
    return Reading(kind, dict(schema) | {"enum": list(values)})


def _union(args: tuple[Any, ...]) -> Reading:
    parts = [read_annotation(one) for one in args if one is not type(None) and one is not Expansion]
    nullable = type(None) in args
    if not parts:
        raise TypeError("a union of nothing but None names no kind")
    if len(parts) == 1:
        return Reading(parts[0].kind, parts[0].schema, nullable, parts[0].declared)
    kind = "|".join(dict.fromkeys(part.kind for part in parts))
    schemas = [part.schema for part in parts if part.schema]
    return Reading(kind, {"anyOf": schemas} if schemas else {}, nullable)


def read_signature(
    function: Callable[..., Any], type_id: str, version: int, lane: Lane, title: str | None
) -> NodeSpec:
    """The spec of a function. Raises SpecError naming the node and what is wrong with it."""
    name = full_id(type_id)
    if not TYPE_ID.fullmatch(name):
        raise SpecError(
            f"{type_id!r}: a type id is `group.name` or `namespace:group.name`, in small letters, "
            "digits and underscores"
        )
    if version < 1:
        raise SpecError(f"{name}: versions start at 1, got {version}")
    try:
        hints = get_type_hints(function, include_extras=True)
    except Exception as error:
        raise SpecError(f"{name}: an annotation cannot be read: {error}") from error
    helps = _parameter_helps(function.__doc__ or "")
    inputs: list[InputSpec] = []
    context: str | None = None
    extra: str | None = None
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name not in hints:
            raise SpecError(f"{name}.{parameter.name}: every input needs an annotation")
        if hints[parameter.name] is Context:
            context = parameter.name
        elif parameter.kind is parameter.VAR_KEYWORD:
            extra = _reading(name, parameter.name, hints[parameter.name]).kind
        else:
            help = helps.get(parameter.name, "")
            inputs.append(_input(name, parameter, hints[parameter.name], help))
    if "return" not in hints:
        raise SpecError(f"{name}: the return annotation is missing; `-> None` makes an output node")
    outputs = _outputs(name, hints["return"])
    return NodeSpec(
        id=name,
        version=version,
        inputs=tuple(inputs),
        outputs=outputs,
        title=title or name.partition(".")[2].replace("_", " ").capitalize(),
        help=inspect.cleandoc(function.__doc__ or ""),
        lane=lane,
        is_async=inspect.iscoroutinefunction(function),
        named_outputs=hasattr(hints["return"], "_fields"),
        context=context,
        extra=extra,
    )


def _reading(node: str, parameter: str, annotation: Any) -> Reading:
    try:
        return read_annotation(annotation)
    except TypeError as error:
        raise SpecError(f"{node}.{parameter}: {error}") from error


def _input(node: str, parameter: inspect.Parameter, annotation: Any, help: str) -> InputSpec:
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise SpecError(f"{node}.{parameter.name}: inputs go by name; no positional-only ones")
    reading = _reading(node, parameter.name, annotation)
    required = parameter.default is parameter.empty
    default = None if required else parameter.default
    spec = InputSpec(
        parameter.name, reading.kind, reading.schema, required, default, reading.nullable, help
    )
    if not required and default is not None:
        problem = literal_problem(spec, default)
        if problem is not None:
            raise SpecError(f"{node}.{parameter.name}: the default {default!r} is not {problem}")
    if not required and default is None and not reading.nullable:
        raise SpecError(f"{node}.{parameter.name}: the default is None but the kind allows no None")
    return spec


def _outputs(node: str, annotation: Any) -> tuple[OutputSpec, ...]:
    if annotation is type(None):
        return ()
    fields: Mapping[str, Any] | None = None
    if hasattr(annotation, "_fields"):
        fields = get_type_hints(annotation, include_extras=True)
    if fields is not None:
        return tuple(
            OutputSpec(name, _reading(node, name, hint).kind) for name, hint in fields.items()
        )
    reading = _reading(node, "return", annotation)
    declared = reading.declared
    name = declared.id.rpartition(":")[2] if declared is not None else "value"
    return (OutputSpec(name, reading.kind),)


def _parameter_helps(docstring: str) -> dict[str, str]:
    """Lines `name: what it means` of a docstring, continued by deeper indented lines."""
    helps: dict[str, str] = {}
    current: str | None = None
    for line in inspect.cleandoc(docstring).splitlines():
        match = re.match(r"(\w+): (.+)", line)
        if match:
            current = match[1]
            helps[current] = match[2].strip()
        elif current and line.startswith("  "):
            helps[current] += " " + line.strip()
        else:
            current = None
    return helps
