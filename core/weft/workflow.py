"""The workflow document: what a file says, before anyone asks whether it makes sense."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from weft.errors import Problem, WorkflowError
from weft.suggest import closest

if TYPE_CHECKING:
    from weft.registry import Registry

NODE_ID = r"^[^\s./:]([^./:\x00-\x1f]*[^\s./:])?$"
Name = Annotated[str, Field(pattern=NODE_ID, max_length=200)]
Target = str | tuple[str, ...]
FORMAT = 1  # of the file


class Link(NamedTuple):
    """A link: the node and the output it comes from."""

    node: str
    output: str

    def __str__(self) -> str:
        return f"{self.node}.{self.output}"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NodeDocument(_Document):
    """One node: its type and version, literal values, and links by input name."""

    type: Annotated[str, Field(min_length=1, max_length=200)]
    version: Annotated[int, Field(ge=1, strict=True)] = 1
    title: str | None = None
    mode: Literal["mute", "bypass"] | None = None
    values: dict[str, Any] = Field(default_factory=dict)
    links: dict[str, str] = Field(default_factory=dict)


class SubgraphDocument(_Document):
    """A reusable graph. `inputs` name inner inputs, `outputs` name inner outputs."""

    nodes: dict[Name, NodeDocument] = Field(default_factory=dict)
    inputs: dict[str, Target] = Field(default_factory=dict)
    outputs: dict[str, str] = Field(default_factory=dict)
    view: dict[str, Any] = Field(default_factory=dict)


class Workflow(_Document):
    """A workflow. Immutable: the methods that change it return another.

    weft: version of the file format.
    nodes: the nodes by id.
    parameters: names for the inputs a caller is meant to set, each "node.input" or several.
    requires: distributions the nodes come from, with version specifiers.
    subgraphs: reusable graphs by name; a node of type `subgraph:NAME` is one use.
    view: layout; never affects what runs.
    """

    weft: Annotated[int, Field(ge=FORMAT, le=FORMAT, strict=True)] = FORMAT
    nodes: dict[Name, NodeDocument] = Field(default_factory=dict)
    parameters: dict[Name, Target] = Field(default_factory=dict)
    requires: dict[str, str] = Field(default_factory=dict)
    subgraphs: dict[Name, SubgraphDocument] = Field(default_factory=dict)
    view: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def load(cls, path: str | Path) -> Workflow:
        """Read a workflow from a JSON file, or from a PNG that carries one.

        Raises WorkflowError listing every problem of the document.
        """
        from weft.documents import read_document

        return cls.from_data(read_document(Path(path)), source=str(path))

    @classmethod
    def loads(cls, text: str, source: str | None = None) -> Workflow:
        """Read a workflow from JSON text. Raises WorkflowError."""
        from weft.documents import parse_json

        return cls.from_data(parse_json(text, source), source)

    @classmethod
    def from_data(cls, data: object, source: str | None = None) -> Workflow:
        """Make a workflow of JSON data. Raises WorkflowError."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise WorkflowError(_problems(error), source) from None

    def data(self) -> dict[str, Any]:
        """The document as JSON data, without what is empty or default."""
        data = self.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
        # The version of every node is written even where it is 1: it is what migrations go by.
        for graph, dumped in [(self, data)] + [
            (self.subgraphs[name], one) for name, one in data.get("subgraphs", {}).items()
        ]:
            for id, node in graph.nodes.items():
                dumped["nodes"][id]["version"] = node.version
        return {"weft": self.weft, **data}

    def dumps(self) -> str:
        """The canonical text of the document."""
        from weft.documents import canonical

        return canonical(self.data())

    def save(self, path: str | Path) -> None:
        """Write the canonical text to a file, whole or not at all."""
        from weft.files import write_atomically

        write_atomically(Path(path), self.dumps().encode())

    def with_values(self, values: Mapping[str, Any]) -> Workflow:
        """The workflow with other literals, by "node.input"; a link there is replaced.

        Raises WorkflowError where a node does not exist.
        """
        nodes = dict(self.nodes)
        problems = []
        for path, value in values.items():
            id, _, name = path.partition(".")
            if id not in nodes or not name:
                problems.append(
                    Problem(
                        f"nodes.{path}" if name else path,
                        "there is no such node" if name else "an input is written node.input",
                        suggestion=closest(id, nodes),
                    )
                )
                continue
            old = nodes[id]
            links = {key: link for key, link in old.links.items() if key != name}
            nodes[id] = old.model_copy(
                update={"values": {**old.values, name: value}, "links": links}
            )
        if problems:
            raise WorkflowError(problems)
        return self.model_copy(update={"nodes": nodes})

    def part(self, wanted: Iterable[str]) -> Workflow:
        """The workflow without the nodes that the targets, "node" or "node.output", do not need.

        Parameters of nodes that are gone go with them. The same workflow where no target is named.
        """
        found = {self._node_of(one) for one in wanted}
        waiting = list(found)
        if not waiting:
            return self
        while waiting:
            node = self.nodes.get(waiting.pop())
            links = () if node is None else map(parse_link, node.links.values())
            new = {link.node for link in links if link is not None} - found
            found |= new
            waiting += new
        parameters = {
            name: target
            for name, target in self.parameters.items()
            if all(one.partition(".")[0] in found for one in targets(target))
        }
        nodes = {id: node for id, node in self.nodes.items() if id in found}
        return self.model_copy(update={"nodes": nodes, "parameters": parameters})

    def _node_of(self, target: str) -> str:
        """The node at the top that a target is, or that it is inside of."""
        return target.partition("/")[0].partition(".")[0]

    def with_paths(self, registry: Registry, change: Callable[[str], str]) -> Workflow:
        """The workflow with the paths of the person's own files changed, in subgraphs too.

        change: gets each path that an input of a known node type holds; gives what to put there.
        """
        from weft.inputs import with_paths

        return with_paths(self, registry, change)

    def with_parameters(self, values: Mapping[str, Any]) -> Workflow:
        """The workflow with its named parameters set. Raises WorkflowError for unknown names."""
        settings: dict[str, Any] = {}
        problems = []
        for name, value in values.items():
            if name not in self.parameters:
                problems.append(
                    Problem(
                        f"parameters.{name}",
                        "the workflow has no such parameter",
                        expected=", ".join(self.parameters) or "none: it declares no parameters",
                        suggestion=closest(name, self.parameters),
                    )
                )
                continue
            for target in targets(self.parameters[name]):
                settings[target] = value
        if problems:
            raise WorkflowError(problems)
        return self.with_values(settings)


