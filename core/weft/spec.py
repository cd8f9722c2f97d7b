"""What a node is, as data: the spec that the catalogue stores and every check reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

Lane = Literal["device", "io", "inline"]
PRIMITIVES = frozenset({"int", "float", "bool", "str", "json"})


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One input.

    kind: the kind expression: `int`, `image`, `list[image]`, `int|float`, `$T`, `any`, `subgraph`.
    schema: JSON Schema of a literal value, with `x-` hints for widgets; {} where only links fit.
    required: whether it must be linked or given a value.
    default: the value where nothing is given (only if not required).
    nullable: whether null is a value.
    """

    name: str
    kind: str
    schema: dict[str, Any] = field(default_factory=dict)
    required: bool = True
    default: Any = None
    nullable: bool = False
    help: str = ""

    @property
    def literal(self) -> bool:
        """Whether a value can be written in the file."""
        return bool(self.schema)


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """One output: its name and kind expression."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """Everything Weft knows of a node without importing it.

    eager: for a node with lazy inputs, the inputs that decide which others are needed.
    extra: the kind of inputs accepted under any name (`**inputs`), or None.
    chart: whether the editor can draw a curve of the node's values.
    code: fingerprint of the code behind the node; part of every cache key.
    """

    id: str
    version: int
    inputs: tuple[InputSpec, ...]
    outputs: tuple[OutputSpec, ...]
    title: str = ""
    help: str = ""
    lane: Lane = "device"
    is_async: bool = False
    named_outputs: bool = False
    context: str | None = None
    eager: tuple[str, ...] | None = None
    extra: str | None = None
    fingerprint: bool = False
    chart: bool = False
    oldest: int = 1
    module: str = ""
    attribute: str = ""
    distribution: str = ""
    code: str = ""
    _by_name: dict[str, InputSpec] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {one.name: one for one in self.inputs})

    def input(self, name: str) -> InputSpec | None:
        """The input of that name, or None."""
        return self._by_name.get(name)

    def output(self, name: str) -> OutputSpec | None:
        """The output of that name, or None."""
        return next((one for one in self.outputs if one.name == name), None)

    @property
    def is_output(self) -> bool:
        """Whether the node returns nothing: it is run for its effect and never cached."""
        return not self.outputs

    @property
    def group(self) -> str:
        """The part of the id before the dot: `image` of `image.blend`."""
        return self.id.partition(":")[2].partition(".")[0]

    def as_dict(self) -> dict[str, Any]:
        """The spec as JSON data."""
        data = asdict(self)
        del data["_by_name"]
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> NodeSpec:
        """The inverse of `as_dict`."""
        data = dict(data)
        data["inputs"] = tuple(InputSpec(**one) for one in data["inputs"])
        data["outputs"] = tuple(OutputSpec(**one) for one in data["outputs"])
        if data.get("eager") is not None:
            data["eager"] = tuple(data["eager"])
        return cls(**data)

    def owned_by(self, distribution: str, code: str, module: str, attribute: str) -> NodeSpec:
        """The same spec, saying where it comes from."""
        return replace(
            self, distribution=distribution, code=code, module=module, attribute=attribute
        )


def full_id(type_id: str) -> str:
    """The type id with its namespace: `image.blend` is `weft:image.blend`."""
    return type_id if ":" in type_id else f"weft:{type_id}"


def short_id(type_id: str) -> str:
    """The type id as people write it: without the namespace `weft:`."""
    return type_id.removeprefix("weft:")
