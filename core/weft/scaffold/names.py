"""What a new plugin may be called, and what follows from its name."""

from __future__ import annotations

import keyword
import re
import sys
from dataclasses import dataclass
from importlib.util import find_spec

from weft.discovery import PLUGINS, entries
from weft.errors import InputError

DISTRIBUTION = re.compile(r"[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]")
NAMESPACE = re.compile(r"[a-z][a-z0-9_-]*")
MAX_LENGTH = 100
RESERVED = "weft"
# What a name says of the package rather than of what is in it: `acme-nodes` is `acme`.
SUFFIXES = ("-nodes", "-node", "-plugin", "-weft")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a plugin: of its distribution, its package, and its types' namespace."""

    distribution: str
    package: str
    namespace: str


def names_of(name: str, namespace: str | None = None) -> Names:
    """The names that follow from a distribution's. Raises InputError where one is not possible."""
    if len(name) > MAX_LENGTH or DISTRIBUTION.fullmatch(name) is None:
        raise InputError(
            f"{name[:MAX_LENGTH]!r} cannot name a distribution; expected letters, digits, dots, "
            f"dashes and underscores, a letter or digit at both ends, at most {MAX_LENGTH} in all"
        )
    distribution = canonical(name)
    package = distribution.replace("-", "_")
    _check_package(package, distribution)
    chosen = _namespace(distribution, namespace)
    for one in entries(PLUGINS):
        if one.name == chosen and canonical(one.distribution) != distribution:
            raise InputError(
                f"a plugin {chosen!r} is installed already, by {one.distribution}, and with both "
                "one is refused; expected another name or --namespace"
            )
    return Names(distribution, package, chosen)


def canonical(name: str) -> str:
    """A distribution's name as indexes and installers compare it: `Acme_Nodes` is `acme-nodes`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def namespaces_of(distribution: str) -> list[str]:
    """The namespaces that a distribution may use for its types, the longest first.

    They are its name without a leading `weft-`, and the dash-separated beginnings of that.
    """
    parts = canonical(distribution).removeprefix(f"{RESERVED}-").split("-")
    found = ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return [one for one in found if one != RESERVED and NAMESPACE.fullmatch(one)]


def _check_package(package: str, distribution: str) -> None:
    if package == RESERVED:
        raise InputError(f"the name {RESERVED!r} is taken: it is Weft's own")
    if not package.isidentifier():
        raise InputError(
            f"{distribution!r} gives a package that cannot be imported, {package!r}; expected a "
            "name that starts with a letter"
        )
    if keyword.iskeyword(package):
        raise InputError(f"{package!r} is a word of the Python language; expected another name")
    if package in sys.stdlib_module_names:
        raise InputError(f"{package!r} is a module of Python's own; expected another name")
    try:
        known = find_spec(package)
    except (ImportError, ValueError):
        known = None
    if known is not None:
        where = known.origin or next(iter(known.submodule_search_locations or ()), "")
        raise InputError(
            f"a package {package!r} is installed already, in {where}; expected another name"
        )


def _namespace(distribution: str, wanted: str | None) -> str:
    allowed = namespaces_of(distribution)
    if not allowed:
        raise InputError(
            f"{distribution!r} leaves no namespace for its node types; expected a name that starts "
            f"with a letter and says more than {RESERVED!r}"
        )
    if wanted is None:
        for suffix in SUFFIXES:
            short = allowed[0].removesuffix(suffix)
            if short != allowed[0] and short in allowed:
                return short
        return allowed[0]
    if wanted not in allowed:
        raise InputError(
            f"{wanted!r} cannot be the namespace of {distribution}; expected one of "
            + ", ".join(allowed)
        )
    return wanted
