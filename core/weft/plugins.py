"""Discovering plugins and making their catalogues, so that no failure of one hurts another.

A plugin's catalogue (its node specs and kinds) is data, kept in the cache folder under a digest of
the plugin's source. It is made once, by a child process with a time limit, so that a plugin whose
import raises, exits, hangs or crashes is a failed plugin and nothing else. Only the distribution
Weft itself comes in is imported in the process that asks: it is trusted and light.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import IO, Any

import pluggy

from weft import hookspecs
from weft.confine import confined
from weft.constraints import Widget
from weft.errors import DuplicateNodeError, PluginError, WeftError
from weft.files import cache_dir, packaged_folder, write_atomically
from weft.kinds import Kind
from weft.node import Node
from weft.offers import GROUPS, Offer, check_offer
from weft.signature import read_annotation
from weft.sources import code_fingerprints, content_digest, requirement_versions, source_files
from weft.spec import NodeSpec

FORMAT = 7  # raise it when the catalogue's data changes its form
IMPORT_LIMIT = 30.0  # seconds a plugin may take to import
FAILURE_LIMIT = 600.0  # seconds a failure is remembered, so that no start waits for it again
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
    warm_up: tuple[str, ...] = ()
    web: hookspecs.WebAssets | None = None
    offers: tuple[Offer, ...] = ()
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
        data["warm_up"] = tuple(data["warm_up"])
        data["offers"] = tuple(Offer(**one) for one in data["offers"])
        data["web"] = None if data["web"] is None else hookspecs.WebAssets(**data["web"])
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
        environment = f"{FORMAT} {sys.version_info[:2]} {point.name} {point.module} " + (
            f"{distribution} {version} {requirement_versions(distribution)}"
        )
        digest = content_digest(files, environment)
    except (OSError, ImportError, ValueError) as error:
        return Catalogue(
            point.name, distribution, version, error=f"{type(error).__name__}: {error}"
        )
    folder = cache_dir() / "catalogue"
    path = folder / f"{distribution}-{digest}.json"
    failure = folder / f"{distribution}-{digest}-failed-{_installed_digest()}.json"
    known = _read(path) or (_read(failure) if _is_recent(failure) else None)
    if known is not None:
        return known
    if distribution == OWN:
        made = build_catalogue(point.name, point.module, distribution, version)
    else:
        try:
            made = _probe(point, distribution, version)
        except OSError as error:  # no room for its files, or no process to be had
            text = f"it could not be asked: {error}"
            return Catalogue(point.name, distribution, version, error=text)
    if made.error is None or distribution != OWN:
        # A cache folder that cannot be written only costs time.
        with contextlib.suppress(WeftError):
            write_atomically(failure if made.error else path, made.dumps().encode())
    return made


def _read(path: Path) -> Catalogue | None:
    try:
        return Catalogue.loads(path.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_recent(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime < FAILURE_LIMIT
    except OSError:
        return False


def _installed_digest() -> str:
    """Changes when something is installed or removed: a failed plugin may have lacked it."""
    parts = []
    for entry in sys.path:
        with contextlib.suppress(OSError):
            parts.append(f"{entry} {Path(entry or '.').stat().st_mtime_ns}")
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def _probe(point: EntryPoint, distribution: str, version: str) -> Catalogue:
    """Describe a plugin in a child process, which may not come back."""
    with tempfile.TemporaryDirectory(prefix="weft-", ignore_cleanup_errors=True) as folder:
        answer, said = Path(folder) / "catalogue.json", Path(folder) / "said"
        # -P: what lies in the current folder must not pass for a module.
        command = [sys.executable, "-P", "-m", "weft.plugins", point.name, point.module]
        command += [distribution, version, str(answer)]
        # Into a file: whoever inherits a pipe from the child could keep it open after its end.
        with said.open("wb") as sink:
            status = _wait_for(command, sink)
        if status is None:
            error = f"its import took over {IMPORT_LIMIT:.0f} seconds"
            return Catalogue(point.name, distribution, version, error=error)
        try:
            return Catalogue.loads(answer.read_text("utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            text = said.read_text("utf-8", "replace")[-4000:]
            error = f"its import ended with status {status}\n{text}"
            return Catalogue(point.name, distribution, version, error=error)


def _wait_for(command: list[str], sink: IO[bytes]) -> int | None:
    """The status of a command; None where it took too long. What it started ends with it."""
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
    )
    try:
        return child.wait(IMPORT_LIMIT)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(child.pid, signal.SIGKILL)
            else:
                child.kill()
        child.wait()


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
    warm_up = [entry for entries in manager.hook.weft_warm_up() for entry in entries]
    web = manager.hook.weft_web_assets()
    if web is not None:
        _check_web(web)
    files = source_files(module)
    offers = list(_offers(manager, plugin, distribution))
    for one in offers:
        place = one.target.partition(":")[0]
        if place not in files and place.partition(".")[0] == module.partition(".")[0]:
            raise PluginError(f"{one}: there is no module {place!r}")
    codes = code_fingerprints(
        [*modules, *(one.target.partition(":")[0] for one in offers)],
        files,
        requirement_versions(distribution),
    )
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
        tuple(warm_up),
        web,
        tuple(replace(one, code=codes[one.target.partition(":")[0]]) for one in offers),
    )


def _offers(manager: pluggy.PluginManager, plugin: str, distribution: str) -> Iterator[Offer]:
    for group in GROUPS:
        names: set[str] = set()
        for given in getattr(manager.hook, f"weft_{group}")():
            if not isinstance(given, Mapping):
                raise PluginError(f"weft_{group}: expected a mapping, got {given!r:.80}")
            for name, target in given.items():
                check_offer(group, name, target, own=distribution == OWN)
                if name in names:
                    raise PluginError(f"weft_{group}: {name!r} is offered twice")
                names.add(name)
                yield Offer(group, name, target, plugin, distribution)


def _check_web(web: hookspecs.WebAssets) -> None:
    folder = packaged_folder(web.folder)
    if folder is None or not folder.is_dir():
        raise PluginError(f"weft_web_assets: there is no folder {web.folder!r}")
    for name, module in web.widgets.items():
        Widget(name)
        if not module.endswith((".js", ".mjs")) or not confined(folder, module).is_file():
            raise PluginError(f"weft_web_assets: the widget {name!r} has no module {module!r}")


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
    described = build_catalogue(*sys.argv[1:5])
    Path(sys.argv[5]).write_text(described.dumps(), "utf-8")
    sys.stdout.flush()
    os._exit(0)  # without waiting for threads that the plugin may have left behind
