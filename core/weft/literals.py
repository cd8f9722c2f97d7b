"""Checking literal values against the spec of an input, with pydantic.

Nothing is coerced but int to float: `true` is no number, `"3"` is no integer, `1` is no text.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema

from weft.spec import InputSpec, NodeSpec


def literal_problem(spec: InputSpec, value: Any) -> str | None:
    """What was expected, if `value` is no allowed literal of the input; else None."""
    try:
        _validator(spec).validate_python(value)
    except ValidationError:
        return describe(spec)
    return None


def _validator(spec: InputSpec) -> SchemaValidator:
    return SchemaValidator(_core_schema(spec.schema, spec.nullable))


class NodeValidators:
    """Validators of all literals of a node at once, quick enough for large graphs."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[NodeSpec, SchemaValidator]] = {}

    def problems(self, spec: NodeSpec, values: dict[str, Any]) -> bool:
        """Whether any literal is not allowed."""
        # By identity: specs hold dicts and cannot be hashed. The spec is kept, so ids stay unique.
        found = self._known.get(id(spec))
        if found is None:
            found = self._known[id(spec)] = (spec, _node_validator(spec))
        try:
            found[1].validate_python(values)
        except ValidationError:
            return True
        return False


def _node_validator(spec: NodeSpec) -> SchemaValidator:
    fields = {
        one.name: core_schema.typed_dict_field(
            _core_schema(one.schema, one.nullable), required=False
        )
        for one in spec.inputs
        if one.literal or one.nullable
    }
    extra: Any = "allow" if spec.extra is not None else "forbid"
    return SchemaValidator(core_schema.typed_dict_schema(fields, extra_behavior=extra))


def _core_schema(schema: dict[str, Any], nullable: bool = False) -> CoreSchema:
    core = _plain_schema(schema)
    return core_schema.nullable_schema(core) if nullable else core


def _plain_schema(schema: dict[str, Any]) -> CoreSchema:
    if "enum" in schema:
        allowed = core_schema.literal_schema(schema["enum"])
        if schema.get("type") != "integer":
            return allowed
        # A literal schema compares with ==, for which True and 1.0 are 1.
        return core_schema.chain_schema([core_schema.int_schema(strict=True), allowed])
    if "anyOf" in schema:
        return core_schema.union_schema(
            [_plain_schema(one) for one in schema["anyOf"]], mode="left_to_right"
        )
    low, high = schema.get("minimum"), schema.get("maximum")
    match schema.get("type"):
        case "integer":
            return core_schema.int_schema(strict=True, ge=low, le=high)
        case "number":
            return core_schema.float_schema(strict=True, ge=low, le=high, allow_inf_nan=False)
        case "boolean":
            return core_schema.bool_schema(strict=True)
        case "string":
            return core_schema.str_schema(strict=True, max_length=schema.get("maxLength"))
        case "array":
            return core_schema.list_schema(_plain_schema(schema.get("items", {})), strict=True)
        case "object":
            return core_schema.dict_schema(core_schema.str_schema(strict=True), strict=True)
    return core_schema.none_schema()


def describe(spec: InputSpec) -> str:
    """What the input takes, in words: "an integer from 1 to 1000"."""
    text = _describe(spec.schema) if spec.schema else f"a link to {article(spec.kind)} output"
    return f"{text} or null" if spec.nullable else text


def _describe(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(repr(one) for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_describe(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"a list of values, each {_describe(schema.get('items', {}))}"
    names = {
        "integer": "an integer",
        "number": "a number",
        "boolean": "true or false",
        "string": "a text",
        "object": "an object",
    }
    text = names.get(schema.get("type", ""), "a value")
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        text += f" from {low} to {high}"
    if "maxLength" in schema:
        text += f" of at most {schema['maxLength']} characters"
    return text


def article(noun: str) -> str:
    """The noun with its article: "an image"."""
    return f"an {noun}" if noun[:1] in "aeiou" else f"a {noun}"
