"""The `@node` decorator: a plain typed function becomes a node and stays a plain function."""

from __future__ import annotations

import hashlib
import inspect
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar, get_args, get_type_hints

from weft.constraints import Choices
from weft.errors import SpecError
from weft.signature import read_signature
from weft.spec import Lane, NodeSpec

P = ParamSpec("P")
R = TypeVar("R", covariant=True)
Chart = Mapping[str, Sequence[float]]
F = TypeVar("F", bound=Callable[..., Chart | None])
Migration = Callable[[dict[str, Any]], dict[str, Any]]


class Node(Generic[P, R]):
    """A function with a spec. Calling it calls the function."""

    def __init__(self, function: Callable[P, R], spec: NodeSpec) -> None:
        update_wrapper(self, function)
        self.function = function
        self.spec = spec
        self.migrations: dict[int, Migration] = {}
        self.asks_fingerprint: Callable[..., object] | None = None
        self.asks_needs: Callable[..., Iterable[str]] | None = None
        self.asks_chart: Callable[..., Chart | None] | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<node {self.spec.id} version {self.spec.version}>"

    def migrate(self, version: int) -> Callable[[Migration], Migration]:
        """Register how inputs saved by `version` become those of the next version.

        The function receives the inputs by name (literals, and `Link`s where linked) and returns
        them as the next version names them.
        """
        if not 1 <= version < self.spec.version:
            raise SpecError(
                f"{self.spec.id}: a migration from version {version} makes no sense in a node of "
                f"version {self.spec.version}"
            )

        def register(migration: Migration) -> Migration:
            self.migrations[version] = migration
            return migration

        return register

    def fingerprint(self, function: Callable[..., object]) -> Callable[..., object]:
        """Register what the outside world adds to the cache key.

        The function names some of the node's inputs as parameters and returns anything with a
        stable `repr`. Where one of those inputs is linked, so that it is not known beforehand, it
        receives None for it.
        """
        self._check_parameters("fingerprint", function)
        self.asks_fingerprint = function
        self.spec = _changed(self.spec, fingerprint=True)
        return function

    def needs(self, function: Callable[..., Iterable[str]]) -> Callable[..., Iterable[str]]:
        """Register which inputs are needed, decided from those that the function itself names."""
        self.asks_needs = function
        eager = self._check_parameters("needs", function)
        self.spec = _changed(self.spec, eager=eager)
        return function

    def chart(self, function: F) -> F:
        """Register the curve that the editor draws on the node: {"x": [...], "y": [...]}.

        The function names some of the node's inputs as parameters. It is asked while they are
        edited, outside of any run, so it is quick; it receives None for inputs that are linked,
        and returns None where there is nothing to draw.
        """
        self._check_parameters("chart", function)
        self.asks_chart = function
        self.spec = _changed(self.spec, chart=True)
        return function

    def choices(self, name: str) -> list[str]:
        """The values that the `Choices` of an input allows now; [] where it has none."""
        hint = get_type_hints(self.function, include_extras=True).get(name)
        options = [hint, *get_args(hint)]  # `Annotated[...] | None` holds it one level down
        for extra in (extra for one in options for extra in getattr(one, "__metadata__", ())):
            if isinstance(extra, Choices) and extra.ask is not None:
                return list(extra.ask())
        return []

    def _check_parameters(self, what: str, function: Callable[..., object]) -> tuple[str, ...]:
        names = tuple(inspect.signature(function).parameters)
        for name in names:
            if self.spec.input(name) is None:
                raise SpecError(f"{self.spec.id}: its {what} function asks for unknown {name!r}")
        return names


def _changed(spec: NodeSpec, **changes: Any) -> NodeSpec:
    from dataclasses import replace

    return replace(spec, **changes)


def node(
    type_id: str, *, version: int = 1, lane: Lane = "device", title: str | None = None
) -> Callable[[Callable[P, R]], Node[P, R]]:
    """Declare a node. The signature is the spec; see the node API in CONTRIBUTING.md.

    type_id: `group.name` for built-ins, `namespace:group.name` for a plugin's.
    version: raise it when inputs change their names or meaning, and register a migration.
    lane: where it runs: "device" (one thread owns the device), "io" (a pool of threads, for files
        and encoding), "inline" (on the event loop: cheap, no tensor).

    Raises SpecError where the signature is no spec.

    >>> @node("acme:math.double", lane="inline")
    ... def double(number: int) -> int:
    ...     return number * 2
    >>> double(4)
    8
    """

    if not isinstance(type_id, str):  # used without brackets
        name = getattr(type_id, "__name__", "name")
        raise SpecError(f'{name}: @node needs a type id, as in @node("namespace:group.{name}")')

    def decorate(function: Callable[P, R]) -> Node[P, R]:
        return Node(function, read_signature(function, type_id, version, lane, title))

    return decorate


def function_fingerprint(function: Callable[..., object]) -> str:
    """A fingerprint of a function that has no source file of its own: of its compiled code."""
    digest = hashlib.blake2b(digest_size=16)
    _feed_code(digest, function.__code__)
    cells = function.__closure__ or ()
    for cell in cells:
        digest.update(repr(type(cell.cell_contents)).encode())
        if isinstance(cell.cell_contents, (int, float, str, bool, tuple)):
            digest.update(repr(cell.cell_contents).encode())
    return digest.hexdigest()


def _feed_code(digest: Any, code: types.CodeType) -> None:
    digest.update(code.co_code)
    digest.update(repr(code.co_names).encode())
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            _feed_code(digest, constant)
        else:
            digest.update(_stable(constant).encode())


def _stable(constant: object) -> str:
    """A repr that is the same in every process: the order of a set of texts is not."""
    if isinstance(constant, frozenset):
        return f"{{{', '.join(sorted(map(_stable, constant)))}}}"
    if isinstance(constant, tuple):
        return f"({', '.join(map(_stable, constant))})"
    return repr(constant)
