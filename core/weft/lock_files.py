"""The files that a lock knows by content: what a workflow names, and folders that hold no other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from weft.errors import InputError
from weft.files import ModelFolders, file_sha256
from weft.lock_data import LockedFile
from weft.spec import InputSpec

if TYPE_CHECKING:
    from weft.graph import Graph
    from weft.registry import Registry

Models = Mapping[str, Mapping[str, LockedFile]]  # by folder, then name


class NamedFile(NamedTuple):
    """A file that an input names. `folder`: of the models; None for a file of the person's own."""

    path: str
    folder: str | None
    name: str


def named_files(graph: Graph, registry: Registry) -> list[NamedFile]:
    """The files that the nodes of a graph name, and those of the bodies they take. Each once.

    A name that is linked is known only during the run, and not among them.
    """
    from weft.bodies import body_graphs

    found: dict[tuple[str | None, str], NamedFile] = {}
    for each in (graph, *(inner for inner, _ in body_graphs(graph, registry))):
        for one in _named(each):
            found.setdefault((one.folder, one.name), one)
    return list(found.values())


def _named(graph: Graph) -> Iterator[NamedFile]:
    for node in graph.nodes.values():
        for one in node.spec.inputs:
            value = node.values.get(one.name)
            if isinstance(value, str) and value and one.name not in node.links and _names(one):
                path = f"nodes.{node.id}.{one.name}"
                yield NamedFile(path, one.schema.get("x-folder"), value)


def _names(one: InputSpec) -> bool:
    return "x-folder" in one.schema or "x-path" in one.schema


def locked_file(path: Path) -> LockedFile:
    """What is at a path: a file, or a folder such as a diffusers model. Raises InputError.

    What is hidden in a folder is left out: downloads under way, other systems' notes.
    """
    try:
        if not path.is_dir():
            return LockedFile(size=path.stat().st_size, sha256=file_sha256(path))
        members = {one.relative_to(path).as_posix(): one for one in path.rglob("*")}
        names = sorted(
            name
            for name, one in members.items()
            if one.is_file() and not any(part.startswith(".") for part in name.split("/"))
        )
        files = {name: file_sha256(members[name]) for name in names}
        text = "".join(f"{digest}  {name}\n" for name, digest in files.items())
        size = sum(members[name].stat().st_size for name in names)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    return LockedFile(
        size=size,
        sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        files=files,
    )


@dataclass(frozen=True)
class LockedModels(ModelFolders):
    """Model folders in which only the models of a lock are found, and only as they were.

    It is what a locked run reads from, so that a name which becomes known during the run is held
    to the lock as well.
    """

    models: Models = field(default_factory=dict)

    def lookup(self, folder: str, name: str) -> Path | None:
        """As of `ModelFolders`. Raises InputError also for what the lock does not hold."""
        locked = self.models.get(folder, {}).get(name)
        if locked is None:
            raise InputError(
                f"the model {name!r} of {folder!r} is not in the lock; "
                f"`weft lock FILE --also {folder}/{name}` adds it"
            )
        path = super().lookup(folder, name)
        if path is not None and (here := locked_file(path)) != locked:
            raise InputError(
                f"the model {name!r} of {folder!r} is another than the lock's; "
                f"expected sha256 {locked.sha256}, got {here.sha256}"
            )
        return path
