"""Discovering plugins and making their catalogues, so that no failure of one hurts another.

A plugin's catalogue (its node specs and kinds) is data, kept in the cache folder under a digest of
the plugin's source. It is made once, by a child process with a time limit, so that a plugin whose
import raises, exits, hangs or crashes is a failed plugin and nothing else. Only the distribution
Weft itself comes in is imported in the process that asks: it is trusted and light.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import traceback
from dataclasses import asdict, dataclass, field, replace
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from weft import hookspecs
from weft.errors import DuplicateNodeError, PluginError, WeftError
from weft.files import cache_dir, write_atomically
from weft.kinds import Kind
from weft.node import Node
from weft.signature import read_annotation
from weft.sources import code_fingerprints, content_digest, requirement_versions, source_files
from weft.spec import NodeSpec

FORMAT = 3  # raise it when the catalogue's data changes its form
IMPORT_LIMIT = 30.0  # seconds a plugin may take to import
OWN = "weft"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What one plugin contributes, as data.

    error: why it could not be loaded, with its traceback; None where it could.
    """

    plugin: str
    distribution: str
    version: str
    nodes: tuple[NodeSpec, ...] = ()
    kinds: tuple[Kind, ...] = ()
    model_folders: tuple[str, ...] = ()
    error: str | None = None

    def dumps(self) -> str:
        """The catalogue as JSON text."""
        data = asdict(replace(self, nodes=()))
        data["nodes"] = [one.as_dict() for one in self.nodes]
        return json.dumps(data)

    @classmethod
    def loads(cls, text: str) -> Catalogue:
        """The inverse of `dumps`. Raises ValueError, KeyError or TypeError for anything else."""
        data: dict[str, Any] = json.loads(text)
        data["nodes"] = tuple(NodeSpec.from_dict(one) for one in data["nodes"])
        data["kinds"] = tuple(Kind(**one) for one in data["kinds"])
        data["model_folders"] = tuple(data["model_folders"])
        return cls(**data)


def catalogues() -> list[Catalogue]:
    """The catalogue of every installed plugin, in the order of their names."""
    points = sorted(entry_points(group="weft"), key=lambda point: (point.name != OWN, point.name))
    return [_catalogue(point) for point in points]


def _catalogue(point: EntryPoint) -> Catalogue:
    distribution = point.dist.name if point.dist else point.name
    version = point.dist.version if point.dist else "0"
    try:
        files = source_files(point.module)
        environment = f"{FORMAT} {sys.version_info[:2]} {distribution} {version} " + (
            requirement_versions(distribution)
        )
        digest = content_digest(files, environment)
    except (OSError, ImportError, ValueError) as error:
        return Catalogue(
            point.name, distribution, version, error=f"{type(error).__name__}: {error}"
        )
    path = cache_dir() / "catalogue" / f"{distribution}-{digest}.json"
    try:
        return Catalogue.loads(path.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    if distribution == OWN:
        made = build_catalogue(point.name, point.module, distribution, version)
    else:
        made = _probe(point, distribution, version)
    if made.error is None:
        # A cache folder that cannot be written only costs time.
        with contextlib.suppress(WeftError):
            write_atomically(path, made.dumps().encode())
    return made


def _probe(point: EntryPoint, distribution: str, version: str) -> Catalogue:
    command = [
        sys.executable,
        "-m",
        "weft.plugins",
        point.name,
        point.module,
        distribution,
        version,
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=IMPORT_LIMIT, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        error = f"its import took over {IMPORT_LIMIT:.0f} seconds"
        return Catalogue(point.name, distribution, version, error=error)
    try:
        return Catalogue.loads(done.stdout.rpartition("\x1e")[2])
    except (ValueError, KeyError, TypeError):
        error = f"its import ended with status {done.returncode}\n{done.stderr[-4000:]}"
        return Catalogue(point.name, distribution, version, error=error)


def build_catalogue(plugin: str, module: str, distribution: str, version: str) -> Catalogue:
    """Import a plugin and describe it. Its failure is part of the answer."""
    try:
        return _build(plugin, module, distribution, version)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        text = "".join(traceback.format_exception(error, limit=-6))
        return Catalogue(plugin, distribution, version, error=text)


@dataclass
class _Found:
    nodes: list[NodeSpec] = field(default_factory=list)
    kinds: dict[str, Kind] = field(default_factory=dict)


def _build(plugin: str, module: str, distribution: str, version: str) -> Catalogue:
    manager = pluggy.PluginManager("weft")
    manager.add_hookspecs(hookspecs)
    manager.register(import_module(module), plugin)
    manager.check_pending()
    modules = [name for names in manager.hook.weft_node_modules() for name in names]
    folders = [entry for entries in manager.hook.weft_model_folders() for entry in entries]
    codes = code_fingerprints(modules, source_files(module), requirement_versions(distribution))
    found = _Found()
    for name in modules:
        _collect(name, distribution, codes[name], found)
    return Catalogue(
        plugin,
        distribution,
        version,
        tuple(found.nodes),
        tuple(found.kinds.values()),
        tuple(folders),
    )


def _collect(name: str, distribution: str, code: str, found: _Found) -> None:
    loaded = import_module(name)
    for attribute, member in vars(loaded).items():
        if isinstance(member, Node) and member.__module__ == name:
            _check_namespace(member.spec.id, distribution)
            if any(one.id == member.spec.id for one in found.nodes):
                raise DuplicateNodeError(f"{member.spec.id} is declared twice in {distribution}")
            if member.migrations:
                _check_migrations(member)
            found.nodes.append(member.spec.owned_by(distribution, code, name, attribute))
            for kind in _kinds_of(member):
                found.kinds.setdefault(kind.id, kind)


def _check_namespace(type_id: str, distribution: str) -> None:
    if type_id.startswith("weft:") and distribution != OWN:
        raise PluginError(
            f"{type_id}: the namespace `weft` is taken; a plugin uses one of its own, such as "
            f"`{distribution.partition('-')[0]}:`"
        )


def _check_migrations(member: Node[..., Any]) -> None:
    known = set(member.migrations)
    missing = set(range(min(known), member.spec.version)) - known
    if missing:
        raise PluginError(f"{member.spec.id}: no migration from version {sorted(missing)}")


def _kinds_of(member: Node[..., Any]) -> list[Kind]:
    from typing import get_type_hints

    kinds = []
    hints = get_type_hints(member.function, include_extras=True)
    answer = hints.pop("return", None)
    found = list(hints.values())
    found += (
        list(get_type_hints(answer, include_extras=True).values())
        if hasattr(answer, "_fields")
        else [answer]
    )
    for hint in found:
        try:
            declared = read_annotation(hint).declared
        except TypeError:
            continue  # a Context, or None
        if declared is not None:
            kinds.append(declared)
    return kinds


if __name__ == "__main__":
    # What the plugin prints while it is imported goes before the separator.
    answer = build_catalogue(*sys.argv[1:5])
    print("\x1e" + answer.dumps())
