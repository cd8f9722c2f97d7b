"""Cache keys: what a node's outputs depend on, as a digest.

    key = blake2b(type id, version, code, device sort,
                  for each input: a type-tagged literal, or the parent's key and output name,
                  what the outside world adds)

Linear in the graph: a parent enters by its key. `repr` of the tagged type keeps 1, True, 1.0 and
"1" apart.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weft.errors import InputError, WeftError
from weft.expansion import Subgraph
from weft.files import file_identity
from weft.flatten import PREFIX
from weft.named_files import input_file
from weft.offers import group_digest
from weft.spec import InputSpec, NodeSpec
from weft.workflow import NodeDocument, targets

if TYPE_CHECKING:
    from weft.graph import GraphNode
    from weft.registry import Registry

LARGE = 16 << 20  # bytes of a file that takes a while to read
FindModel = Callable[[str, str], Any]
SIMPLE = (int, float, bool, str, type(None))


class KeyMaker:
    """Makes the keys of one plan. Remembers per type what does not change within it.

    uploads: the folder that the person's own files are in; None where they are named by path.
    """

    def __init__(
        self,
        registry: Registry,
        device: str,
        find_model: FindModel,
        uploads: Path | None = None,
    ) -> None:
        self._registry = registry
        self._find_model = find_model
        self._uploads = uploads
        self._salt = device.partition(":")[0]
        self._heads: dict[int, str] = {}
        self._outside: dict[int, tuple[InputSpec, ...]] = {}
        self._offered: dict[int, tuple[InputSpec, ...]] = {}
        self._subgraphs: dict[int, str] = {}

    def key(self, node: GraphNode, keys: Mapping[str, str]) -> str:
        """The key of a node whose parents' keys are in `keys`."""
        return hashlib.blake2b(
            (self.own(node) + self._parents(node, keys)).encode("utf-8", "surrogatepass"),
            digest_size=20,
        ).hexdigest()

    def large_files(self, nodes: Iterable[GraphNode]) -> set[Path]:
        """The files, and the folders, that the nodes name and whose digest may take a while."""
        found = set()
        for node in nodes:
            for one in self._files(node.spec):
                name = node.values.get(one.name)
                if one.name not in node.links and isinstance(name, str):
                    path = self._path(one.schema, name)
                    if path is not None and _is_large(path):
                        found.add(path)
        return found

    def _files(self, spec: NodeSpec) -> tuple[InputSpec, ...]:
        """The inputs that name files."""
        known = self._outside.get(id(spec))
        if known is None:
            known = self._outside[id(spec)] = tuple(
                one for one in spec.inputs if "x-folder" in one.schema or "x-path" in one.schema
            )
        return known

    def own(self, node: GraphNode) -> str:
        """What the key depends on besides the parents."""
        spec = node.spec
        head = self._heads.get(id(spec))
        if head is None:
            head = self._heads[id(spec)] = f"{spec.id}\0{spec.version}\0{spec.code}\0{self._salt}"
            self._offered[id(spec)] = tuple(one for one in spec.inputs if "x-offered" in one.schema)
        parts = [head]
        for name, value in node.values.items():
            parts.append(f"{name}={self._tagged(value)}")
        if node.live:
            parts.extend(f"{name}~{identity}" for name, (_, identity) in node.live.items())
        # Defaults are filled in after given values, so the order is the document's: sort it away.
        parts[1:] = sorted(parts[1:])
        if files := self._files(spec):
            parts += [self._file(one, node) for one in files]
        if chosen := self._offered[id(spec)]:
            parts += [
                f"{one.name}%{self._offer(one.schema['x-offered'], node.values.get(one.name))}"
                for one in chosen
            ]
        if spec.fingerprint:
            parts.append(self._fingerprint(node))
        return "\0".join(parts)

    def _parents(self, node: GraphNode, keys: Mapping[str, str]) -> str:
        links = node.links
        if not links:
            return ""
        if len(links) == 1:
            ((name, link),) = links.items()
            return f"\1{name}<{keys[link.node]}.{link.output}"
        return "".join(
            sorted(f"\1{name}<{keys[link.node]}.{link.output}" for name, link in links.items())
        )

    def _tagged(self, value: Any) -> str:
        if isinstance(value, SIMPLE):
            return f"{type(value).__name__}:{value!r}"
        if isinstance(value, Subgraph):
            return self._subgraph(value)
        return f"{type(value).__name__}:{_stable(value)}"

    def _offer(self, group: str, name: Any) -> str:
        """The code behind an offer; of all the group's where the name is known only in the run."""
        offers = self._registry.offers.get(group, {})
        chosen = offers.get(name) if isinstance(name, str) else None
        return chosen.code if chosen is not None else group_digest(offers)

    def _file(self, one: InputSpec, node: GraphNode) -> str:
        """The identity of a file that an input names."""
        if one.name in node.links:
            # The name is known only during the run, so this result cannot be told in advance.
            return f"{one.name}@{secrets.token_hex(8)}"
        return f"{one.name}@{self._identity(one.schema, node.values.get(one.name))}"

    def _identity(self, schema: Mapping[str, Any], name: Any) -> str:
        if not isinstance(name, str):
            return repr(name)
        path = self._path(schema, name)
        try:
            return file_identity(path) if path is not None else "missing"
        except OSError:
            return "missing"

    def _path(self, schema: Mapping[str, Any], name: str) -> Path | None:
        """Where a file is that an input names; None where there is none."""
        try:
            folder = schema.get("x-folder")
            if folder:
                return Path(self._find_model(folder, name))
            # A model may be a folder; a person's own file is a file. "" names the current folder,
            # and "/" everything there is.
            path = input_file(name, self._uploads)
            return path if path.is_file() else None
        except (OSError, ValueError, LookupError, InputError):
            return None

    def _fingerprint(self, node: GraphNode) -> str:
        ask = self._registry.load(node.spec).asks_fingerprint
        if ask is None:
            return ""
        import inspect

        known = {name: node.values.get(name) for name in inspect.signature(ask).parameters}
        try:
            return f"@{ask(**known)!r}"
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            raise WeftError(f"nodes.{node.id}: its fingerprint cannot be told: {text}") from error

    def _subgraph(self, subgraph: Subgraph[Any]) -> str:
        found = self._subgraphs.get(id(subgraph.document))
        if found is None:
            found = self._subgraphs[id(subgraph.document)] = self._describe(subgraph)
        return found

    def _describe(self, subgraph: Subgraph[Any]) -> str:
        """A subgraph's content with the code of every node in it, nested ones included."""
        parts: list[str] = []
        documents = {subgraph.name: subgraph.document}
        todo = [subgraph.name]
        while todo:
            document = documents[todo.pop()]
            parts.append(json.dumps(document.model_dump(exclude={"view"}), sort_keys=True))
            fed = {target for given in document.inputs.values() for target in targets(given)}
            for id, inner in document.nodes.items():
                parts.append(self._inner(id, inner, fed))
                for name in self._nested(inner):
                    if name in subgraph.library and name not in documents:
                        documents[name] = subgraph.library[name]
                        todo.append(name)
        return hashlib.blake2b("\0".join(parts).encode(), digest_size=20).hexdigest()

    def _nested(self, inner: NodeDocument) -> list[str]:
        """The names of the subgraphs that an inner node uses."""
        if inner.type.startswith(PREFIX):
            return [inner.type.removeprefix(PREFIX)]
        spec = self._registry.get(inner.type)
        bodies = [one.name for one in spec.inputs if one.kind == "subgraph"] if spec else []
        return [inner.values[name] for name in bodies if isinstance(inner.values.get(name), str)]

    def _inner(self, id: str, inner: NodeDocument, fed: set[str]) -> str:
        spec = self._registry.get(inner.type)
        if spec is None:
            return inner.type
        parts = [spec.id, str(spec.version), spec.code]
        for one in spec.inputs:
            if (group := one.schema.get("x-offered")) is not None:
                parts.append(group_digest(self._registry.offers.get(group, {})))
            if "x-folder" in one.schema or "x-path" in one.schema:
                if f"{id}.{one.name}" in fed or one.name in inner.links:
                    parts.append(secrets.token_hex(8))  # the file is known only during the run
                else:
                    name = inner.values.get(one.name, one.default)
                    parts.append(self._identity(one.schema, name))
        return "\0".join(parts)


def _is_large(path: Path) -> bool:
    try:
        return path.is_dir() or path.stat().st_size >= LARGE
    except OSError:
        return False


def _stable(value: Any) -> str:
    """A repr in which the order of an object's keys does not matter."""
    if isinstance(value, dict):
        inside = ", ".join(f"{key!r}: {_stable(value[key])}" for key in sorted(value))
        return "{" + inside + "}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}[{', '.join(map(_stable, value))}]"
    return f"{type(value).__name__}:{value!r}"


def derived_key(parent: str, *parts: str) -> str:
    """A key for something that only exists because of a parent's run."""
    return hashlib.blake2b("\0".join((parent, *parts)).encode(), digest_size=20).hexdigest()


def is_plain(value: Any) -> bool:
    """Whether a value is JSON data, so that it is its own identity."""
    if isinstance(value, SIMPLE):
        return True
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    return isinstance(value, dict) and all(
        isinstance(key, str) and is_plain(one) for key, one in value.items()
    )
