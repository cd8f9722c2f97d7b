"""The node types that a workflow may use: their specs, and the functions behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from weft.catalogues import catalogues
from weft.errors import DuplicateNodeError, PluginError
from weft.guard import guarded_import
from weft.hookspecs import WebAssets
from weft.kinds import Kind
from weft.node import Node, function_fingerprint
from weft.offers import GROUPS, Offer
from weft.plugin_state import Absence
from weft.plugins import Catalogue
from weft.spec import InputSpec, NodeSpec, full_id, short_id
from weft.suggest import closest

PRIMITIVE_KINDS = (
    Kind("any", "#9aa0a6", "circle", help="anything"),
    Kind("bool", "#7aa2a8", "circle", help="true or false"),
    Kind("float", "#7aa2a8", "circle", help="a number"),
    Kind("int", "#7aa2a8", "circle", help="a whole number"),
    Kind("json", "#7aa2a8", "circle", help="an object of values"),
    Kind("str", "#7aa2a8", "circle", help="a text"),
    Kind("subgraph", "#9aa0a6", "pill", help="a subgraph of the workflow, by name"),
)


class Registry:
    """Specs by type id. Specs are data; a function is imported when it is about to run."""

    def __init__(self, nodes: Iterable[Node[..., Any]] = ()) -> None:
        self._specs: dict[str, NodeSpec] = {}
        self._functions: dict[str, Node[..., Any]] = {}
        self._kinds: dict[str, Kind] = {kind.id: kind for kind in PRIMITIVE_KINDS}
        self.model_folders: list[str] = []
        self.warm_up: list[str] = []
        self.web: dict[str, WebAssets] = {}  # by the plugin's name
        self.offers: dict[str, dict[str, Offer]] = {group: {} for group in GROUPS}
        self.catalogues: dict[str, Catalogue] = {}  # of every plugin, by its name
        self.failed: dict[str, str] = {}
        self.absent: dict[str, Absence] = {}  # the plugins that stay out
        self.versions: dict[str, str] = {}
        self.plugins: dict[str, str] = {}  # the distribution of each, by its name
        self._kind_owners: dict[str, str] = {}
        self._guesses: dict[str, str | None] = {}
        for one in nodes:
            self.add(one)

    @classmethod
    def installed(cls, without: Mapping[str, Absence] | None = None) -> Registry:
        """The nodes of every installed plugin. Imports none of them.

        without: plugins that stay out besides those a person disabled, by name.
        """
        registry = cls()
        for catalogue in catalogues():
            absent = (without or {}).get(catalogue.plugin)
            if absent is not None:
                catalogue = replace(catalogue, absent=catalogue.absent or absent)
            registry.add_catalogue(catalogue)
        return registry

    def leave_out(self, plugins: Mapping[str, Absence]) -> None:
        """Let plugins stay out from now on, with all that they brought."""
        fresh = Registry()
        for name, one in self.catalogues.items():
            fresh.add_catalogue(replace(one, absent=one.absent or plugins.get(name)))
        for id, member in self._functions.items():
            known = self._specs[id]
            if not known.distribution:  # a program's own
                fresh._specs[id] = known
            if id in fresh._specs:
                fresh._functions[id] = member
        self.__dict__.update(fresh.__dict__)

    def add_catalogue(self, catalogue: Catalogue) -> None:
        """Add what a plugin contributes, all of it or, where it fails or clashes, none."""
        self.catalogues[catalogue.plugin] = catalogue
        if catalogue.absent is not None:
            self.absent[catalogue.plugin] = catalogue.absent
            return
        self.versions[catalogue.distribution] = catalogue.version
        self.plugins[catalogue.plugin] = catalogue.distribution
        wrong = catalogue.error if catalogue.error is not None else self._clash(catalogue)
        if wrong is not None:
            self.failed[catalogue.plugin] = wrong
            return
        if catalogue.web is not None:
            self.web[catalogue.plugin] = catalogue.web
        for one in catalogue.offers:
            self.offers[one.group][one.name] = one
        self._specs |= {spec.id: spec for spec in catalogue.nodes}
        self._fill_choices(catalogue)
        self._guesses.clear()
        for kind in catalogue.kinds:
            self._kinds.setdefault(kind.id, kind)
            self._kind_owners.setdefault(kind.id, catalogue.distribution)
        self.model_folders += catalogue.model_folders
        self.warm_up += catalogue.warm_up

    def _clash(self, catalogue: Catalogue) -> str | None:
        """What a plugin brings that is there already, naming both that do."""
        for spec in catalogue.nodes:
            if spec.id in self._specs:
                owner = self._specs[spec.id].distribution
                return f"{spec.id} is declared by {owner} and by {catalogue.distribution}"
        for kind in catalogue.kinds:
            if self._kinds.get(kind.id, kind) != kind:
                owner = self._kind_owners.get(kind.id, "weft")
                return (
                    f"the kind {kind.id!r} is declared by {owner} and, otherwise, by "
                    f"{catalogue.distribution}; a plugin that means the same kind imports it"
                )
        if catalogue.web is not None:
            for plugin, web in self.web.items():
                for name in set(web.widgets) & set(catalogue.web.widgets):
                    return f"the widget {name!r} is brought by {plugin} and by {catalogue.plugin}"
        for one in catalogue.offers:
            taken = self.offers[one.group].get(one.name)
            if taken is not None:
                return f"{one} is offered by {taken.distribution} too"
        return None

    def brings_kind(self, distribution: str, kind: str) -> bool:
        """Whether a distribution is the one that a kind comes from; others may use it."""
        return self._kind_owners.get(kind, distribution) == distribution

    def sound(self) -> dict[str, str]:
        """The plugins that are there and did not fail, and the distribution of each."""
        return {name: one for name, one in self.plugins.items() if name not in self.failed}

    def absence(self, distribution: str) -> Absence | None:
        """Why what a distribution brings stays out; None where nothing of it does."""
        for plugin, absent in self.absent.items():
            if self.catalogues[plugin].distribution == distribution:
                return absent
        return None

    def missing(self, type_id: str) -> str | None:
        """Where an unknown type comes with a plugin that stays out: why, and what brings it back.

        A plugin that was never described is known by its namespace only.
        """
        type_id = full_id(type_id)
        namespace = type_id.partition(":")[0]
        for plugin, absent in self.absent.items():
            known = self.catalogues[plugin]
            ids = {spec.id for spec in known.nodes}
            name = known.distribution.removeprefix("weft-").replace("_", "-").lower()
            if type_id in ids or (not ids and f"{name}-".startswith(f"{namespace}-")):
                return f"it comes with the plugin {plugin}: {absent}"
        return None

    def _fill_choices(self, catalogue: Catalogue) -> None:
        """Inputs of `Choices.offered` take what is offered now, as other inputs take a Literal."""
        changed = {one.group for one in catalogue.offers}
        new = {spec.id for spec in catalogue.nodes}
        for id, spec in self._specs.items():
            if any(
                (group := one.schema.get("x-offered")) and (group in changed or id in new)
                for one in spec.inputs
            ):
                self._specs[id] = replace(spec, inputs=tuple(map(self._filled, spec.inputs)))

    def _filled(self, one: InputSpec) -> InputSpec:
        group = one.schema.get("x-offered")
        if group is None:
            return one
        offers = self.offers[group].items()
        # Whoever saves a workflow writes down where what it chooses comes from.
        owners = {name: offer.distribution for name, offer in offers if "/" in name}
        about = {"enum": list(self.offers[group]), "x-distributions": owners}
        return replace(one, schema={**one.schema, **about})

    def add(self, member: Node[..., Any]) -> None:
        """Add a node directly, as tests and notebooks do. Raises DuplicateNodeError."""
        spec = member.spec
        if spec.id in self._specs:
            owner = self._specs[spec.id].distribution or "this program"
            raise DuplicateNodeError(f"{spec.id} is already declared by {owner}")
        self._specs[spec.id] = replace(spec, code=function_fingerprint(member.function))
        self._functions[spec.id] = member
        self._guesses.clear()

    def get(self, type_id: str) -> NodeSpec | None:
        """The spec of a type, or None."""
        return self._specs.get(type_id) or self._specs.get(full_id(type_id))

    def suggest(self, type_id: str) -> str | None:
        """The type id most like an unknown one."""
        # A plugin that is not installed may be missed by thousands of nodes.
        if type_id not in self._guesses:
            self._guesses[type_id] = self._guess(type_id)
        return self._guesses[type_id]

    def _guess(self, type_id: str) -> str | None:
        known = [short_id(one) for one in self._specs]
        guess = closest(short_id(type_id), known)
        if guess is None:
            # People remember the name and forget the group: `load_checkpoint`.
            tail = type_id.rpartition(".")[2]
            guess = next((one for one in known if one.rpartition(".")[2] == tail), None)
        return guess

    def specs(self) -> list[NodeSpec]:
        """All specs, by id; the built-in ones first."""
        return sorted(self._specs.values(), key=lambda one: (one.id[:5] != "weft:", one.id))

    def kinds(self) -> list[Kind]:
        """All kinds, by id."""
        return sorted(self._kinds.values(), key=lambda one: one.id)

    def load(self, spec: NodeSpec) -> Node[..., Any]:
        """The node behind a spec, imported now if it was not. Raises PluginError."""
        found = self._functions.get(spec.id)
        if found is None:
            found = self._functions[spec.id] = _import(spec)
        return found


def _import(spec: NodeSpec) -> Node[..., Any]:
    try:
        with guarded_import(spec.module, spec.distribution):
            member = getattr(import_module(spec.module), spec.attribute)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise PluginError(
            f"{spec.id} of {spec.distribution} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(member, Node):
        raise PluginError(f"{spec.module}.{spec.attribute} is no node")
    return member
