"""Checks of dependencies: declared, installed, and at peace with Weft's."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions, version

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement

import weft
from weft.plugin_check.findings import Finding, or_ok
from weft.plugin_check.imports import Imported, imports_of
from weft.plugin_check.review import Review
from weft.scaffold.names import canonical
from weft.scaffold.project import weft_range

CHECK = "dependencies"
OURS = ("weft", "weft_nodes", "weft_web")
# The one library of Weft's that is part of what nodes are written with: pictures are its tensors.
WITH_WEFT = frozenset({"torch"})


def check_dependencies(review: Review) -> list[Finding]:
    """Requirements can be read, hold here, and name all that the code imports."""
    source = review.target.facts.source
    found: list[Finding] = []
    always = _read(review.target.facts.requires, source, found)
    optional = _read(review.target.facts.optional, source, found)
    found += _about_weft(review, always)
    for one in always.values():
        found += _about(one, source)
    found += _undeclared(review, always, optional)
    found += _private(review)
    return or_ok(CHECK, ", ".join(map(str, always.values())), found)


def _read(lines: tuple[str, ...], source: str, found: list[Finding]) -> dict[str, Requirement]:
    """The requirements that hold on this machine, by name."""
    wanted = {}
    for line in lines:
        try:
            one = Requirement(line)
        except InvalidRequirement as error:
            text = f"the requirement {line!r} cannot be read"
            found.append(Finding("fail", CHECK, text, source, got=str(error).splitlines()[0]))
            continue
        if one.marker is not None and "extra" not in str(one.marker):
            environment = {**default_environment(), "extra": ""}
            if not one.marker.evaluate(environment):  # type: ignore[arg-type]
                continue
        wanted[canonical(one.name)] = one
    return wanted


def _about_weft(review: Review, always: Mapping[str, Requirement]) -> Iterator[Finding]:
    if review.target.name == "weft":
        return
    one = always.get("weft")
    source = review.target.facts.source
    here = weft.__version__
    wanted = f"weft{weft_range(here)}"
    if one is None:
        text = "Weft is not among the requirements"
        advice = f'Add it to `dependencies`: "{wanted}".'
        yield Finding("fail", CHECK, text, source, wanted, "none", advice)
    elif not one.specifier.contains(here, prereleases=True):
        advice = "Widen the range, once it works with this version."
        text = "this version of Weft is excluded"
        yield Finding("fail", CHECK, text, source, f"a range with {here}", str(one), advice)


def _about(one: Requirement, source: str) -> Iterator[Finding]:
    """A requirement against what is installed, and against what Weft requires of the same."""
    name = canonical(one.name)
    if name == "weft":
        return
    try:
        here = version(name)
    except PackageNotFoundError:
        text = f"the requirement {one} is not installed"
        yield Finding("fail", CHECK, text, source, str(one), "none", f"pip install '{one}'")
        return
    ours = _of_weft().get(name)
    beside = f" (Weft requires {ours})" if ours is not None else ""
    if not one.specifier.contains(here, prereleases=True):
        text = f"the requirement {one} does not hold here{beside}"
        advice = "Widen the range until it meets Weft's, or install what it asks for."
        yield Finding("fail", CHECK, text, source, str(one), f"{name} {here}", advice)


def _of_weft() -> dict[str, Requirement]:
    try:
        lines = distribution("weft").requires or []
    except PackageNotFoundError:
        return {}
    found = (Requirement(line) for line in lines if "extra ==" not in line)
    return {canonical(one.name): one for one in found}


def _undeclared(
    review: Review, always: Mapping[str, Requirement], optional: Mapping[str, Requirement]
) -> Iterator[Finding]:
    """Imports of what neither Python, Weft nor a requirement brings."""
    unknown: dict[str, Imported] = {}
    for one in _imports(review):
        if not _is_known(one.top, review):
            unknown.setdefault(one.top, one)
    # It takes half a second to tell which distribution brings what.
    brought = packages_distributions() if unknown else {}
    for one in unknown.values():
        names = {canonical(name) for name in brought.get(one.top, [one.top])}
        if names & always.keys():
            continue
        where = review.line(str(one.path), one.line)
        name = min(names)
        if not one.optional:
            text = f"{one.module} is imported, and no requirement brings it"
            advice = f"Add {name!r} to `dependencies`, with a range."
            if name in _of_weft():
                advice += " That Weft happens to require it is no promise."
            yield Finding("fail", CHECK, text, where, f"a requirement on {name}", "none", advice)
        elif not names & optional.keys():
            text = f"{one.module} is used where it is there, and no extra brings it"
            advice = "Name it in `optional-dependencies`, so that people can ask for it."
            yield Finding("warn", CHECK, text, where, f"an extra with {name}", "none", advice)


def _imports(review: Review) -> Iterator[Imported]:
    for path in review.modules.values():
        yield from imports_of(path)


def _is_known(top: str, review: Review) -> bool:
    return (
        top in sys.stdlib_module_names
        or top in review.target.packages
        or top in OURS
        or top in WITH_WEFT
    )


def _private(review: Review) -> Iterator[Finding]:
    """What a plugin takes from inside of Weft, where any release may change it."""
    if review.target.name == "weft":
        return
    for one in _imports(review):
        if one.module == "weft":
            hidden = [name for name in one.names if name not in weft.__all__ and name != "testing"]
        elif one.top == "weft" and one.module.partition(".")[2].partition(".")[0] != "testing":
            hidden = [one.module]
        else:
            continue
        for name in hidden:
            text = f"{name} is no public name of Weft's"
            advice = "Use what `weft` itself exports; ask for what is missing."
            where = review.line(str(one.path), one.line)
            yield Finding("warn", CHECK, text, where, advice=advice)
