"""Checks of a plugin's loading: its entry point, its catalogue, and what its import brings in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from weft.cli.shell import last_line
from weft.plugin_check.describing import SLOW
from weft.plugin_check.findings import Finding, counted, or_ok
from weft.plugin_check.review import Description, Review
from weft.plugins import Catalogue

SLOW_SECONDS = 1.0  # of the processor: a waiting machine is not the plugin's fault
IMPORTED_LATE = "Import it inside the function that uses it, not at the top of a module."


def check_entry_point(review: Review) -> list[Finding]:
    """The plugin is installed, from this project, and its entry points lead to modules."""
    target = review.target
    if target.installed is None:
        advice = "Run `pip install -e .` in the project's folder, in Weft's environment."
        text = f"{target.name} is not installed, so nothing of it can be tried"
        return [Finding("fail", "entry-point", text, advice=advice)]
    found = []
    if not target.points:
        found.append(
            Finding(
                "fail",
                "entry-point",
                "there is no entry point in the group `weft`",
                target.facts.source,
                "a table [project.entry-points.weft]",
                "none",
                "Add it, and install the plugin again: NAMESPACE = PACKAGE.plugin.",
            )
        )
    said = target.facts.points
    have = {one.name: one.module for one in target.points}
    if said is not None and {key: one.partition(":")[0] for key, one in said.items()} != have:
        found.append(
            Finding(
                "fail",
                "entry-point",
                "what is installed has other entry points than the project",
                target.facts.source,
                str(dict(said)),
                str(have),
                "Install the plugin again: `pip install -e .`.",
            )
        )
    for point in target.points:
        place = target.packages.get(point.module.partition(".")[0])
        text = f"the entry point {point.name!r} names {point.module!r}"
        if place is None or point.module not in review.modules:
            found.append(
                Finding(
                    "fail",
                    "entry-point",
                    f"{text}, which is not there",
                    target.facts.source,
                    "a module that can be imported",
                    "none",
                    "Mend the entry point, or the list of packages that the wheel takes in.",
                )
            )
        elif target.folder is not None and not place.is_relative_to(target.folder):
            found.append(
                Finding(
                    "warn",
                    "entry-point",
                    "what is installed is not this folder, and may be older",
                    expected=str(target.folder),
                    got=str(place),
                    advice="Run `pip install -e .` in the project's folder.",
                )
            )
    shown = ", ".join(f"{one.name} = {one.module}" for one in target.points)
    return or_ok("entry-point", shown, found)


def check_catalogue(review: Review) -> list[Finding]:
    """Every entry point can be imported and described."""
    found = [_failure(review, one) for one in review.descriptions if one.failed]
    found += [_nothing(one) for one in review.sound if not _brings(one.catalogue)]
    kinds = {kind.id for one in review.sound for kind in one.catalogue.kinds if ":" in kind.id}
    shown = f"{counted(len(review.specs), 'node')}, {counted(len(kinds), 'kind')} of its own"
    return or_ok("catalogue", shown, found)


def _brings(one: Catalogue) -> bool:
    return bool(one.nodes or one.model_folders or one.warm_up or one.web or one.offers)


def _nothing(one: Description) -> Finding:
    """As when a hook is not marked, forgets to return, or names a module without nodes."""
    return Finding(
        "warn",
        "catalogue",
        f"the plugin {one.point.name!r} contributes no node, and nothing else that is listed",
        one.point.module,
        advice="A hook is marked with @weft.hookimpl and returns what it contributes; a node is "
        "marked with @node(TYPE_ID), in a module that weft_node_modules returns.",
    )


def _failure(review: Review, one: Description) -> Finding:
    error = one.catalogue.error or ""
    reason = last_line(error)
    check, advice = "catalogue", "Mend it; `weft nodes --verbose` shows the whole traceback."
    if "DuplicateNodeError" in reason:
        check, advice = "duplicates", "Give one of the two another name."
    elif re.search(r"SpecError: .*: the default", reason):
        check, advice = "defaults", "Give it a default that its annotation and range allow."
    text = f"the plugin {one.point.name!r} cannot be described: {reason}"
    return Finding("fail", check, text, review.traced(error) or one.point.module, advice=advice)


def check_load_time(review: Review) -> list[Finding]:
    """Importing the plugin to describe it brings in no heavy library, and changes nothing else."""
    found = [
        finding
        for one in review.descriptions
        if one.data
        for finding in (*_heavy(review, one), *_left_behind(one), *_slow(one), *_outdated(one))
    ]
    seconds = sum(one.data.get("seconds", 0.0) for one in review.descriptions)
    return or_ok("load-time", f"{seconds:.2f} s to import and describe", found)


def _heavy(review: Review, one: Description) -> Iterator[Finding]:
    """One finding for each line of the plugin that brings heavy libraries in."""
    lines: dict[str, list[str]] = {}
    through: dict[str, str] = {}
    top = one.point.module.partition(".")[0]
    for each in one.data["heavy"]:
        where = review.line(*each["own"]) if each["own"] else each["by"]
        lines.setdefault(where, []).append(each["module"])
        by = each["by"]
        if where not in through and by and by.partition(".")[0] != top:
            through[where] = f", through {by}"
    for where, modules in lines.items():
        level = "warn" if SLOW.issuperset(modules) else "fail"
        text = f"importing the plugin imports {', '.join(modules)}{through.get(where, '')}"
        yield Finding(
            "warn" if level == "warn" else "fail", "load-time", text, where, advice=IMPORTED_LATE
        )


def _left_behind(one: Description) -> Iterator[Finding]:
    for change in one.data["state"]:
        text = f"importing the plugin has a side effect: {change}"
        advice = "Importing a module defines things; do the rest in a node, and undo it."
        yield Finding("fail", "load-time", text, one.point.module, advice=advice)


def _slow(one: Description) -> Iterator[Finding]:
    if one.data["seconds"] > SLOW_SECONDS:
        yield Finding(
            "warn",
            "load-time",
            "importing the plugin is slow",
            one.point.module,
            f"under {SLOW_SECONDS:.0f} s",
            f"{one.data['seconds']:.1f} s",
            "See where with `python -X importtime`; import late what is only used in nodes.",
        )


def _outdated(one: Description) -> Iterator[Finding]:
    for text in one.catalogue.warnings:
        yield Finding("warn", "load-time", text, one.point.module)


def check_offers(review: Review) -> list[Finding]:
    """What the hooks name as `module:attribute` can be imported."""
    found = [
        Finding(
            "fail",
            "offers",
            f"{each['offer']}: {each['error']}",
            one.point.module,
            advice="Name an object that is there, as `module:attribute`.",
        )
        for one in review.sound
        for each in one.data["offers"]
    ]
    count = sum(len(one.catalogue.offers) for one in review.sound)
    return or_ok("offers", f"{counted(count, 'object')} named by hooks", found)
