"""Discovering plugins and making their catalogues, so that no failure of one hurts another.

A plugin's catalogue (its node specs and kinds) is data, kept in the cache folder under a digest of
the plugin's source. It is made once, by a child process with a time limit, so that a plugin whose
import raises, exits, hangs or crashes is a failed plugin and nothing else. Only the distribution
Weft itself comes in is imported in the process that asks: it is trusted and light.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from weft import hookspecs
from weft.confine import confined
from weft.constraints import Widget
from weft.errors import DuplicateNodeError, PluginError
from weft.files import packaged_folder
from weft.kinds import Kind
from weft.node import Node
from weft.offers import GROUPS, Offer, check_offer
from weft.signature import read_annotation
from weft.sources import code_fingerprints, requirement_versions, source_files
from weft.spec import NodeSpec

if TYPE_CHECKING:
    from weft.plugin_state import Absence

FORMAT = 8  # raise it when the catalogue's data changes its form
IMPORT_LIMIT = 30.0  # seconds a plugin may take to import
OWN = "weft"
HEAVY = frozenset(
    {"accelerate", "av", "cv2", "diffusers", "jax", "matplotlib", "numba", "onnxruntime", "pandas"}
    | {"scipy", "skimage", "sklearn", "spandrel", "tensorflow", "torch", "torchvision"}
    | {"transformers"}
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What one plugin contributes, as data.

    warnings: of what it uses that is on its way out, and what to do instead.
    seconds: what its import took when it was described, and which heavy modules that brought in.
    error: why it could not be loaded, with its traceback; None where it could.
    absent: why it stays out here and now; no part of what is kept.
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
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    heavy: tuple[str, ...] = ()
    error: str | None = None
    absent: Absence | None = None

    def dumps(self) -> str:
        """The catalogue as JSON text."""
        data = asdict(replace(self, nodes=(), absent=None))
        data["nodes"] = [one.as_dict() for one in self.nodes]
        return json.dumps(data)

    @classmethod
    def loads(cls, text: str) -> Catalogue:
        """The inverse of `dumps`. Raises ValueError, KeyError or TypeError for anything else."""
        data: dict[str, Any] = json.loads(text)
        data["nodes"] = tuple(NodeSpec.from_dict(one) for one in data["nodes"])
        data["kinds"] = tuple(Kind(**one) for one in data["kinds"])
        for name in ("model_folders", "warm_up", "warnings", "heavy"):
            data[name] = tuple(data[name])
        data["offers"] = tuple(Offer(**one) for one in data["offers"])
        data["web"] = None if data["web"] is None else hookspecs.WebAssets(**data["web"])
        return cls(**data)


def build_catalogue(plugin: str, module: str, distribution: str, version: str) -> Catalogue:
    """Import a plugin and describe it. Its failure is part of the answer."""
    start = time.perf_counter()
    before = set(sys.modules)
    try:
        # Which also keeps a warning that some filter makes an error from failing the plugin.
        with warnings.catch_warnings(record=True) as noted:
            warnings.simplefilter("always")
            made = _build(plugin, module, distribution, version)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and distribution == OWN:
            raise
        text = "".join(traceback.format_exception(error, limit=-6))
        return Catalogue(plugin, distribution, version, error=text)
    return replace(
        made,
        seconds=round(time.perf_counter() - start, 4),
        heavy=tuple(sorted(HEAVY & (set(sys.modules) - before))),
        warnings=tuple(dict.fromkeys(_outdated(noted, module))),
    )


def _outdated(noted: Iterable[warnings.WarningMessage], module: str) -> Iterator[str]:
    """What is said of the plugin's own files; a library's affairs are the library's."""
    own = {str(path) for path in source_files(module).values()}
    for one in noted:
        if issubclass(one.category, DeprecationWarning | FutureWarning) and one.filename in own:
            yield str(one.message)


@dataclass
class _Found:
    nodes: list[NodeSpec] = field(default_factory=list)
    kinds: dict[str, Kind] = field(default_factory=dict)


def _build(plugin: str, module: str, distribution: str, version: str) -> Catalogue:
    manager = pluggy.PluginManager("weft")
    manager.add_hookspecs(hookspecs)
    manager.register(import_module(module), plugin)
    manager.check_pending()
    modules = _texts("weft_node_modules", manager.hook.weft_node_modules())
    folders = _texts("weft_model_folders", manager.hook.weft_model_folders())
    warm_up = _texts("weft_warm_up", manager.hook.weft_warm_up())
    web = manager.hook.weft_web_assets()
    if web is not None:
        if not isinstance(web, hookspecs.WebAssets):
            raise PluginError(f"weft_web_assets: expected WebAssets, got {web!r:.80}")
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


def _texts(hook: str, answers: Iterable[Any]) -> list[str]:
    found: list[str] = []
    for given in answers:
        # A text is a sequence of texts as well, one for each letter.
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise PluginError(f"{hook}: expected a list of names, got {given!r:.80}")
        for one in given:
            if not isinstance(one, str):
                raise PluginError(f"{hook}: expected names, got {one!r:.80}")
            found.append(one)
    return found


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