def targets(target: Target) -> tuple[str, ...]:
    """One "node.input" or several, as several."""
    return (target,) if isinstance(target, str) else target


def parse_link(text: str) -> Link | None:
    """The link that "node.output" names, or None where the text is no link."""
    node, dot, output = text.rpartition(".")
    return Link(node, output) if dot and node and output else None


def _problems(error: ValidationError) -> list[Problem]:
    found = []
    for one in error.errors(include_url=False, include_context=True):
        location = [str(part) for part in one["loc"] if part not in ("[key]", "str")]
        path = ".".join(location)
        got = one.get("input")
        if one["type"] == "extra_forbidden":
            known = _known_fields(location)
            found.append(
                Problem(
                    path,
                    "unknown field",
                    expected="one of " + ", ".join(known),
                    suggestion=closest(location[-1], known),
                )
            )
        elif one["type"] == "string_pattern_mismatch":
            found.append(
                Problem(path, "a name may hold no dot, slash, colon or line break", got=short(got))
            )
        elif path == "weft":
            found.append(
                Problem(path, "unknown version of the file format", expected="1", got=short(got))
            )
        else:
            message = one["msg"].removeprefix("Input should be ").strip()
            found.append(Problem(path, "wrong value", expected=message, got=short(got)))
    return found


def _known_fields(location: list[str]) -> list[str]:
    if len(location) == 1:
        return list(Workflow.model_fields)
    if location[0] == "subgraphs" and len(location) == 3:
        return list(SubgraphDocument.model_fields)
    return list(NodeDocument.model_fields)


def short(value: object, limit: int = 60) -> str:
    """A value in at most `limit` characters, for messages."""
    import json

    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= limit else text[: limit - 1] + "…"
